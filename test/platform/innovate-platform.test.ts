import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { DatabaseCapacity } from '../../src/database/database-capacity';
import { RestoreSource } from '../../src/database/restore-source';
import { GitHubRepository } from '../../src/delivery/github/github-repository';
import { PermissionSet } from '../../src/landing-zone/access/permission-set';
import { Ipv6 } from '../../src/network/vpc/ipv6';
import { NatGateways } from '../../src/network/vpc/nat-gateways';
import { PrivateEndpoint } from '../../src/network/vpc/private-endpoint';
import { VpcBlockPublicAccess } from '../../src/network/vpc/vpc-block-public-access';
import { InnovatePlatform, InnovatePlatformProps } from '../../src/platform/innovate-platform';
import { PlatformDomain } from '../../src/platform/platform-domain';
import { PlatformEnvironment } from '../../src/platform/platform-environment';
import { PlatformTarget } from '../../src/platform/platform-target';
import { bundleOf, objectOf } from '../cluster/bootstrap/bundle';
import { expectNoAnnotations } from '../support/stacks';

const [MANAGEMENT, STAGING, PRODUCTION] = ['111111111111', '222222222222', '333333333333'];

function connection(account: string): string {
  return `arn:aws:codeconnections:eu-west-1:${account}:connection/11111111-2222-3333-4444-555555555555`;
}

const staging = PlatformEnvironment.staging({ account: STAGING, monthlyNodeBudget: 400 });
const production = PlatformEnvironment.production({ account: PRODUCTION, monthlyNodeBudget: 4000 });

const PROPS: InnovatePlatformProps = {
  management: { account: MANAGEMENT, region: 'eu-west-1', organization: { organizationId: 'o-exampleorgid', rootId: 'r-exam' } },
  repository: GitHubRepository.of('innovate-inc/platform', {
    connectionArn: connection(STAGING), otherConnectionArns: [connection(PRODUCTION), connection('444444444444')],
  }),
  domain: PlatformDomain.hostedZone({ hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'innovate.example' }),
  alerts: { email: 'ops@innovate.example', slack: { workspaceId: 'T01ABCDEFGH', channelId: 'C01ABCDEFGH' } },
  environments: [staging, production],
  vendors: [{
    name: 'acme-payments',
    principalArn: 'arn:aws:iam::444455556666:role/acme-support',
    externalId: 'innovate-acme',
    accessFrom: '2026-10-01',
    accessUntil: '2027-03-31',
    targets: [PlatformTarget.DATABASE, PlatformTarget.DATABASE_READER, PlatformTarget.API],
  }],
};

function platform(overrides: Partial<InnovatePlatformProps> = {}): { app: App; platform: InnovatePlatform } {
  const app = new App();
  return { app, platform: new InnovatePlatform(app, 'Innovate', { ...PROPS, ...overrides }) };
}

function stacks(app: App): Stack[] {
  return app.node.findAll().filter(Stack.isStack);
}

