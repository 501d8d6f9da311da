"""What ministack's CloudFormation handlers leave out although its services have it.

Each gap is filled after the type's own handler ran: the service's record gets
what the template says, so the service's own API answers it.
"""

from ministack.services import ec2, eks, rds, route53, s3, sns
from ministack.services.cloudformation import provisioners

import bucket_configuration
import network_resources


def fill(type_name: str, physical_id: str, properties: dict) -> tuple[str, ...]:
    """Passes on what the handler dropped; returns the names of those properties."""
    gap = _GAPS.get(type_name)
    if gap is None:
        return ()
    names, apply = gap
    apply(physical_id, properties)
    return names


def correct_attributes(type_name: str, physical_id: str, attributes: dict) -> dict:
    """What GetAtt answers, where ministack's handler contradicts its own service."""
    if type_name == "AWS::Route53::HostedZone":
        return {**attributes, "NameServers": [name.rstrip(".") for name in route53._DEFAULT_NS]}
    if type_name == "AWS::EC2::VPC":
        return {**attributes, **network_resources.vpc_attributes(physical_id)}
    if type_name == "AWS::RDS::DBCluster" and "MasterUserSecret" in rds._clusters[physical_id]:
        return {**attributes, "MasterUserSecret.SecretArn": rds._clusters[physical_id]["MasterUserSecret"]["SecretArn"]}
    return attributes


def refuse_delete(type_name: str, physical_id: str) -> None:
    """Raises where the service refuses to delete and ministack's handler does not."""
    if type_name == "AWS::S3::Bucket" and (s3._buckets.get(physical_id) or {}).get("objects"):
        raise ValueError(f"The bucket you tried to delete is not empty (Service: S3, Bucket: {physical_id})")


def _cluster(name: str, properties: dict) -> None:
    record = eks._clusters[name]
    encryption = properties.get("EncryptionConfig")
    if encryption:
        record["encryptionConfig"] = [
            {"resources": entry.get("Resources", []), "provider": {"keyArn": (entry.get("Provider") or {}).get("KeyArn")}}
            for entry in encryption
        ]
    network = properties.get("KubernetesNetworkConfig") or {}
    record["kubernetesNetworkConfig"].update(provisioners._pascal_to_camel(network))
    access = properties.get("AccessConfig") or {}
    record["accessConfig"].update(provisioners._pascal_to_camel(access))
    subnets = (properties.get("ResourcesVpcConfig") or {}).get("SubnetIds") or []
    subnet = ec2._subnets.get(subnets[0]) if subnets else None
    if subnet:
        record["resourcesVpcConfig"]["vpcId"] = subnet["VpcId"]
    if "DeletionProtection" in properties:
        record["deletionProtection"] = str(properties["DeletionProtection"]).lower() == "true"
    if "UpgradePolicy" in properties:
        record["upgradePolicy"] = provisioners._pascal_to_camel(properties["UpgradePolicy"])
    if "ZonalShiftConfig" in properties:
        record["zonalShiftConfig"] = provisioners._pascal_to_camel(properties["ZonalShiftConfig"])


def _db_cluster(identifier: str, properties: dict) -> None:
    record = rds._clusters[identifier]
    record["KmsKeyId"] = properties.get("KmsKeyId", "")
    record["EnabledCloudwatchLogsExports"] = properties.get("EnableCloudwatchLogsExports", [])
    record["TagList"] = properties.get("Tags", [])
    if "DBClusterParameterGroupName" in properties:
        record["DBClusterParameterGroup"] = properties["DBClusterParameterGroupName"]
    if str(properties.get("ManageMasterUserPassword")).lower() == "true":
        secret = properties.get("MasterUserSecret") or {}
        arn = record["DBClusterArn"].replace(":rds:", ":secretsmanager:").split(":cluster:")[0]
        record["MasterUserSecret"] = {
            "SecretArn": f"{arn}:secret:rds!{record['DbClusterResourceId'].lower()}",
            "SecretStatus": "active", "KmsKeyId": secret.get("KmsKeyId", ""),
        }


def _topic(arn: str, properties: dict) -> None:
    key = properties.get("KmsMasterKeyId")
    if key:
        sns._topics[arn]["attributes"]["KmsMasterKeyId"] = key


def _report_log_exports() -> None:
    """DescribeDBClusters leaves the log exports out of its answer."""
    plain_xml = rds._cluster_xml

    def cluster_xml(cluster):
        exports = "".join(f"<member>{name}</member>" for name in cluster.get("EnabledCloudwatchLogsExports") or [])
        return f"{plain_xml(cluster)}<EnabledCloudwatchLogsExports>{exports}</EnabledCloudwatchLogsExports>"

    rds._cluster_xml = cluster_xml


def install() -> None:
    _report_log_exports()


_GAPS = {
    "AWS::S3::Bucket": (bucket_configuration.PROPERTIES, bucket_configuration.apply),
    "AWS::EKS::Cluster": (
        ("EncryptionConfig", "KubernetesNetworkConfig", "AccessConfig", "ResourcesVpcConfig", "DeletionProtection",
         "UpgradePolicy", "ZonalShiftConfig"), _cluster),
    "AWS::RDS::DBCluster": (
        ("KmsKeyId", "EnableCloudwatchLogsExports", "Tags", "DBClusterParameterGroupName", "ManageMasterUserPassword",
         "MasterUserSecret"), _db_cluster),
    "AWS::SNS::Topic": (("KmsMasterKeyId",), _topic),
}
