"""The settings of accounts and of an organization, asked of a started launcher, each accepted and refused.

Run with the rehearsal's Python, beside whose environment the resource specification is:
.rehearsal/python-<hash>/bin/python -m unittest discover --start-directory rehearsal/local-aws
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "eu-west-1"
CONNECTION = f"arn:aws:codeconnections:{REGION}:222222222222:connection/11111111-2222-3333-4444-555555555555"
INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
DENY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})


class LocalAws:
    """One launcher, on a port of its own."""

    def __init__(self, organization: str):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.endpoint = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self._scratch = tempfile.TemporaryDirectory()
        spec = next(Path(sys.prefix).parent.glob("resource-spec-*.json"))
        self._process = subprocess.Popen(
            [sys.executable, "-B", str(Path(__file__).with_name("launcher.py")), "--port", self.endpoint.rsplit(":", 1)[-1],
             "--spec", str(spec), "--cache", self._scratch.name],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "LOG_LEVEL": "CRITICAL"})
        self._wait()
        with tempfile.TemporaryDirectory() as assembly:
            Path(assembly, "manifest.json").write_text("{}")
            self.rehearsal("POST", "expect", {"assembly": assembly, "prepared": organization == "prepared"})

    def _wait(self) -> None:
        for _ in range(300):
            try:
                self.rehearsal("GET", "status")
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("The local AWS did not start.")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._scratch.cleanup()

    def client(self, service: str, account: str, region: str = REGION, credentials: dict | None = None):
        keys = credentials or {"AccessKeyId": account, "SecretAccessKey": "local", "SessionToken": None}
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"],
            config=Config(proxies={"http": self.endpoint}, retries={"max_attempts": 0}))

    def rehearsal(self, method: str, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(f"{self.endpoint}/_rehearsal/{path}", method=method, data=json.dumps(body).encode() if body else None)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def cli(self, account: str, *arguments: str) -> subprocess.CompletedProcess:
        environment = {
            **os.environ, "AWS_ENDPOINT_URL": self.endpoint, "HTTP_PROXY": self.endpoint, "http_proxy": self.endpoint, "NO_PROXY": "", "no_proxy": "",
            "AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        return subprocess.run([str(Path(sys.executable).with_name("aws")), *arguments, "--output", "json"],
                              env=environment, capture_output=True, text=True, timeout=60)

    def deploy(self, account: str, name: str, resources: dict) -> tuple[str, str, dict]:
        """Returns the status, the first failure's reason, and the physical ids."""
        client = self.client("cloudformation", account)
        client.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
        status = self._settled(client, name)
        events = client.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [event.get("ResourceStatusReason", "") for event in reversed(events) if event["ResourceStatus"] == "CREATE_FAILED"]
        described = client.describe_stack_resources(StackName=name)["StackResources"]
        return status, next(iter(reasons), ""), {entry["LogicalResourceId"]: entry.get("PhysicalResourceId") for entry in described}

    def update(self, account: str, name: str, resources: dict) -> str:
        client = self.client("cloudformation", account)
        client.update_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
        return self._settled(client, name)

    def delete(self, account: str, name: str) -> str:
        client = self.client("cloudformation", account)
        identifier = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        client.delete_stack(StackName=name)
        return self._settled(client, identifier)

    @staticmethod
    def _settled(client, name: str) -> str:
        for _ in range(300):
            status = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            if not status.endswith("IN_PROGRESS"):
                return status
            time.sleep(0.05)
        raise RuntimeError(f"{name} does not settle.")


_started: dict[str, LocalAws] = {}


def setUpModule():
    """Both start at once; every test has accounts of its own in them."""
    with ThreadPoolExecutor() as pool:
        for organization, aws in zip(("fresh", "prepared"), pool.map(LocalAws, ("fresh", "prepared"))):
            _started[organization] = aws
            unittest.addModuleCleanup(aws.stop)


