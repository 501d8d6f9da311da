"""Databases, asked of a started launcher: the Data API, the function that speaks it, and what AWS Backup protects."""

import io
import json
import unittest
import zipfile

from test_settings import REGION, LocalAws, SettingsTest, _started

ROLES = "SELECT rolname, rolcanlogin FROM pg_roles"
MEMBERSHIPS = "SELECT member::regrole, roleid::regrole FROM pg_auth_members"


def setUpModule():
    for organization in ("fresh", "prepared"):
        _started[organization] = LocalAws(organization)
        unittest.addModuleCleanup(_started[organization].stop)


def database(**properties) -> dict:
    return {
        "Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": {
            "DBClusterIdentifier": "orders", "Engine": "aurora-postgresql", "MasterUsername": "cluster_admin", "ManageMasterUserPassword": True,
            "EnableHttpEndpoint": True, **properties}},
        "Writer": {"Type": "AWS::RDS::DBInstance", "Properties": {
            "DBInstanceClass": "db.serverless", "Engine": "aurora-postgresql", "DBClusterIdentifier": {"Ref": "Cluster"}}},
    }


class DataApi(SettingsTest):
    def with_database(self, account: str, **properties) -> tuple:
        """A client, and what each call of it says of the cluster and the secret."""
        status, reason, _ = self.aws.deploy(account, "database", database(**properties))
        self.assertEqual((status, reason), ("CREATE_COMPLETE", ""))
        [cluster] = self.aws.client("rds", account).describe_db_clusters()["DBClusters"]
        return self.aws.client("rds-data", account), {"resourceArn": cluster["DBClusterArn"], "secretArn": cluster["MasterUserSecret"]["SecretArn"]}

    def run_sql(self, client, place: dict, *statements: str, end: str = "commit_transaction") -> None:
        transaction = client.begin_transaction(**place)["transactionId"]
        for sql in statements:
            client.execute_statement(**place, transactionId=transaction, sql=sql)
        getattr(client, end)(**place, transactionId=transaction)

    def rows(self, client, place: dict, sql: str) -> list:
        return [[next(iter(field.values())) for field in row] for row in client.execute_statement(**place, sql=sql)["records"]]

    def test_roles_are_made_by_a_commit_and_not_by_a_rollback(self):
        client, place = self.with_database("170000000001")
        make = "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'api') THEN CREATE ROLE api NOLOGIN; END IF; END $$"
        self.run_sql(client, place, make, end="rollback_transaction")
        self.assertEqual(self.rows(client, place, ROLES), [])
        self.run_sql(client, place, make, "ALTER ROLE api LOGIN NOCREATEDB", "GRANT rds_iam TO api", "GRANT app_writers TO api",
                     "GRANT app_owners TO CURRENT_USER", "GRANT CONNECT ON DATABASE app TO api", "REVOKE app_owners FROM CURRENT_USER")
        self.assertEqual(self.rows(client, place, ROLES), [["api", True]])
        self.assertEqual(self.rows(client, place, MEMBERSHIPS), [["api", "app_writers"], ["api", "rds_iam"]])
        self.run_sql(client, place, make, "DO $$ BEGIN ALTER ROLE api NOLOGIN; REVOKE rds_iam, app_writers FROM api; END $$")
        self.assertEqual((self.rows(client, place, ROLES), self.rows(client, place, MEMBERSHIPS)), ([["api", False]], []))

    def test_what_the_service_refuses(self):
        client, place = self.with_database("170000000002")
        self.refused("BadRequestException", client.execute_statement, **place, sql="SELECT 1; SELECT 2")
        self.refused("BadRequestException", client.execute_statement, **place, sql="SELECT 1")
        self.refused("TransactionNotFoundException", client.execute_statement, **place, sql="SELECT 1", transactionId="none")
        self.refused("BadRequestException", client.begin_transaction, **{**place, "secretArn": place["secretArn"] + "x"})
        self.refused("BadRequestException", client.begin_transaction, **{**place, "resourceArn": place["resourceArn"] + "x"})
        transaction = client.begin_transaction(**place)["transactionId"]
        client.commit_transaction(**place, transactionId=transaction)
        self.refused("TransactionNotFoundException", client.commit_transaction, **place, transactionId=transaction)

    def test_a_closed_endpoint_and_a_cluster_without_instances(self):
        client, place = self.with_database("170000000003", EnableHttpEndpoint=False)
        self.refused("HttpEndpointNotEnabledException", client.begin_transaction, **place)
        self.aws.client("rds", "170000000003").enable_http_endpoint(ResourceArn=place["resourceArn"])
        client.begin_transaction(**place)
        account = "170000000004"
        self.aws.deploy(account, "bare", {"Cluster": database()["Cluster"]})
        [cluster] = self.aws.client("rds", account).describe_db_clusters()["DBClusters"]
        self.refused("DatabaseNotFoundException", self.aws.client("rds-data", account).begin_transaction,
                     resourceArn=cluster["DBClusterArn"], secretArn=cluster["MasterUserSecret"]["SecretArn"])

    def test_the_secret_of_the_cluster_is_what_the_template_is_told(self):
        account = "170000000005"
        resources = {**database(), "Name": {"Type": "AWS::SSM::Parameter", "Properties": {
            "Name": "secret", "Type": "String", "Value": {"Fn::GetAtt": ["Cluster", "MasterUserSecret.SecretArn"]}}}}
        self.assertEqual(self.aws.deploy(account, "database", resources)[0], "CREATE_COMPLETE")
        [cluster] = self.aws.client("rds", account).describe_db_clusters()["DBClusters"]
        told = self.aws.client("ssm", account).get_parameter(Name="secret")["Parameter"]["Value"]
        self.assertEqual(told, cluster["MasterUserSecret"]["SecretArn"])

    def test_a_function_speaks_it_with_the_client_of_the_runtime(self):
        account = "170000000006"
        client, place = self.with_database(account)
        code = "\n".join([
            "const { RDSDataClient, BeginTransactionCommand, CommitTransactionCommand, ExecuteStatementCommand } = require('@aws-sdk/client-rds-data');",
            "exports.handler = async place => {",
            "  const client = new RDSDataClient({});",
            "  const { transactionId } = await client.send(new BeginTransactionCommand(place));",
            "  await client.send(new ExecuteStatementCommand({ ...place, transactionId, sql: 'CREATE ROLE worker' }));",
            "  await client.send(new CommitTransactionCommand({ ...place, transactionId }));",
            "  return client.send(new ExecuteStatementCommand({ ...place, sql: 'SELECT 1' })).catch(error => error.name);",
            "};",
        ])
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.js", code)
        functions = self.aws.client("lambda", account)
        functions.create_function(FunctionName="users", Runtime="nodejs22.x", Handler="index.handler", Role=f"arn:aws:iam::{account}:role/users",
                                  Code={"ZipFile": archive.getvalue()})
        answer = functions.invoke(FunctionName="users", Payload=json.dumps(place))
        self.assertEqual(json.load(answer["Payload"]), "BadRequestException")
        self.assertEqual(self.rows(client, place, ROLES), [["worker", False]])