describe('the platform of the example', () => {
  const { app, platform: innovate } = platform();
  const byName = new Map(stacks(app).map(stack => [stack.stackName, stack]));
  const template = (name: string) => Template.fromStack(byName.get(name)!);

  test('has the stacks of the design, each in its own account and region', () => {
    expect([...byName].map(([name, stack]) => `${name} ${stack.account} ${stack.region}`).sort()).toEqual([
      `Innovate-Delegation ${PRODUCTION} eu-west-1`,
      `Innovate-LandingZone ${MANAGEMENT} eu-west-1`,
      ...['Baseline', 'Cluster', 'Data', 'Delivery'].map(part => `Innovate-Production-${part} ${PRODUCTION} eu-west-1`),
      `Innovate-Production-Edge ${PRODUCTION} us-east-1`,
      ...['Network', 'Site'].map(part => `Innovate-Production-${part} ${PRODUCTION} eu-west-1`),
      `Innovate-Production-SiteWatch ${PRODUCTION} us-east-1`,
      ...['Access', 'Baseline', 'Cluster', 'Data', 'Delivery', 'Dns'].map(part => `Innovate-Staging-${part} ${STAGING} eu-west-1`),
      `Innovate-Staging-Edge ${STAGING} us-east-1`,
      ...['Network', 'Site'].map(part => `Innovate-Staging-${part} ${STAGING} eu-west-1`),
      `Innovate-Staging-SiteWatch ${STAGING} us-east-1`,
    ]);
  });

  test('synthesizes without a warning or an error', () => {
    expectNoAnnotations(app);
  });

  test('keeps every stack below 70 % of the 500 resources that CloudFormation takes', () => {
    for (const name of byName.keys()) {
      expect({ name, fits: Object.keys(template(name).toJSON().Resources).length <= 350 }).toEqual({ name, fits: true });
    }
  });

  test('delegates staging\'s name from the zone in production\'s account, before a certificate needs it', () => {
    template('Innovate-Delegation').hasResourceProperties('AWS::Route53::RecordSet', {
      HostedZoneId: 'Z0123456789ABCDEFGHIJ',
      Name: 'staging.innovate.example',
      Type: 'NS',
      ResourceRecords: Array.from({ length: 4 }, () => ({
        'Fn::GetStackOutput': Match.objectLike({ StackName: 'Innovate-Staging-Dns', RoleArn: Match.anyValue() }),
      })),
    });
    for (const waits of ['Innovate-Staging-Edge', 'Innovate-Staging-Cluster']) {
      expect(byName.get(waits)!.dependencies).toContain(byName.get('Innovate-Delegation'));
    }
  });

  test('lets only CloudFormation of the parent zone\'s account read staging\'s name servers', () => {
    template('Innovate-Staging-Dns').hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [Match.objectLike({
          Principal: { AWS: Match.anyValue() },
          Condition: { ArnLike: { 'aws:PrincipalArn': Match.anyValue() } },
        })],
      },
      Policies: [Match.objectLike({ PolicyDocument: { Statement: [Match.objectLike({ Action: 'cloudformation:DescribeStacks' })] } })],
    });
  });

  test('gives the API its database login and no password', () => {
    const policies = JSON.stringify(template('Innovate-Staging-Cluster').findResources('AWS::IAM::Policy'));
    expect(policies).toContain('rds-db:connect');
    for (const name of byName.keys()) { template(name).resourceCountIs('AWS::SecretsManager::Secret', 0); }
  });

  test('lets the vendor into staging only', () => {
    expect(innovate.environment('staging').bastion).toBeDefined();
    expect(innovate.environment('production').bastion).toBeUndefined();
  });

  test('asks for an approval before production only', () => {
    const approvals = (name: string) => JSON.stringify(template(name).findResources('AWS::CodePipeline::Pipeline')).includes('"Category":"Approval"');
    expect(approvals('Innovate-Production-Delivery')).toBe(true);
    expect(approvals('Innovate-Staging-Delivery')).toBe(false);
  });

  test('tells the environment\'s topic when the bootstrap of a cluster fails', () => {
    template('Innovate-Production-Cluster').hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ExecutionsFailed', AlarmActions: [Match.objectLike({ 'Fn::ImportValue': Match.stringLikeRegexp('Innovate-Production-Baseline') })],
    });
  });

  test('refuses an environment that does not exist', () => {
    expect(() => innovate.environment('qa')).toThrow(/`name` is "qa", but there is no environment of this name\. Name one of staging, production/);
  });
});

test('the API admits the load balancer alone: nodes and pods have other addresses', () => {
  const { cluster, network } = platform({ environments: [staging], vendors: undefined }).platform.environment('staging');
  const stack = Stack.of(cluster);
  const idsIn = (subnets: ec2.SubnetSelection) => stack.resolve(network.vpc.selectSubnets(subnets).subnetIds);
  const bundle = bundleOf(stack);
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Subnets: idsIn(network.entranceSubnets) });
  template.hasResourceProperties('AWS::EKS::Nodegroup', { Subnets: idsIn(network.applicationSubnets) });
  expect(objectOf(bundle, 'NetworkPolicy', 'api').spec.ingress).toEqual([
    { from: ['10.16.217.128/26', '10.16.217.192/26'].map(cidr => ({ ipBlock: { cidr } })), ports: [{ port: 8443, protocol: 'TCP' }] },
  ]);
});

test('two synths in a row give the same bytes', () => {
  const bytes = () => stacks(platform().app).map(stack => JSON.stringify(Template.fromStack(stack).toJSON()));
  expect(bytes()).toEqual(bytes());
});

test('one environment without a domain answers on CloudFront\'s own name', () => {
  const { app } = platform({ domain: undefined, environments: [staging], vendors: undefined });
  const site = stacks(app).find(stack => stack.stackName === 'Innovate-Staging-Site')!;
  Template.fromStack(site).hasResourceProperties('AWS::CloudFront::Distribution', { DistributionConfig: { Aliases: Match.absent() } });
  expect(stacks(app).map(stack => stack.stackName)).not.toContain('Innovate-Delegation');
});