class SettingsTest(unittest.TestCase):
    organization = "fresh"

    @property
    def aws(self) -> LocalAws:
        return _started[self.organization]

    def refused(self, code: str, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def expect(self, templates: dict[str, dict]) -> None:
        """Announces an assembly of one template for each account."""
        with tempfile.TemporaryDirectory() as directory:
            for account, resources in templates.items():
                Path(directory, f"{account}.json").write_text(json.dumps({"Resources": resources}))
            artifacts = {account: {
                "type": "aws:cloudformation:stack", "environment": f"aws://{account}/{REGION}", "properties": {"templateFile": f"{account}.json"},
            } for account in templates}
            Path(directory, "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
            self.aws.rehearsal("POST", "expect", {"assembly": directory, "prepared": self.organization == "prepared"})

    def with_organization(self, account: str) -> tuple:
        """A client in the management account of a new organization, and its root."""
        client = self.aws.client("organizations", account)
        client.create_organization()
        return client, client.list_roots()["Roots"][0]["Id"]

    def with_member(self, management: str) -> tuple:
        client, root = self.with_organization(management)
        member = client.create_account(Email=f"{management}@example.com", AccountName="member")["CreateAccountStatus"]["AccountId"]
        return client, root, member


class Organizations(SettingsTest):
    def test_an_account_is_in_no_organization_until_it_creates_one(self):
        client = self.aws.client("organizations", "100000000001")
        self.refused("AWSOrganizationsNotInUseException", client.describe_organization)
        self.refused("AWSOrganizationsNotInUseException", client.list_roots)
        created = client.create_organization(FeatureSet="ALL")["Organization"]
        self.assertRegex(created["Id"], r"^o-[a-z0-9]{10}$")
        self.assertEqual(client.describe_organization()["Organization"]["Id"], created["Id"])
        self.refused("AlreadyInOrganizationException", client.create_organization)
        client.delete_organization()
        self.refused("AWSOrganizationsNotInUseException", client.describe_organization)

    def test_policy_types(self):
        client, root = self.with_organization("100000000002")
        types = client.list_roots()["Roots"][0]["PolicyTypes"]
        self.assertEqual(types, [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}])
        others = [kind for kind in client.meta.service_model.shape_for("PolicyType").enum if kind != "SERVICE_CONTROL_POLICY"]
        for kind in others:
            client.enable_policy_type(RootId=root, PolicyType=kind)
            self.refused("PolicyTypeAlreadyEnabledException", client.enable_policy_type, RootId=root, PolicyType=kind)
        self.assertEqual(len(client.list_roots()["Roots"][0]["PolicyTypes"]), len(others) + 1)
        client.disable_policy_type(RootId=root, PolicyType="TAG_POLICY")
        self.refused("PolicyTypeNotEnabledException", client.disable_policy_type, RootId=root, PolicyType="TAG_POLICY")
        self.refused("RootNotFoundException", client.enable_policy_type, RootId="r-none", PolicyType="TAG_POLICY")

    def test_trusted_access_and_delegated_administrators(self):
        client, _, member = self.with_member("100000000003")
        principal = "config.amazonaws.com"
        self.assertEqual(client.list_aws_service_access_for_organization()["EnabledServicePrincipals"], [])
        self.refused("ConstraintViolationException", client.register_delegated_administrator, AccountId=member, ServicePrincipal=principal)
        self.refused("InvalidInputException", client.enable_aws_service_access, ServicePrincipal="config")
        client.enable_aws_service_access(ServicePrincipal=principal)
        enabled = client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
        self.assertEqual([entry["ServicePrincipal"] for entry in enabled], [principal])
        self.refused("AccountNotFoundException", client.register_delegated_administrator, AccountId="100000000099", ServicePrincipal=principal)
        self.refused("ConstraintViolationException", client.register_delegated_administrator, AccountId="100000000003", ServicePrincipal=principal)
        client.register_delegated_administrator(AccountId=member, ServicePrincipal=principal)
        self.refused("AccountAlreadyRegisteredException", client.register_delegated_administrator, AccountId=member, ServicePrincipal=principal)
        self.assertEqual([entry["Id"] for entry in client.list_delegated_administrators(ServicePrincipal=principal)["DelegatedAdministrators"]], [member])
        self.assertEqual(client.list_delegated_administrators(ServicePrincipal="sso.amazonaws.com")["DelegatedAdministrators"], [])
        self.assertEqual(len(self.aws.client("organizations", member).list_accounts()["Accounts"]), 2)
        self.refused("ConstraintViolationException", client.disable_aws_service_access, ServicePrincipal=principal)
        client.deregister_delegated_administrator(AccountId=member, ServicePrincipal=principal)
        self.refused("AccountNotRegisteredException", client.deregister_delegated_administrator, AccountId=member, ServicePrincipal=principal)
        client.disable_aws_service_access(ServicePrincipal=principal)
        self.assertEqual(client.list_aws_service_access_for_organization()["EnabledServicePrincipals"], [])

    def test_members_see_the_organization_and_may_not_change_it(self):
        client, root, member = self.with_member("100000000004")
        as_member = self.aws.client("organizations", member)
        self.assertEqual(as_member.describe_organization()["Organization"]["MasterAccountId"], "100000000004")
        self.refused("AccessDeniedException", as_member.list_accounts)
        self.refused("AccessDeniedException", as_member.enable_policy_type, RootId=root, PolicyType="TAG_POLICY")
        self.refused("AlreadyInOrganizationException", as_member.create_organization)
        self.refused("OrganizationNotEmptyException", client.delete_organization)

    def test_central_root_access(self):
        client, _, member = self.with_member("100000000009")
        iam = self.aws.client("iam", "100000000009")
        self.refused("OrganizationNotFoundException", self.aws.client("iam", "100000000098").list_organizations_features)
        self.refused("ServiceAccessNotEnabledException", iam.enable_organizations_root_sessions)
        client.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
        self.assertEqual(iam.list_organizations_features()["EnabledFeatures"], [])
        iam.enable_organizations_root_sessions()
        iam.enable_organizations_root_credentials_management()
        self.assertEqual(iam.list_organizations_features()["EnabledFeatures"], ["RootCredentialsManagement", "RootSessions"])
        self.refused("CallerIsNotManagementAccountException", self.aws.client("iam", member).enable_organizations_root_sessions)

    def test_the_service_linked_role_of_a_trail(self):
        iam = self.aws.client("iam", "100000000010")
        self.refused("NoSuchEntity", iam.get_role, RoleName="AWSServiceRoleForCloudTrail")
        iam.create_service_linked_role(AWSServiceName="cloudtrail.amazonaws.com")
        role = iam.get_role(RoleName="AWSServiceRoleForCloudTrail")["Role"]
        self.assertEqual(role["Arn"], "arn:aws:iam::100000000010:role/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail")
        self.refused("InvalidInput", iam.create_service_linked_role, AWSServiceName="cloudtrail.amazonaws.com")

    def test_accounts(self):
        client, root, _ = self.with_member("100000000005")
        second = client.create_account(Email="100000000005@EXAMPLE.com", AccountName="again")["CreateAccountStatus"]
        self.assertEqual((second["State"], second["FailureReason"]), ("FAILED", "EMAIL_ALREADY_EXISTS"))
        for number in range(8):
            client.create_account(Email=f"limit-{number}@example.com", AccountName="more")
        over = client.create_account(Email="limit-8@example.com", AccountName="more")["CreateAccountStatus"]
        self.assertEqual(over["FailureReason"], "ACCOUNT_LIMIT_EXCEEDED")

    def test_units(self):
        client, root, member = self.with_member("100000000006")
        unit = client.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]
        self.refused("DuplicateOrganizationalUnitException", client.create_organizational_unit, ParentId=root, Name="Workloads")
        self.refused("ParentNotFoundException", client.create_organizational_unit, ParentId="ou-none-12345678", Name="Workloads")
        client.move_account(AccountId=member, SourceParentId=root, DestinationParentId=unit["Id"])
        self.assertEqual([entry["Id"] for entry in client.list_accounts_for_parent(ParentId=unit["Id"])["Accounts"]], [member])
        self.refused("OrganizationalUnitNotEmptyException", client.delete_organizational_unit, OrganizationalUnitId=unit["Id"])
        self.refused("SourceParentNotFoundException", client.move_account, AccountId=member, SourceParentId=root, DestinationParentId="ou-none-12345678")

    def test_policies_of_a_target(self):
        client, root, member = self.with_member("100000000007")
        names = lambda target: [policy["Name"] for policy in client.list_policies_for_target(TargetId=target, Filter="SERVICE_CONTROL_POLICY")["Policies"]]
        unit = client.create_organizational_unit(ParentId=root, Name="Unit")["OrganizationalUnit"]["Id"]
        for target in (root, unit, member):
            self.assertEqual(names(target), ["FullAWSAccess"])
        created = [client.create_policy(Name=f"deny-{n}", Description="", Type="SERVICE_CONTROL_POLICY", Content=DENY) for n in range(10)]
        policies = [answer["Policy"]["PolicySummary"]["Id"] for answer in created]
        for policy in policies[:9]:
            client.attach_policy(PolicyId=policy, TargetId=unit)
        self.refused("ConstraintViolationException", client.attach_policy, PolicyId=policies[9], TargetId=unit)
        self.refused("DuplicatePolicyAttachmentException", client.attach_policy, PolicyId=policies[0], TargetId=unit)
        client.attach_policy(PolicyId=policies[0], TargetId=member)
        self.assertEqual(names(member), ["FullAWSAccess", "deny-0"])
        client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=member)
        self.refused("ConstraintViolationException", client.detach_policy, PolicyId=policies[0], TargetId=member)
        self.refused("TargetNotFoundException", client.attach_policy, PolicyId=policies[0], TargetId="100000000099")

    def test_content_of_a_policy(self):
        client, _ = self.with_organization("100000000008")
        create = lambda kind, length: client.create_policy(Name=f"{kind}-{length}", Description="", Type=kind, Content=json.dumps({"a": "x" * (length - 9)}))
        for kind, limit in (("SERVICE_CONTROL_POLICY", 10240), ("RESOURCE_CONTROL_POLICY", 5120), ("DECLARATIVE_POLICY_EC2", 10000)):
            self.assertEqual(len(create(kind, limit)["Policy"]["Content"]), limit)
            self.refused("ConstraintViolationException", create, kind=kind, length=limit + 1)
        self.refused("MalformedPolicyDocumentException", client.create_policy, Name="broken", Description="", Type="TAG_POLICY", Content="{")


