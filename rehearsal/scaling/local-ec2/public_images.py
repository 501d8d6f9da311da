"""AMIs of AWS and the public parameters that name them: for each architecture one, so that only the asker's requirements choose."""

import re

IMAGES = {"arm64": "ami-0000000000a0a0a00", "x86_64": "ami-0000000000b0b0b00"}
# .../aws-k8s-1.36/arm64/1.64.0/image_id and .../amazon-linux-2023/arm64/standard/.../image_id
PATH = re.compile(r"^/aws/service/(bottlerocket/aws-k8s-[\d.]+|eks/optimized-ami/[\d.]+/amazon-linux-2023)/(arm64|x86_64)/.+/image_id$")


def install(account: str, region: str) -> None:
    from moto.core.responses import ActionResult
    from moto.ec2.models import ec2_backends
    from moto.ec2.models.amis import Ami
    from moto.ssm.responses import SimpleSystemManagerResponse

    backend = ec2_backends[account][region]
    for architecture, image_id in IMAGES.items():
        backend.amis[image_id] = Ami(
            backend, image_id, name=f"node-{architecture}", architecture=architecture, virtualization_type="hvm", public=True,
            owner_alias="amazon", root_device_type="ebs", root_device_name="/dev/xvda", region_name=region,
        )

    original = SimpleSystemManagerResponse.get_parameter

    def get_parameter(self):
        name = self._get_param("Name")
        found = PATH.match(name)
        if not found:
            return original(self)
        return ActionResult({"Parameter": {"Name": name, "Type": "String", "Value": IMAGES[found[2]], "Version": 1}})

    SimpleSystemManagerResponse.get_parameter = get_parameter
