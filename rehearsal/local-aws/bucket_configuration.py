"""Bucket properties that ministack's S3 API has and its CloudFormation handler does not pass on."""

from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.core.responses import get_account_id, get_region
from ministack.services import s3


def apply(bucket: str, properties: dict) -> None:
    for name, put in _SETTINGS.items():
        if name in properties:
            _accepted(name, put(bucket, properties[name]))
    if _is_true(properties.get("ObjectLockEnabled")):
        s3._bucket_object_lock.setdefault(bucket, {"enabled": True, "default_retention": None})
    if "ObjectLockConfiguration" in properties:
        _accepted("ObjectLockConfiguration", s3._put_object_lock_configuration(bucket, _lock(properties["ObjectLockConfiguration"])))


def _encryption(bucket: str, value: dict):
    root = Element("ServerSideEncryptionConfiguration", xmlns=s3.S3_NS)
    for rule in value.get("ServerSideEncryptionConfiguration", []):
        element = SubElement(root, "Rule")
        default = rule.get("ServerSideEncryptionByDefault")
        if default:
            by_default = SubElement(element, "ApplyServerSideEncryptionByDefault")
            _text(by_default, "SSEAlgorithm", default.get("SSEAlgorithm"))
            _text(by_default, "KMSMasterKeyID", default.get("KMSMasterKeyID") or _aws_managed_key(default))
        _text(element, "BucketKeyEnabled", rule.get("BucketKeyEnabled"))
    return s3._put_bucket_encryption(bucket, tostring(root))


def _aws_managed_key(default: dict) -> str | None:
    """S3 falls back to its own key; ministack refuses an upload to a bucket without one."""
    if default.get("SSEAlgorithm") != "aws:kms":
        return None
    return f"arn:aws:kms:{get_region()}:{get_account_id()}:alias/aws/s3"


def _tags(bucket: str, value: list):
    root = Element("Tagging", xmlns=s3.S3_NS)
    tags = SubElement(root, "TagSet")
    for tag in value:
        element = SubElement(tags, "Tag")
        _text(element, "Key", tag["Key"])
        _text(element, "Value", tag["Value"])
    return s3._put_bucket_tagging(bucket, tostring(root))


def _logging(bucket: str, value: dict):
    root = Element("BucketLoggingStatus", xmlns=s3.S3_NS)
    enabled = SubElement(root, "LoggingEnabled")
    _text(enabled, "TargetBucket", value.get("DestinationBucketName", bucket))
    _text(enabled, "TargetPrefix", value.get("LogFilePrefix", ""))
    return s3._put_bucket_logging(bucket, tostring(root))


def _ownership(bucket: str, value: dict):
    root = Element("OwnershipControls", xmlns=s3.S3_NS)
    for rule in value.get("Rules", []):
        _text(SubElement(root, "Rule"), "ObjectOwnership", rule.get("ObjectOwnership"))
    return s3._put_bucket_ownership_controls(bucket, tostring(root))


def _lifecycle(bucket: str, value: dict):
    root = Element("LifecycleConfiguration", xmlns=s3.S3_NS)
    for rule in value.get("Rules", []):
        _lifecycle_rule(SubElement(root, "Rule"), rule)
    return s3._put_bucket_lifecycle(bucket, tostring(root))


def _lifecycle_rule(element: Element, rule: dict) -> None:
    _text(element, "ID", rule.get("Id"))
    _text(SubElement(element, "Filter"), "Prefix", rule.get("Prefix", ""))
    _text(element, "Status", rule.get("Status"))
    if "ExpirationInDays" in rule or "ExpirationDate" in rule or "ExpiredObjectDeleteMarker" in rule:
        expiration = SubElement(element, "Expiration")
        _text(expiration, "Days", rule.get("ExpirationInDays"))
        _text(expiration, "Date", rule.get("ExpirationDate"))
        _text(expiration, "ExpiredObjectDeleteMarker", rule.get("ExpiredObjectDeleteMarker"))
    for transition in rule.get("Transitions", []):
        moved = SubElement(element, "Transition")
        _text(moved, "Days", transition.get("TransitionInDays"))
        _text(moved, "StorageClass", transition.get("StorageClass"))
    noncurrent = rule.get("NoncurrentVersionExpiration") or {"NoncurrentDays": rule.get("NoncurrentVersionExpirationInDays")}
    if noncurrent.get("NoncurrentDays") is not None:
        expired = SubElement(element, "NoncurrentVersionExpiration")
        _text(expired, "NoncurrentDays", noncurrent["NoncurrentDays"])
        _text(expired, "NewerNoncurrentVersions", noncurrent.get("NewerNoncurrentVersions"))
    for transition in rule.get("NoncurrentVersionTransitions", []):
        moved = SubElement(element, "NoncurrentVersionTransition")
        _text(moved, "NoncurrentDays", transition.get("TransitionInDays"))
        _text(moved, "StorageClass", transition.get("StorageClass"))
    if "AbortIncompleteMultipartUpload" in rule:
        abort = SubElement(element, "AbortIncompleteMultipartUpload")
        _text(abort, "DaysAfterInitiation", rule["AbortIncompleteMultipartUpload"].get("DaysAfterInitiation"))


def _lock(value: dict) -> bytes:
    root = Element("ObjectLockConfiguration", xmlns=s3.S3_NS)
    _text(root, "ObjectLockEnabled", value.get("ObjectLockEnabled", "Enabled"))
    retention = (value.get("Rule") or {}).get("DefaultRetention")
    if retention:
        element = SubElement(SubElement(root, "Rule"), "DefaultRetention")
        for name in ("Mode", "Days", "Years"):
            _text(element, name, retention.get(name))
    return tostring(root)


def _text(parent: Element, tag: str, value) -> None:
    if value is not None:
        SubElement(parent, tag).text = str(value).lower() if isinstance(value, bool) else str(value)


def _accepted(name: str, response: tuple) -> None:
    if response[0] >= 400:
        raise ValueError(f"AWS::S3::Bucket {name} was refused: {response[2]!r}")


def _is_true(value) -> bool:
    return str(value).lower() == "true"


_SETTINGS = {
    "BucketEncryption": _encryption,
    "LifecycleConfiguration": _lifecycle,
    "LoggingConfiguration": _logging,
    "OwnershipControls": _ownership,
    "Tags": _tags,
}

# What this module passes on, for the fidelity report.
PROPERTIES = (*_SETTINGS, "ObjectLockEnabled", "ObjectLockConfiguration")
