"""Answers of services and operations that moto has not: prices, zonal shift, reservations and placement groups (there are none), the cluster itself."""

import json
import os
from urllib.parse import parse_qs, unquote

from prices import PriceList

# set by the rehearsal before Karpenter starts: what EKS says of the cluster
CLUSTER: dict = {}


def before(application, price_list: PriceList):
    _install_operations()

    def answer(environ, start_response):
        service = service_of(environ)
        if service == "pricing":
            request = json.loads(environ["wsgi.input"].read())
            filters = {each["Field"]: each["Value"] for each in request.get("Filters", [])}
            return respond(start_response, {"FormatVersion": "aws_v1", "PriceList": price_list.products(filters)})
        query = parse_qs(environ.get("QUERY_STRING", ""))
        if query.get("Action") == ["GetCallerIdentity"] and "X-Amz-Credential" in query:
            return _caller(start_response, query["X-Amz-Credential"][0])
        path = unquote(environ["PATH_INFO"])
        if service == "arc-zonal-shift" and path.startswith("/managedresources/"):
            return respond(start_response, {"arn": path.removeprefix("/managedresources/"), "appliedWeights": {}, "zonalShifts": []})
        if service == "eks" and environ["REQUEST_METHOD"] == "GET" and path == f"/clusters/{CLUSTER.get('name')}":
            return respond(start_response, {"cluster": CLUSTER})
        return application(environ, start_response)

    return answer


def respond(start_response, body, status: str = "200 OK") -> list[bytes]:
    text = json.dumps(body).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


def _caller(start_response, credential: str) -> list[bytes]:
    """Of a presigned call, whose access key moto does not find."""
    from moto.sts.models import sts_backends

    key, _, region, _, _ = credential.split("/")
    account = os.environ["MOTO_ACCOUNT_ID"]
    _, arn, account = sts_backends[account]["aws"].get_caller_identity(key, region)
    text = f"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn><Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>".encode()
    start_response("200 OK", [("Content-Type", "text/xml"), ("Content-Length", str(len(text)))])
    return [text]


def service_of(environ) -> str:
    """From the scope of the signature: `Credential=key/date/region/service/aws4_request`."""
    parts = environ.get("HTTP_AUTHORIZATION", "").split(",")[0].split("/")
    return parts[3] if len(parts) > 3 else ""


def _install_operations() -> None:
    from moto.core.responses import ActionResult
    from moto.ec2.responses import EC2Response

    EC2Response.describe_capacity_reservations = lambda self: ActionResult({"CapacityReservations": []})
    EC2Response.describe_placement_groups = lambda self: ActionResult({"PlacementGroups": []})
    original = EC2Response.describe_instance_types

    def describe_instance_types(self):
        self.error_on_dryrun()
        return original(self)

    EC2Response.describe_instance_types = describe_instance_types
    _install_path_of_profiles()


def _install_path_of_profiles() -> None:
    """moto lists every profile whatever path was asked for, and Karpenter deletes what is listed below the path of its own ones."""
    from moto.iam.responses import IamResponse

    original = IamResponse.list_instance_profiles

    def list_instance_profiles(self):
        prefix = self._get_param("PathPrefix", "/")
        result = original(self)
        result.result["InstanceProfiles"] = [each for each in result.result["InstanceProfiles"] if each.path.startswith(prefix)]
        return result

    IamResponse.list_instance_profiles = list_instance_profiles
