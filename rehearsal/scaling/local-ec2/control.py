"""What the rehearsal does to this EC2 beside its API: shortages, the cluster, and what machines are told at their start.

GET /_local/machines · PUT /_local/surroundings · PUT /_local/shortages · PUT /_local/cluster · POST /_local/reclaim
"""

import base64
import json
import tomllib

import missing_services
import surroundings
from fleets import Market, Shortage
from missing_services import respond


def before(application, market: Market, account: str, region: str):
    def answer(environ, start_response):
        if not environ["PATH_INFO"].startswith("/_local/"):
            return application(environ, start_response)
        from moto.ec2.models import ec2_backends

        backend = ec2_backends[account][region]
        body = json.loads(environ["wsgi.input"].read() or "{}")
        match environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix("/_local/"):
            case "GET", "machines":
                return respond(start_response, [_machine(backend, instance) for instance in backend.all_instances()])
            case "PUT", "surroundings":
                surroundings.make(body, account, region)
                return respond(start_response, {})
            case "PUT", "shortages":
                market.shortages = [Shortage(**each) for each in body]
                return respond(start_response, {"refusals": market.refusals})
            case "PUT", "cluster":
                missing_services.CLUSTER.clear()
                missing_services.CLUSTER.update(body)
                return respond(start_response, {})
            case "POST", "reclaim":
                backend.terminate_instances(body["instanceIds"])
                return respond(start_response, {})
        return respond(start_response, {"message": "unknown"}, "404 Not Found")

    return answer


def _machine(backend, instance) -> dict:
    profile = backend.iam_instance_profile_associations.get(instance.id)
    return {
        "id": instance.id,
        "state": instance.state,
        "type": instance.instance_type,
        "zone": instance.availability_zone,
        "lifecycle": instance.lifecycle or "on-demand",
        "architecture": instance.architecture,
        "privateIp": instance.private_ip if instance.nics else None,
        "privateDnsName": instance.private_dns_name if instance.nics else None,
        "tags": _tags(instance),
        "kubelet": _kubelet_settings(instance.user_data),
        "security": {
            "httpTokens": instance.metadata_options.http_tokens,
            "hopLimit": instance.metadata_options.http_put_response_hop_limit,
            "instanceProfile": profile and profile.iam_instance_profile.name,
            "securityGroups": [group.id for group in instance.security_groups],
            "volumes": [_volume(backend.get_volume(device.volume_id)) for _, device in instance.get_block_device_mapping],
        },
    }


def _volume(volume) -> dict:
    return {"encrypted": volume.encrypted, "key": volume.kms_key_id, "gib": int(volume.size), "tags": _tags(volume)}


def _tags(resource) -> dict:
    return {tag["key"]: tag["value"] for tag in resource.get_tags()}


def _kubelet_settings(user_data) -> dict:
    """Labels and taints of a Bottlerocket machine; another system's user data is not TOML and says nothing here."""
    try:
        settings = tomllib.loads(base64.b64decode(str(user_data or "")).decode())["settings"]["kubernetes"]
    except (KeyError, UnicodeDecodeError, ValueError):
        return {}
    return {"labels": settings.get("node-labels", {}), "taints": settings.get("node-taints", {}), "clusterName": settings.get("cluster-name")}