class OrganizationStacks(SettingsTest):
    def policy(self, target, kind="SERVICE_CONTROL_POLICY", **properties) -> dict:
        return {"Type": "AWS::Organizations::Policy", "Properties": {
            "Name": "guardrail", "Type": kind, "Content": json.loads(DENY), "TargetIds": [target], **properties}}

    def test_a_whole_organization(self):
        management = "110000000001"
        unit = {"Type": "AWS::Organizations::OrganizationalUnit", "DeletionPolicy": "Retain",
                "Properties": {"Name": "Workloads", "ParentId": {"Fn::GetAtt": ["Organization", "RootId"]}}}
        resources = {
            "Organization": {"Type": "AWS::Organizations::Organization", "DeletionPolicy": "Retain", "Properties": {"FeatureSet": "ALL"}},
            "Unit": unit,
            "Account": {"Type": "AWS::Organizations::Account", "DeletionPolicy": "Retain", "Properties": {
                "AccountName": "production", "Email": "production@example.com", "ParentIds": [{"Ref": "Unit"}]}},
            "OnUnit": self.policy({"Ref": "Unit"}),
            "OnAccount": self.policy({"Fn::GetAtt": ["Account", "AccountId"]}, Name="other"),
        }
        status, reason, ids = self.aws.deploy(management, "organization", resources)
        self.assertEqual((status, reason), ("CREATE_COMPLETE", ""))
        client = self.aws.client("organizations", management)
        self.assertEqual(client.list_parents(ChildId=ids["Account"])["Parents"][0]["Id"], ids["Unit"])
        attached = lambda target: [policy["Id"] for policy in client.list_policies_for_target(TargetId=target, Filter="SERVICE_CONTROL_POLICY")["Policies"]]
        self.assertIn(ids["OnUnit"], attached(ids["Unit"]))
        self.assertIn(ids["OnAccount"], attached(ids["Account"]))
        changed = {**resources, "OnUnit": self.policy({"Fn::GetAtt": ["Account", "AccountId"]}),
                   "Unit": {**unit, "Properties": {**unit["Properties"], "Name": "Renamed"}}}
        self.assertEqual(self.aws.update(management, "organization", changed), "UPDATE_COMPLETE")
        self.assertNotIn(ids["OnUnit"], attached(ids["Unit"]))
        self.assertIn(ids["OnUnit"], attached(ids["Account"]))
        self.assertEqual(client.describe_organizational_unit(OrganizationalUnitId=ids["Unit"])["OrganizationalUnit"]["Name"], "Renamed")
        self.assertEqual(self.aws.delete(management, "organization"), "DELETE_COMPLETE")
        self.assertEqual(attached(ids["Account"]), ["p-FullAWSAccess"])
        self.assertEqual({account["Name"] for account in client.list_accounts()["Accounts"]}, {"management", "production"})
        self.assertEqual(self.aws.rehearsal("GET", "status")["types"]["AWS::Organizations::Policy"]["kind"], "real")

    def test_what_a_stack_is_refused(self):
        client, root = self.with_organization("110000000002")
        account = {"Type": "AWS::Organizations::Account", "Properties": {"AccountName": "one", "Email": "same@example.com"}}
        rows = [
            ("disabled type", {"Policy": self.policy(root, "DECLARATIVE_POLICY_EC2")}, "declarative"),
            ("unknown target", {"Policy": self.policy("110000000099")}, "TargetId 110000000099"),
            ("size", {"Policy": self.policy(root, Content=json.dumps({"a": "x" * 10240}))}, "maximum size"),
            ("a second organization", {"Organization": {"Type": "AWS::Organizations::Organization", "Properties": {}}}, "already a member"),
            ("a second account of the e-mail", {"One": account, "Two": {**account, "DependsOn": "One"}}, "EMAIL_ALREADY_EXISTS"),
        ]
        for name, resources, message in rows:
            with self.subTest(name):
                status, reason, _ = self.aws.deploy("110000000002", name.replace(" ", "-"), resources)
                self.assertEqual(status, "ROLLBACK_COMPLETE")
                self.assertIn(message.lower(), reason.lower())
        self.assertEqual([policy["Name"] for policy in client.list_policies(Filter="DECLARATIVE_POLICY_EC2")["Policies"]], [])

    def test_an_organization_trail_needs_trusted_access(self):
        management = "110000000003"
        trail = {"Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": {
            "S3BucketName": "trail", "IsLogging": True, "IsMultiRegionTrail": True, "IsOrganizationTrail": True, "TrailName": "organization"}}}
        client, _, member = self.with_member(management)
        self.assertIn("trusted access", self.aws.deploy(management, "refused", trail)[1])
        self.assertIn("not the management account", self.aws.deploy(member, "refused", trail)[1])
        self.refused("OrganizationsNotInUseException", self.aws.client("cloudtrail", "110000000098").create_trail,
                     Name="trail", S3BucketName="trail", IsOrganizationTrail=True)
        client.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
        self.assertEqual(self.aws.deploy(management, "accepted", trail)[0], "CREATE_COMPLETE")
        cloudtrail = self.aws.client("cloudtrail", management)
        self.assertTrue(cloudtrail.get_trail(Name="organization")["Trail"]["IsOrganizationTrail"])
        self.assertTrue(cloudtrail.get_trail_status(Name="organization")["IsLogging"])
        self.assertEqual(self.aws.delete(management, "accepted"), "DELETE_COMPLETE")
        self.assertEqual(cloudtrail.describe_trails()["trailList"], [])