test('named roles administer the cluster', () => {
  const administrator = `arn:aws:iam::${STAGING}:role/platform-team`;
  const environment = PlatformEnvironment.staging({ account: STAGING, monthlyNodeBudget: 400, administrators: [administrator] });
  const { platform: innovate } = platform({ environments: [environment], vendors: undefined });
  Template.fromStack(Stack.of(innovate.environment('staging').cluster)).hasResourceProperties('AWS::EKS::AccessEntry', { PrincipalArn: administrator });
});

test('an environment chooses its network\'s ways in and out', () => {
  const network = { natGateways: NatGateways.perZone(), endpoints: PrivateEndpoint.forSessionManager(), ipv6: Ipv6.egressOnly() };
  const environment = PlatformEnvironment.staging({ account: STAGING, monthlyNodeBudget: 400, network });
  const { platform: innovate } = platform({ environments: [environment], vendors: undefined });
  const template = Template.fromStack(Stack.of(innovate.environment('staging').network));
  template.resourcePropertiesCountIs('AWS::EC2::NatGateway', { ConnectivityType: Match.absent(), AvailabilityMode: Match.absent() }, 2);
  template.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }, 2);
  template.resourceCountIs('AWS::EC2::EgressOnlyInternetGateway', 1);
  template.hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '10.16.0.0/16' });
});

/** A text with references in it, of which one part matches. */
const joined = (part: string) => Match.objectLike({ 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(part)])] });

test('a restored database takes the place of the first, which stays until it is retired', () => {
  const restoredDatabases = [{ id: 'Database2', restoreFrom: RestoreSource.snapshot('rds:innovate-2026-11-23') }];
  const of = (options: object) => {
    const environment = PlatformEnvironment.staging({ account: STAGING, monthlyNodeBudget: 400, ...options });
    const { app, platform: innovate } = platform({ environments: [environment] });
    const data = Stack.of(innovate.environment('staging').database);
    return { innovate, app, data: Template.fromStack(data), api: JSON.stringify(Template.fromStack(Stack.of(innovate.environment('staging').cluster)).toJSON()) };
  };
  const before = of({});
  const restored = of({ restoredDatabases });
  expect(restored.innovate.environment('staging').database.node.id).toBe('Database2');
  restored.data.resourceCountIs('AWS::RDS::DBCluster', 2);
  restored.data.hasResourceProperties('AWS::RDS::DBCluster', { SnapshotIdentifier: 'rds:innovate-2026-11-23' });
  // the stack of the first database is deployed before those that still import from it
  const exportsOf = (template: Template) => Object.values(template.findOutputs('*')).flatMap(({ Export }) => Export?.Name ?? []);
  expect(exportsOf(restored.data)).toEqual(expect.arrayContaining(exportsOf(before.data)));
  expect(restored.api).not.toEqual(before.api);
  const retired = of({ restoredDatabases, retiredDatabases: ['Database'] });
  retired.data.resourceCountIs('AWS::RDS::DBCluster', 1);
  expect(retired.api).toEqual(restored.api);
});

test('an access is revoked in one line', () => {
  const { platform: innovate } = platform({ vendors: [{ ...PROPS.vendors![0], revoked: true }] });
  Template.fromStack(Stack.of(innovate.environment('staging').bastion!)).hasResourceProperties('AWS::IAM::Role', {
    Path: '/vendor-bastion/', AssumeRolePolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'Revoked', Effect: 'Deny' })]) },
  });
});

test('developers come in at the bastion with the landing zone\'s permission set, to what is named', () => {
  const { platform: innovate } = platform({ vendors: undefined, developers: [{ targets: [PlatformTarget.DATABASE] }] });
  expect(innovate.environment('production').bastion).toBeUndefined();
  const bastion = innovate.environment('staging').bastion!;
  expect(bastion.startSessionCommand('InnovateDeveloper', 'database')).toContain('aws ssm start-session');
  Template.fromStack(Stack.of(bastion)).hasResourceProperties('AWS::IAM::Role', {
    Path: '/bastion-developers/',
    AssumeRolePolicyDocument: {
      Statement: [Match.objectLike({ Condition: { ArnLike: { 'aws:PrincipalArn': Match.arrayWith([joined('AWSReservedSSO_InnovateDeveloper_')]) } } })],
    },
  });
});

