"""What machines cost: on demand from the library's own price table, Spot a fixed share of it that differs by type and zone."""

import json
import zlib
from datetime import datetime, timezone

SPOT_SHARE_PERCENT = (28, 46)


class PriceList:
    def __init__(self, file: str, region: str) -> None:
        with open(file) as stream:
            table = json.load(stream)
        factor = table["regionFactors"].get(region, max(table["regionFactors"].values()))
        self.on_demand = {name: round(shape["usdPerHour"] * factor, 5) for name, shape in table["types"].items()}

    def spot(self, instance_type: str, zone: str) -> float:
        low, high = SPOT_SHARE_PERCENT
        share = low + zlib.crc32(f"{instance_type}/{zone}".encode()) % (high - low + 1)
        return round(self.on_demand[instance_type] * share / 100, 6)

    def products(self, filters: dict[str, str]) -> list[str]:
        """The price list service's answer: a list of JSON texts."""
        if filters.get("productFamily") == "Compute Instance (bare metal)":
            # Karpenter refuses a list without any; no price of ours is of a metal type
            return [_product("c7g.metal", 16 * self.on_demand["c7g.xlarge"])]
        return [_product(name, price) for name, price in sorted(self.on_demand.items())]


def _product(instance_type: str, usd: float) -> str:
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": f"{usd:.10f}"}}
    return json.dumps({
        "product": {"attributes": {"instanceType": instance_type}},
        "terms": {"OnDemand": {"TERM": {"priceDimensions": {"DIMENSION": dimension}}}},
    })


def install(price_list: PriceList) -> None:
    from moto.core.responses import ActionResult
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
    from moto.ec2.responses.spot_instances import SpotInstances

    def describe_spot_price_history(self):
        zones = [zone.name for zone in RegionsAndZonesBackend.zones[self.region]]
        now = datetime.now(timezone.utc).isoformat()
        return ActionResult({"SpotPriceHistory": [
            {
                "InstanceType": name, "AvailabilityZone": zone, "SpotPrice": str(price_list.spot(name, zone)),
                "ProductDescription": "Linux/UNIX", "Timestamp": now,
            }
            for name in sorted(price_list.on_demand) for zone in zones
        ]})

    SpotInstances.describe_spot_price_history = describe_spot_price_history