class AssumedOrganization(SettingsTest):
    def test_an_organization_that_templates_name(self):
        self.expect({
            "120000000001": {"Unit": {"Type": "AWS::Organizations::OrganizationalUnit", "Properties": {"Name": "Workloads", "ParentId": "r-exam"}},
                             "Key": {"Type": "AWS::KMS::Key", "Properties": {"Description": "of o-exampleorgid"}}},
            "120000000002": {"Topic": {"Type": "AWS::SNS::Topic"}},
        })
        client = self.aws.client("organizations", "120000000001")
        self.assertEqual(client.describe_organization()["Organization"]["Id"], "o-exampleorgid")
        self.assertEqual([(root["Id"], root["PolicyTypes"]) for root in client.list_roots()["Roots"]], [("r-exam", [])])
        self.assertEqual([account["Id"] for account in client.list_accounts()["Accounts"]], ["120000000001", "120000000002"])
        self.assertIn("organization o-exampleorgid of management account 120000000001", self.aws.rehearsal("GET", "status")["assumed"])
        client.enable_policy_type(RootId="r-exam", PolicyType="SERVICE_CONTROL_POLICY")

    def test_the_template_alone_is_enough(self):
        status, _, ids = self.aws.deploy("120000000003", "units", {
            "Unit": {"Type": "AWS::Organizations::OrganizationalUnit", "Properties": {"Name": "Workloads", "ParentId": "r-other"}}})
        self.assertEqual(status, "CREATE_COMPLETE")
        self.assertRegex(ids["Unit"], r"^ou-other-[a-z0-9]{8}$")

    def test_the_role_of_a_member(self):
        _, _, member = self.with_member("120000000004")
        sts = self.aws.client("sts", "120000000004")
        role = lambda account, name: {"RoleArn": f"arn:aws:iam::{account}:role/{name}", "RoleSessionName": "test"}
        credentials = sts.assume_role(**role(member, "OrganizationAccountAccessRole"))["Credentials"]
        identity = self.aws.client("sts", member, credentials=credentials).get_caller_identity()
        self.assertEqual(identity["Account"], member)
        self.aws.client("ec2", member, credentials=credentials).enable_ebs_encryption_by_default()
        self.assertTrue(self.aws.client("ec2", member).get_ebs_encryption_by_default()["EbsEncryptionByDefault"])
        self.refused("AccessDenied", sts.assume_role, **role(member, "Administrator"))
        self.refused("AccessDenied", sts.assume_role, **role("120000000099", "OrganizationAccountAccessRole"))
        self.refused("AccessDenied", self.aws.client("sts", member).assume_role, **role("120000000004", "OrganizationAccountAccessRole"))


