"""Which types there are: those of the price table, and enough of another architecture that a careless node pool would launch them."""

from prices import PriceList

X86_FAMILIES = ("c7i.", "m7i.", "m7a.", "r7i.")


def install(price_list: PriceList) -> None:
    from moto.ec2.models.instance_types import InstanceTypeBackend, InstanceTypeOfferingBackend

    def offered(name: str) -> bool:
        return name in price_list.on_demand or name.startswith(X86_FAMILIES)

    InstanceTypeBackend.instance_types = [each for each in InstanceTypeBackend.instance_types if offered(each["InstanceType"])]
    original = InstanceTypeOfferingBackend.describe_instance_type_offerings

    def describe_instance_type_offerings(self, location_type=None, filters=None):
        return [each for each in original(self, location_type, filters) if offered(each["InstanceType"])]

    InstanceTypeOfferingBackend.describe_instance_type_offerings = describe_instance_type_offerings