class BackupSettings(SettingsTest):
    def test_aurora_is_protected_when_a_region_says_so(self):
        client = self.aws.client("backup", "180000000001")
        types = lambda one: one.describe_region_settings()["ResourceTypeOptInPreference"]
        self.assertEqual(types(client), {"Aurora": False})
        client.update_region_settings(ResourceTypeOptInPreference={"Aurora": True})
        client.update_region_settings(ResourceTypeOptInPreference={"EFS": False})
        self.assertEqual(types(client), {"Aurora": True, "EFS": False})
        self.assertEqual(types(self.aws.client("backup", "180000000001", "us-east-1")), {"Aurora": False})

    def test_copies_between_accounts_are_the_management_accounts_affair(self):
        management = "180000000002"
        _, _, member = self.with_member(management)
        client = self.aws.client("backup", management)
        self.assertEqual(client.describe_global_settings()["GlobalSettings"], {"isCrossAccountBackupEnabled": "false"})
        wanted = {"isCrossAccountBackupEnabled": "true"}
        self.refused("InvalidRequestException", self.aws.client("backup", member).update_global_settings, GlobalSettings=wanted)
        self.refused("InvalidParameterValueException", client.update_global_settings, GlobalSettings={"isBackupEnabled": "true"})
        client.update_global_settings(GlobalSettings=wanted)
        self.assertEqual(client.describe_global_settings()["GlobalSettings"], wanted)

    def test_what_ministack_has_of_the_service_stays(self):
        client = self.aws.client("backup", "180000000003")
        client.create_backup_vault(BackupVaultName="kept")
        self.assertEqual([vault["BackupVaultName"] for vault in client.list_backup_vaults()["BackupVaultList"]], ["kept"])

    def test_the_real_command_line(self):
        account = "180000000004"
        update = self.aws.cli(account, "backup", "update-region-settings", "--resource-type-opt-in-preference", "Aurora=true")
        self.assertEqual((update.returncode, update.stderr), (0, ""))
        described = self.aws.cli(account, "backup", "describe-region-settings", "--query", "ResourceTypeOptInPreference.Aurora")
        self.assertEqual(described.stdout.strip(), "true")


class PreparedBackups(SettingsTest):
    organization = "prepared"

    def test_everything_is_on(self):
        client = self.aws.client("backup", "190000000001", REGION)
        self.assertEqual(client.describe_region_settings()["ResourceTypeOptInPreference"], {"Aurora": True})
        self.assertEqual(client.describe_global_settings()["GlobalSettings"], {"isCrossAccountBackupEnabled": "true"})



if __name__ == "__main__":
    unittest.main()