test('an environment with a domain of its own needs no delegation', () => {
  const own = PlatformDomain.hostedZone({ hostedZoneId: 'ZSTAGING', zoneName: 'innovate-test.example' });
  const environment = PlatformEnvironment.staging({ account: STAGING, monthlyNodeBudget: 400, domain: own });
  const { app } = platform({ environments: [environment], vendors: undefined });
  expect(stacks(app).map(stack => stack.stackName)).not.toContain('Innovate-Delegation');
});

const custom = (overrides: object = {}) => PlatformEnvironment.custom({
  name: 'qa', branch: 'qa', production: false, account: '444444444444', cidr: '10.48.0.0/16', monthlyNodeBudget: 400, ...overrides,
});

test.each<[string, Partial<InnovatePlatformProps>, RegExp]>([
  ['no environment', { environments: [] }, /`environments` is \[\], but a platform has at least one environment\. Give PlatformEnvironment\.staging/],
  ['two environments with one name', { environments: [staging, custom({ name: 'staging' })] }, /`environments\[\]\.name` is "staging", but two entries have this name/],
  ['an environment on a branch that is only checked', { environments: [staging, custom({ branch: 'feature/qa' })] }, /`environments\[1\]\.branch` is "feature\/qa", but `branching` checks such branches/],
  ['production on the branch of staging', { environments: [custom({ branch: 'develop', production: true })] }, /`environments\[0\]\.branch` is "develop", but by `branching` it deploys to non-production, and "qa" is production/],
  ['staging on the branch of production', { environments: [custom({ branch: 'main' })] }, /`environments\[0\]\.branch` is "main", but by `branching` it deploys to production, and "qa" is not production/],
  ['two environments on one branch', { environments: [staging, custom({ branch: 'develop' })] }, /`environments\[\]\.branch` is "develop", but two entries have this branch/],
  ['overlapping ranges', { environments: [staging, custom({ cidr: '10.16.128.0/17' })] }, /`environments\[1\]\.cidr` is "10\.16\.128\.0\/17", but it overlaps 10\.16\.0\.0\/16 of "staging"/],
  ['an environment without a range', { environments: [custom({ cidr: undefined })] }, /`environments\[0\]\.cidr` is missing, but the environment "qa" needs a network range/],
  ['a public range', { environments: [custom({ cidr: '8.8.0.0/16' })] }, /`environments\[0\]\.cidr` is "8\.8\.0\.0\/16", but it is not inside a private range/],
  ['a short account id', { environments: [custom({ account: '4444' })] }, /`environments\[0\]\.account` is "4444", but an AWS account id has exactly 12 digits/],
  ['a malformed management account', { management: { ...PROPS.management, account: 'abc' } }, /`management\.account` is "abc", but an AWS account id has exactly 12 digits/],
  ['an unknown region', { management: { ...PROPS.management, region: 'eu-west1' } }, /`management\.region` is "eu-west1", but there is no such AWS region\. .*"eu-west-1" is meant/],
  ['an unknown region of an environment', { environments: [custom({ region: 'mars-1' })] }, /`environments\[0\]\.region` is "mars-1", but there is no such AWS region/],
  ['production without a domain', { domain: undefined }, /`environments\[1\]\.domain` is missing, but "production" serves customers and has no domain\. Give/],
  ['workloads in the management account', { environments: [custom({ account: MANAGEMENT })] }, /that is the management account, which runs no workloads/],
  ['two environments in one account', { environments: [staging, custom({ account: STAGING })] }, /`environments\[\]\.account` is "222222222222", but two entries have this account/],
  ['an account budget of nothing', { environments: [custom({ monthlyAccountBudget: 0 })] }, /`environments\[0\]\.monthlyAccountBudget` is 0/],
  ['a network that CloudFront cannot reach', { environments: [custom({ network: { internetGateway: false } })] }, /`environments\[0\]\.network\.internetGateway` is false, but CloudFront reaches the load balancer through a VPC origin/],
  ['a database capacity between two steps', { environments: [custom({ database: { capacity: DatabaseCapacity.serverless({ min: 0.7 }) } })] }, /Innovate\/Qa\/Data\/Database.*`capacity\.min` is 0\.7, but it has to be a multiple of 0\.5 ACU/],
  ['a database that may only shrink', { environments: [custom({ database: { capacity: DatabaseCapacity.serverless({ min: 8, max: 4 }) } })] }, /Innovate\/Qa\/Data\/Database.*`capacity\.min` is 8, but it is above `max`, which is 4/],
  ['a single zone', { environments: [custom({ maxAzs: 1 })] }, /`environments\[0\]\.maxAzs` is 1, but it has to be between 2 and 6 zones/],
  ['two vendors with one name', { vendors: [PROPS.vendors![0], PROPS.vendors![0]] }, /`vendors\[\]\.name` is "acme-payments", but two entries have this name/],
  ['a budget of nothing', { environments: [custom({ monthlyNodeBudget: 0 })] }, /`environments\[0\]\.monthlyNodeBudget` is 0, but it has to be between 1 and/],
  ['an address that is none', { alerts: { email: 'ops' } }, /`alerts\.email` is "ops", but it is not an e-mail address/],
  ['a name that is no DNS label', { environments: [custom({ name: 'QA 1' })] }, /`environments\[0\]\.name` is "QA 1", but it becomes part of DNS names/],
  ['a vendor in an environment that is none', { vendors: [{ ...PROPS.vendors![0], environments: ['qa'] }] }, /`vendors\[0\]\.environments` is "qa", but there is no environment of this name/],
  ['a network without a way to AWS', { environments: [custom({ network: { natGateways: NatGateways.none(), endpoints: PrivateEndpoint.forSessionManager() } })], vendors: undefined }, /`environments\[0\]\.network\.endpoints` is \["Ssm","SsmMessages"\], but without NAT gateways nothing reaches Ec2, EcrApi/],
  ['a bastion without a way to AWS', { environments: [custom({ network: { natGateways: NatGateways.none(), endpoints: PrivateEndpoint.forPrivateCluster() } })] }, /without NAT gateways nothing reaches SsmMessages\. Give/],
  ['a network that is closed to CloudFront', { environments: [custom({ network: { blockPublicAccess: VpcBlockPublicAccess.accountIngress({ excludeVpc: false }) } })] }, /`environments\[0\]\.network\.blockPublicAccess` is "excludeVpc: false", but it has to be assumed to stop CloudFront/],
  ['a restored database of the first one\'s id', { environments: [custom({ restoredDatabases: [{ id: 'Database', restoreFrom: RestoreSource.snapshot('a') }] })] }, /`environments\[0\]\.restoredDatabases\[\]\.id` is "Database", but two entries have this id/],
  ['a restored database without a proper id', { environments: [custom({ restoredDatabases: [{ id: 'second-db', restoreFrom: RestoreSource.snapshot('a') }] })] }, /`environments\[0\]\.restoredDatabases\[\]\.id` is "second-db", but it becomes part of the cluster's name/],
  ['the database in use as a retired one', { environments: [custom({ retiredDatabases: ['Database'] })] }, /`environments\[0\]\.retiredDatabases` is "Database", but it is the database in use\. Restore another one first/],
  ['a retired database that is none', { environments: [custom({ retiredDatabases: ['Databse'] })] }, /`environments\[0\]\.retiredDatabases` is "Databse", but there is no database of this id/],
  ['a vendor who reaches nothing', { vendors: [{ ...PROPS.vendors![0], targets: [] }] }, /`vendors\[0\]\.targets` is \[\], but whoever reaches nothing needs no access\. Add a PlatformTarget/],
  ['a vendor of no environment', { vendors: [{ ...PROPS.vendors![0], environments: [] }] }, /`vendors\[0\]\.environments` is \[\], but that is access to nothing/],
  ['developers twice', { developers: [{ targets: [PlatformTarget.API] }, { targets: [PlatformTarget.DATABASE] }] }, /`developers\[\]\.permissionSet of "staging"` is "InnovateDeveloper", but two entries have this permission set/],
  ['developers who cannot take the role', { developers: [{ permissionSet: PermissionSet.DEVELOPER_VIEW, targets: [PlatformTarget.API] }] }, /`developers\[0\]\.permissionSet` is "InnovateDeveloperView", but nobody with it may take a role of the bastion/],
  ['developers in an environment that is none', { developers: [{ targets: [PlatformTarget.API], environments: ['qa'] }] }, /`developers\[0\]\.environments` is "qa", but there is no environment of this name/],
])('refuses %s', (_what, overrides, message) => {
  expect(() => platform(overrides)).toThrow(message);
});

test('refuses before anything is created', () => {
  const app = new App();
  expect(() => new InnovatePlatform(app, 'Innovate', { ...PROPS, environments: [] })).toThrow();
  expect(stacks(app)).toEqual([]);
});

test('refuses a domain that is no name', () => {
  expect(() => PlatformDomain.hostedZone({ hostedZoneId: 'Z1', zoneName: 'https://innovate.example/' })).toThrow(/`zoneName` is "https:\/\/innovate\.example\/", but it is not a domain name/);
});

describe('the delivery of an environment', () => {
  const { app, platform: innovate } = platform({
    environments: [
      PlatformEnvironment.staging({ account: STAGING, monthlyNodeBudget: 400, delivery: { checks: true, sourceFolders: { api: 'services/api' } } }),
      production,
      custom({}),
    ],
    platformPipeline: { repository: GitHubRepository.of('innovate-inc/infrastructure', { connectionArn: connection(STAGING), otherConnectionArns: [connection(PRODUCTION), connection('444444444444')] }) },
  });
  const template = (environment: string) => Template.fromStack(stacks(app).find(({ stackName }) => stackName === `Innovate-${environment}-Delivery`)!);
  const stagesOf = (environment: string) => Object.values(template(environment).findResources('AWS::CodePipeline::Pipeline')).map(({ Properties }) => Properties.Stages.map(({ Name }: any) => Name));

  test('is that of its branch, and of a branch that only the environment knows', () => {
    expect(stagesOf('Production')).toEqual([['Source', 'Verify', 'Build', 'Approve', 'Deploy'], ['Source', 'Synth', 'Deploy']]);
    expect(stagesOf('Staging')).toEqual([['Source', 'Verify', 'Build', 'Deploy'], ['Source', 'Synth', 'Deploy']]);
    expect(stagesOf('Qa')).toEqual([['Source', 'Build', 'Deploy'], ['Source', 'Synth', 'Deploy']]);
  });

  test('takes what is different from the environment', () => {
    expect(innovate.environment('staging').delivery.checksProject).toBeDefined();
    expect(innovate.environment('production').delivery.checksProject).toBeUndefined();
    expect(JSON.stringify(template('Staging').findResources('AWS::CodeBuild::Project'))).toContain('bash services/api/test.sh');
    expect(JSON.stringify(template('Production').findResources('AWS::CodeBuild::Project'))).toContain('bash api/test.sh');
  });

  test('measures the chart by the cluster\'s contract, and takes a release back when the API fails', () => {
    const [release] = Object.values(template('Production').findResources('AWS::CodePipeline::Pipeline')).map(({ Properties }) => Properties);
    const projects = template('Production').findResources('AWS::CodeBuild::Project');
    const values = Object.values(projects).flatMap(({ Properties }) => Properties.Environment.EnvironmentVariables ?? []);
    const { Value: contract } = values.find(({ Name }) => Name === 'DEPLOYMENT_CONTRACT');
    expect(JSON.parse(contract)).toMatchObject({ cluster: 'innovate-production', services: [{ name: 'api', namespace: 'app', port: 8443, podVcpus: 0.25, podMemoryMib: 512 }] });
    expect(release.Stages[4]).toMatchObject({
      OnFailure: { Result: 'ROLLBACK' },
      OnSuccess: { Conditions: [{ Result: 'ROLLBACK', Rules: [{ RuleTypeId: { Provider: 'CloudWatchAlarm' } }] }] },
    });
  });

  test('deploys the stacks of this environment, in both of its regions, from its own account', () => {
    expect(innovate.environment('staging').platformPipeline).toBeDefined();
    template('Staging').hasResourceProperties('AWS::CodeBuild::Project', { Source: { BuildSpec: Match.stringLikeRegexp('Innovate/Staging/\\*') } });
    const roles = JSON.stringify(template('Staging').findResources('AWS::IAM::Policy')).match(/cdk-hnb659fds-deploy-role-[0-9]+-[a-z0-9-]+/g);
    expect([...new Set(roles)].sort()).toEqual([`cdk-hnb659fds-deploy-role-${STAGING}-eu-west-1`, `cdk-hnb659fds-deploy-role-${STAGING}-us-east-1`]);
  });

  test('has one configuration of the team\'s channel, which an account takes once', () => {
    template('Staging').resourceCountIs('AWS::Chatbot::SlackChannelConfiguration', 1);
  });
});
