"""CreateFleet of type `instant` as EC2 does it: the cheapest offer that has capacity, with everything that the launch template says."""

from dataclasses import dataclass, field

from prices import PriceList

PLENTY = 10_000


@dataclass
class Shortage:
    """Offers that have no capacity; what is left out matches every value."""

    instance_types: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    lifecycles: list[str] = field(default_factory=list)

    def covers(self, instance_type: str, zone: str, lifecycle: str) -> bool:
        return all(not wanted or value in wanted for wanted, value in [
            (self.instance_types, instance_type), (self.zones, zone), (self.lifecycles, lifecycle),
        ])


class Market:
    """What is offered, at which price, and what is not to be had."""

    def __init__(self, prices: PriceList) -> None:
        self.prices = prices
        self.shortages: list[Shortage] = []
        self.refusals = 0

    def price(self, instance_type: str, zone: str, lifecycle: str) -> float:
        if instance_type not in self.prices.on_demand:
            return PLENTY
        return self.prices.spot(instance_type, zone) if lifecycle == "spot" else self.prices.on_demand[instance_type]

    def has(self, instance_type: str, zone: str, lifecycle: str) -> bool:
        return not any(shortage.covers(instance_type, zone, lifecycle) for shortage in self.shortages)


def install(market: Market) -> None:
    from moto.core.responses import ActionResult
    from moto.ec2.responses.fleets import Fleets
    from moto.ec2.utils import convert_tag_spec, random_fleet_id

    def create_fleet(self):
        configs = self._get_param("LaunchTemplateConfigs", [])
        for config in configs:
            _template_of(self.ec2_backend, config)  # one that does not exist is an error of the whole request
        self.error_on_dryrun()
        capacity = self._get_param("TargetCapacitySpecification", {})
        lifecycle = capacity.get("DefaultTargetCapacityType", "on-demand")
        tags = convert_tag_spec(self._get_param("TagSpecifications", []))
        fleet_id = random_fleet_id()
        chosen, errors = _cheapest(market, self.ec2_backend, configs, lifecycle)
        instances = []
        if chosen:
            count = int(capacity["TotalTargetCapacity"])
            launched = _launch(self, chosen, count, lifecycle, {**tags, "instance": {**tags.get("instance", {}), "aws:ec2:fleet-id": fleet_id}})
            instances = [{
                "LaunchTemplateAndOverrides": _described(chosen),
                "Lifecycle": lifecycle,
                "InstanceIds": [instance.id for instance in launched],
                "InstanceType": chosen.instance_type,
            }]
        return ActionResult({"FleetId": fleet_id, "Instances": instances, "Errors": errors})

    Fleets.create_fleet = create_fleet


@dataclass
class Offer:
    config: dict
    override: dict
    instance_type: str
    zone: str
    price: float


def _cheapest(market: Market, backend, configs: list[dict], lifecycle: str) -> tuple[Offer | None, list[dict]]:
    offers = [_offer(market, backend, config, override, lifecycle) for config in configs for override in config.get("Overrides", [])]
    errors = []
    for offer in sorted(offers, key=lambda each: each.price):
        if market.has(offer.instance_type, offer.zone, lifecycle):
            return offer, errors
        market.refusals += 1
        errors.append({
            "LaunchTemplateAndOverrides": _described(offer),
            "Lifecycle": lifecycle,
            "ErrorCode": "InsufficientInstanceCapacity",
            "ErrorMessage": f"We currently do not have sufficient {offer.instance_type} capacity in the Availability Zone you requested ({offer.zone}).",
        })
    return None, errors


def _offer(market: Market, backend, config: dict, override: dict, lifecycle: str) -> Offer:
    instance_type = override["InstanceType"]
    zone = override.get("AvailabilityZone") or backend.get_subnet(override["SubnetId"]).availability_zone
    return Offer(config, override, instance_type, zone, market.price(instance_type, zone, lifecycle))


def _described(offer: Offer) -> dict:
    return {
        "LaunchTemplateSpecification": offer.config["LaunchTemplateSpecification"],
        "Overrides": {**offer.override, "AvailabilityZone": offer.zone},
    }


def _template_of(backend, config: dict):
    specification = config["LaunchTemplateSpecification"]
    if "LaunchTemplateId" in specification:
        template = backend.get_launch_template(specification["LaunchTemplateId"])
    else:
        template = backend.get_launch_template_by_name(specification["LaunchTemplateName"])
    return template.get_version(template.latest_version_number)


def _launch(response, offer: Offer, count: int, lifecycle: str, tags: dict) -> list:
    backend = response.ec2_backend
    template = _template_of(backend, offer.config)
    data = template.data
    groups = list(data.get("SecurityGroupIds", []))
    for interface in data.get("NetworkInterfaces", []):
        groups += interface.get("Groups", [])
    profile = data.get("IamInstanceProfile", {})
    reservation = backend.run_instances(
        offer.override.get("ImageId") or data["ImageId"], count, data.get("UserData"), [],
        instance_type=offer.instance_type, is_instance_type_default=False, region_name=response.region,
        subnet_id=offer.override["SubnetId"], security_group_ids=groups,
        lifecycle="spot" if lifecycle == "spot" else None,
        metadata_options=data.get("MetadataOptions", {}), block_device_mappings=data.get("BlockDeviceMappings", []),
        monitoring_state="enabled" if data.get("Monitoring", {}).get("Enabled") else "disabled",
        tags={**tags, "instance": {
            **tags.get("instance", {}), "aws:ec2launchtemplate:id": template.template.id, "aws:ec2launchtemplate:version": str(template.number)
        }},
    )
    for instance in reservation.instances:
        for interface in instance.nics.values():
            interface.delete_on_termination = True
            interface.add_tags(tags.get("instance", {}))
        if profile:
            backend.associate_iam_instance_profile(
                instance_id=instance.id, iam_instance_profile_name=profile.get("Name"), iam_instance_profile_arn=profile.get("Arn"),
            )
    return reservation.instances
