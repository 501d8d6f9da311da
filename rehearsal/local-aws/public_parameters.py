"""The SSM parameters under /aws/service that name machine images and their releases: every account can read them on AWS."""

import hashlib

from ministack.core.responses import get_region
from ministack.services import ssm

_PREFIX = "/aws/service/"
_IMAGE_WORDS = ("ami", "image_id", "image-id")


def install() -> None:
    plain_parameter = ssm._public_parameter

    def public_parameter(name):
        return plain_parameter(name) or _image_parameter(name)

    ssm._public_parameter = public_parameter


def _image_parameter(name: str) -> dict | None:
    words = name.lower().replace("-", "/").split("/")
    names_an_image = any(word in words or word in name for word in _IMAGE_WORDS)
    names_a_release = name.endswith("/image_version")
    if not name.startswith(_PREFIX) or not (names_an_image or names_a_release):
        return None
    digest = hashlib.sha256(f"{get_region()}{name}".encode()).hexdigest()
    # a release of Bottlerocket is its version and its commit
    value = f"{name.split('/')[-2]}-{digest[:8]}" if names_a_release else f"ami-{digest[:17]}"
    return {
        "Name": name, "Type": "String", "Value": value, "Version": 1, "LastModifiedDate": 1767225600,
        "ARN": f"arn:aws:ssm:{get_region()}::parameter{name}",
    }