class AccountSettings(SettingsTest):
    def test_alternate_contacts(self):
        management = "130000000001"
        client, _, member = self.with_member(management)
        contact = {"AlternateContactType": "SECURITY", "EmailAddress": "security@example.com", "Name": "Security", "PhoneNumber": "+1", "Title": "Team"}
        account = self.aws.client("account", management)
        self.refused("ResourceNotFoundException", account.get_alternate_contact, AlternateContactType="SECURITY")
        account.put_alternate_contact(**contact)
        self.assertEqual(account.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"], contact)
        self.refused("AccessDeniedException", account.put_alternate_contact, AccountId=member, **contact)
        client.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
        account.put_alternate_contact(AccountId=member, **contact)
        self.refused("AccessDeniedException", account.put_alternate_contact, AccountId="130000000099", **contact)
        self.refused("AccessDeniedException", account.put_alternate_contact, AccountId=management, **contact)
        of_member = self.aws.client("account", member)
        self.assertEqual(of_member.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"], contact)
        self.refused("AccessDeniedException", of_member.get_alternate_contact, AccountId=management, AlternateContactType="SECURITY")
        of_member.delete_alternate_contact(AlternateContactType="SECURITY")
        self.refused("ResourceNotFoundException", of_member.delete_alternate_contact, AlternateContactType="SECURITY")
        self.assertEqual(account.get_contact_information()["ContactInformation"]["CountryCode"], "US")

    def test_defaults_of_ec2(self):
        client, elsewhere = self.aws.client("ec2", "130000000002"), self.aws.client("ec2", "130000000002", "us-east-1")
        self.assertFalse(client.get_ebs_encryption_by_default()["EbsEncryptionByDefault"])
        self.assertTrue(client.enable_ebs_encryption_by_default()["EbsEncryptionByDefault"])
        self.assertTrue(client.get_ebs_encryption_by_default()["EbsEncryptionByDefault"])
        self.assertFalse(elsewhere.get_ebs_encryption_by_default()["EbsEncryptionByDefault"])
        self.assertFalse(client.disable_ebs_encryption_by_default()["EbsEncryptionByDefault"])
        self.assertEqual(client.get_snapshot_block_public_access_state()["State"], "unblocked")
        client.enable_snapshot_block_public_access(State="block-all-sharing")
        self.assertEqual(client.get_snapshot_block_public_access_state()["State"], "block-all-sharing")
        self.refused("InvalidParameterValue", client.enable_snapshot_block_public_access, State="unblocked")
        client.disable_snapshot_block_public_access()
        self.assertEqual(client.get_snapshot_block_public_access_state()["State"], "unblocked")

    def test_public_access_block_of_an_account(self):
        client, account = self.aws.client("s3control", "130000000003"), "130000000003"
        block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
        self.refused("NoSuchPublicAccessBlockConfiguration", client.get_public_access_block, AccountId=account)
        client.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=block)
        self.assertEqual(client.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"], block)
        self.refused("AccessDenied", client.get_public_access_block, AccountId="130000000099")
        client.delete_public_access_block(AccountId=account)
        self.refused("NoSuchPublicAccessBlockConfiguration", client.get_public_access_block, AccountId=account)

    def test_inspector(self):
        client = self.aws.client("inspector2", "130000000004")
        status = lambda: client.batch_get_account_status()["accounts"][0]
        self.assertEqual(status()["state"]["status"], "DISABLED")
        client.enable(resourceTypes=["EC2", "ECR"])
        self.assertEqual((status()["state"]["status"], status()["resourceState"]["lambda"]["status"]), ("ENABLED", "DISABLED"))
        client.disable(resourceTypes=["EC2", "ECR"])
        self.assertEqual(status()["state"]["status"], "DISABLED")

    def test_cost_allocation_tags(self):
        management = "130000000005"
        _, _, member = self.with_member(management)
        client = self.aws.client("ce", management)
        wanted = [{"TagKey": "innovate:environment", "Status": "Active"}]
        activate = lambda: client.update_cost_allocation_tags_status(CostAllocationTagsStatus=wanted)["Errors"]
        self.assertEqual([error["TagKey"] for error in activate()], ["innovate:environment"])
        tags = [{"Key": "innovate:environment", "Value": "staging"}]
        self.aws.deploy(member, "tagged", {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"Tags": tags}}})
        self.assertEqual(client.list_cost_allocation_tags(Status="Active")["CostAllocationTags"], [])
        self.assertEqual(activate(), [])
        listed = client.list_cost_allocation_tags(Status="Active", TagKeys=["innovate:environment"])["CostAllocationTags"]
        self.assertEqual([(tag["TagKey"], tag["Status"]) for tag in listed], [("innovate:environment", "Active")])
        self.refused("AccessDeniedException", self.aws.client("ce", member).list_cost_allocation_tags)


