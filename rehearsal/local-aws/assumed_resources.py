"""Resources that an app expects to find in the account, made when they are first needed and reported.

Only hosted zones: they are registered by hand, and records refer to them by id.
"""

from ministack.core.responses import get_account_id
from ministack.services import route53

_assumed: dict[tuple[str, str], str] = {}


def provide(type_name: str, properties: dict) -> None:
    zone_id = properties.get("HostedZoneId")
    if type_name != "AWS::Route53::RecordSet" or not zone_id or zone_id in route53._zones:
        return
    name = ".".join(properties["Name"].rstrip(".").split(".")[-2:]) + "."
    route53._zones[zone_id] = {
        "id": zone_id, "name": name, "caller_reference": zone_id, "comment": "assumed by the rehearsal", "private": False,
    }
    route53._records[zone_id] = route53._default_records(name)
    _assumed[(get_account_id(), zone_id)] = f"hosted zone {zone_id} ({name.rstrip('.')}) in account {get_account_id()}"


def report() -> list[str]:
    return sorted(_assumed.values())
