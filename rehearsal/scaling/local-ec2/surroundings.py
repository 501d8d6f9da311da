"""Makes what CloudFormation makes before the first machine is launched, under the very ids that the synthesized manifests name."""

from contextlib import contextmanager


def make(wanted: dict, account: str, region: str) -> None:
    from moto.ec2.models import ec2_backends, security_groups, subnets, vpcs
    from moto.iam.models import iam_backends
    from moto.sqs.models import sqs_backends

    backend = ec2_backends[account][region]
    with _next_id(vpcs, "random_vpc_id", wanted["vpc"]["id"]):
        vpc = backend.create_vpc(wanted["vpc"]["cidr"])
    for subnet in wanted["subnets"]:
        with _next_id(subnets, "random_subnet_id", subnet["id"]):
            backend.create_subnet(vpc.id, subnet["cidr"], availability_zone=subnet["zone"])
    group = wanted["securityGroup"]
    with _next_id(security_groups, "random_security_group_id", group["id"]):
        backend.create_security_group(group["name"], "EKS created security group", vpc_id=vpc.id)
    iam_backends[account]["aws"].create_instance_profile(wanted["instanceProfile"], "/", [], [])
    sqs_backends[account][region].create_queue(wanted["queue"], {})
    _launch_baseline(backend, wanted["baseline"], wanted["subnets"], group["id"], region)


def _launch_baseline(backend, baseline: dict, subnets: list[dict], group: str, region: str) -> None:
    from public_images import IMAGES

    for index in range(baseline["count"]):
        backend.run_instances(
            IMAGES["arm64"], 1, None, [], instance_type=baseline["type"], is_instance_type_default=False, region_name=region,
            subnet_id=subnets[index % len(subnets)]["id"], security_group_ids=[group], tags={"instance": baseline["tags"]},
            block_device_mappings=baseline["volumes"], metadata_options={"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        )


@contextmanager
def _next_id(module, function: str, wanted: str):
    original = getattr(module, function)
    setattr(module, function, lambda *_: wanted)
    try:
        yield
    finally:
        setattr(module, function, original)