class Consents(SettingsTest):
    def test_what_only_a_person_grants(self):
        account = "222222222222"
        connections, slack, identity = (self.aws.client(service, account) for service in ("codeconnections", "chatbot", "sso-admin"))
        self.refused("ResourceNotFoundException", connections.get_connection, ConnectionArn=CONNECTION)
        self.assertEqual(identity.list_instances()["Instances"], [])
        with self.assertRaises(urllib.error.HTTPError):
            self.aws.rehearsal("POST", "consent", {"connection": CONNECTION})
        channel = {"Channel": {"Type": "AWS::Chatbot::SlackChannelConfiguration", "Properties": {
            "ConfigurationName": "alerts", "IamRoleArn": f"arn:aws:iam::{account}:role/chat",
            "SlackChannelId": "C01ABCDEFGH", "SlackWorkspaceId": "T01ABCDEFGH"}}}
        self.assertIn("not authorized", self.aws.deploy(account, "refused", channel)[1])
        self.expect({account: {
            "Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Configuration": {"ConnectionArn": CONNECTION}}},
            "Assignment": {"Type": "AWS::SSO::Assignment", "Properties": {"InstanceArn": INSTANCE, "IdentityStoreId": "d-1234567890"}}}})
        self.assertEqual(connections.get_connection(ConnectionArn=CONNECTION)["Connection"]["ConnectionStatus"], "PENDING")
        self.assertEqual(slack.describe_slack_workspaces()["SlackWorkspaces"], [])
        self.aws.rehearsal("POST", "consent", {"connection": CONNECTION})
        self.aws.rehearsal("POST", "consent", {"slackWorkspace": "T01ABCDEFGH", "account": account})
        self.assertEqual(self.aws.deploy(account, "accepted", channel)[0], "CREATE_COMPLETE")
        older = self.aws.client("codestar-connections", account)
        self.assertEqual([found["ConnectionStatus"] for found in older.list_connections()["Connections"]], ["AVAILABLE"])
        self.assertEqual(slack.describe_slack_workspaces()["SlackWorkspaces"][0]["SlackTeamId"], "T01ABCDEFGH")
        self.assertEqual(self.aws.client("chatbot", "333333333333").describe_slack_workspaces()["SlackWorkspaces"], [])
        [instance] = identity.list_instances()["Instances"]
        self.assertEqual((instance["InstanceArn"], instance["IdentityStoreId"]), (INSTANCE, "d-1234567890"))
        self.assertEqual(self.aws.client("sso-admin", account, "us-east-1").list_instances()["Instances"], [])

    def test_mail_waits_for_its_confirmation(self):
        account, address = "140000000002", "ops@example.com"
        self.aws.deploy(account, "topic", {"Topic": {"Type": "AWS::SNS::Topic"}, "Mail": {
            "Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": address}}})
        subscription = lambda: self.aws.client("sns", account).list_subscriptions()["Subscriptions"][0]["SubscriptionArn"]
        self.assertEqual(subscription(), "PendingConfirmation")
        self.aws.rehearsal("POST", "consent", {"subscription": address, "account": account})
        self.assertTrue(subscription().startswith("arn:aws:sns:"))

    def test_connections_that_are_made(self):
        client = self.aws.client("codeconnections", "140000000001")
        arn = client.create_connection(ConnectionName="made", ProviderType="GitHub")["ConnectionArn"]
        self.assertEqual(client.get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"], "PENDING")
        client.delete_connection(ConnectionArn=arn)
        self.refused("ResourceNotFoundException", client.get_connection, ConnectionArn=arn)
        _, _, ids = self.aws.deploy("140000000001", "connection", {"Connection": {
            "Type": "AWS::CodeConnections::Connection", "Properties": {"ConnectionName": "stacked", "ProviderType": "GitHub"}}})
        self.assertEqual(client.get_connection(ConnectionArn=ids["Connection"])["Connection"]["ConnectionName"], "stacked")


class DelegatedSecurity(SettingsTest):
    def test_administrators_of_security_services(self):
        management = "150000000001"
        organizations, _, member = self.with_member(management)
        rows = [
            ("guardduty", "enable_organization_admin_account", "list_organization_admin_accounts", "disable_organization_admin_account",
             "AdminAccountId", "AdminAccounts", "BadRequestException"),
            ("securityhub", "enable_organization_admin_account", "list_organization_admin_accounts", "disable_organization_admin_account",
             "AdminAccountId", "AdminAccounts", "InvalidInputException"),
            ("inspector2", "enable_delegated_admin_account", "list_delegated_admin_accounts", "disable_delegated_admin_account",
             "delegatedAdminAccountId", "delegatedAdminAccounts", "ValidationException"),
        ]
        for service, enable, listing, disable, member_name, list_name, refusal in rows:
            with self.subTest(service):
                client, as_member = self.aws.client(service, management), self.aws.client(service, member)
                administrators = lambda: getattr(client, listing)()[list_name]
                self.assertEqual(administrators(), [])
                self.refused(refusal, getattr(as_member, enable), **{member_name: member})
                self.refused(refusal, getattr(client, enable), **{member_name: "150000000099"})
                getattr(client, enable)(**{member_name: member})
                self.assertIn(member, administrators()[0].values())
                registered = organizations.list_delegated_administrators(ServicePrincipal=f"{service}.amazonaws.com")["DelegatedAdministrators"]
                self.assertEqual([entry["Id"] for entry in registered], [member])
                getattr(client, disable)(**{member_name: member})
                self.assertEqual(administrators(), [])


class PreparedOrganization(SettingsTest):
    organization = "prepared"

    def test_everything_is_on(self):
        client, root = self.with_organization("160000000001")
        self.assertEqual(len(client.list_roots()["Roots"][0]["PolicyTypes"]), len(client.meta.service_model.shape_for("PolicyType").enum))
        trusted = [entry["ServicePrincipal"] for entry in client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]]
        self.assertIn("cloudtrail.amazonaws.com", trusted)
        self.refused("PolicyTypeAlreadyEnabledException", client.enable_policy_type, RootId=root, PolicyType="TAG_POLICY")

    def test_the_real_command_line(self):
        """One call to each service, at the same time: the AWS CLI reaches it and reads its answer."""
        account = "160000000002"
        self.aws.client("organizations", account).create_organization()
        commands = [
            ("organizations", "list-roots"), ("organizations", "list-aws-service-access-for-organization"),
            ("account", "get-contact-information"), ("ec2", "get-ebs-encryption-by-default"), ("ec2", "get-snapshot-block-public-access-state"),
            ("s3control", "put-public-access-block", "--account-id", account, "--public-access-block-configuration", "BlockPublicAcls=true"),
            ("inspector2", "batch-get-account-status"), ("ce", "list-cost-allocation-tags"), ("sso-admin", "list-instances"),
            ("codeconnections", "list-connections"), ("codestar-connections", "list-connections"), ("chatbot", "describe-slack-workspaces"),
            ("guardduty", "list-organization-admin-accounts"), ("securityhub", "list-organization-admin-accounts"),
        ]
        with ThreadPoolExecutor(2) as pool:
            for command, result in zip(commands, pool.map(lambda command: self.aws.cli(account, *command), commands)):
                with self.subTest(" ".join(command)):
                    self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
