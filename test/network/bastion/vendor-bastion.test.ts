import { App, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { VendorAccess } from '../../../src/network/bastion/vendor-access';
import { VendorBastion } from '../../../src/network/bastion/vendor-bastion';
import { VendorTarget } from '../../../src/network/bastion/vendor-target';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../../support/stacks';

const ACME: VendorAccess = {
  name: 'acme',
  principalArn: 'arn:aws:iam::444455556666:role/support',
  externalId: 'innovate-acme',
  accessUntil: '2027-03-31',
  targets: [VendorTarget.host('reports', 'reports.internal', 8443)],
};
const EXPIRY = { DateLessThan: { 'aws:CurrentTime': '2027-03-31T23:59:59Z' } };

function synthesize(...vendors: VendorAccess[]): { stack: Stack; bastion: VendorBastion; template: Template } {
  const stack = testStack();
  const bastion = new VendorBastion(stack, 'Bastion', { vpc: foreignVpc(stack), vendors });
  return { stack, bastion, template: Template.fromStack(stack) };
}

/** The statements of the policy that a vendor's role has, by their id. */
function statementsOf(stack: Stack, bastion: VendorBastion, vendor: string): Record<string, any> {
  const template = Template.fromStack(stack);
  const roleId = stack.resolve(bastion.vendorRole(vendor).roleName).Ref;
  const [{ Ref: policyId }] = template.toJSON().Resources[roleId].Properties.ManagedPolicyArns;
  const statements: any[] = template.toJSON().Resources[policyId].Properties.PolicyDocument.Statement;
  return Object.fromEntries(statements.map(statement => [statement.Sid, statement]));
}

function arn(rest: string, ...refs: unknown[]): unknown {
  return { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, rest, ...refs]] };
}

describe('with one vendor', () => {
  const { stack, bastion, template } = synthesize(ACME);

  test('one Graviton host replaces itself, in private subnets without a public address', () => {
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
      MinSize: '1', MaxSize: '1', VPCZoneIdentifier: [{ Ref: Match.stringLikeRegexp('private') }, { Ref: Match.stringLikeRegexp('private') }],
    });
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: {
        InstanceType: 't4g.nano',
        KeyName: Match.absent(),
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        NetworkInterfaces: [Match.objectLike({ AssociatePublicIpAddress: false })],
        BlockDeviceMappings: [{
          DeviceName: '/dev/xvda',
          Ebs: { Encrypted: true, VolumeType: 'gp3', VolumeSize: 8, KmsKeyId: stack.resolve(bastion.encryptionKey.keyArn) },
        }],
      },
    });
  });

  test('CloudFormation finds the newest Amazon Linux 2023 for arm64', () => {
    template.hasParameter('*', { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: Match.stringLikeRegexp('al2023-ami-.*-arm64$') });
  });

  test('nothing comes in; only HTTPS and the target go out', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [
        Match.objectLike({ CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }),
        Match.objectLike({ CidrIp: { 'Fn::GetAtt': [Match.stringLikeRegexp('ForeignVpc'), 'CidrBlock'] }, IpProtocol: 'tcp', FromPort: 8443, ToPort: 8443 }),
      ],
    });
    template.resourceCountIs('AWS::EC2::SecurityGroup', 1);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('the host may talk to Session Manager and to nothing else', () => {
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: [{
          Action: [
            'ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel',
            'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
          ],
          Condition: { StringEquals: { 'aws:RequestedRegion': REGION } },
          Effect: 'Allow',
          Resource: '*',
        }],
      },
    });
  });

  test('a vendor that is a user has to give a second factor, too', () => {
    const another = testStack();
    const principalArn = 'arn:aws:iam::444455556666:user/support';
    new VendorBastion(another, 'Bastion', { vpc: foreignVpc(another), vendors: [{ ...ACME, principalArn }] });
    Template.fromStack(another).hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [Match.objectLike({ Condition: Match.objectLike({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }), Principal: { AWS: principalArn } })],
      },
    });
  });

  test('the vendor takes its role with the external id, until the end of the last day', () => {
    template.hasResource('AWS::IAM::Role', {
      Properties: {
        Path: '/vendor-bastion/',
        AssumeRolePolicyDocument: {
          Statement: [{
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'sts:ExternalId': 'innovate-acme' }, ...EXPIRY },
            Effect: 'Allow',
            Principal: { AWS: ACME.principalArn },
          }],
        },
      },
    });
  });

  test('the role starts sessions on the tagged instances with the checked documents only, and ends its own only', () => {
    const statements = statementsOf(stack, bastion, 'acme');
    const [documentId] = Object.keys(template.findResources('AWS::SSM::Document'));
    const [group] = Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'));
    const [tag] = group.Properties.Tags;
    expect(tag).toMatchObject({ PropagateAtLaunch: true });
    expect(statements.StartSessionOnBastion).toMatchObject({
      Action: 'ssm:StartSession',
      Condition: { StringEquals: { [`ssm:resourceTag/${tag.Key}`]: tag.Value }, BoolIfExists: { 'ssm:SessionDocumentAccessCheck': 'true' }, ...EXPIRY },
      Resource: arn(`:ec2:${REGION}:${ACCOUNT}:instance/*`),
    });
    expect(statements.StartSessionToTargets).toMatchObject({
      Action: 'ssm:StartSession', Condition: EXPIRY, Resource: arn(`:ssm:${REGION}:${ACCOUNT}:document/`, { Ref: documentId }),
    });
    expect(statements.OwnSessions).toMatchObject({
      Action: ['ssm:TerminateSession', 'ssm:ResumeSession'],
      Condition: { StringEquals: { 'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}' }, ...EXPIRY },
    });
    for (const statement of Object.values(statements)) { expect(statement.Condition).toMatchObject(EXPIRY); }
    expect(Object.keys(statements)).toHaveLength(5);
  });

  test('the document forwards to the fixed host and port', () => {
    template.hasResourceProperties('AWS::SSM::Document', {
      DocumentType: 'Session',
      Content: {
        sessionType: 'Port',
        parameters: { localPortNumber: Match.objectLike({ default: '0' }), host: Match.absent(), portNumber: Match.absent() },
        properties: { type: 'LocalPortForwarding', host: 'reports.internal', portNumber: '8443', localPortNumber: '{{ localPortNumber }}' },
      },
    });
  });

  test('what the vendors do in Session Manager is logged, encrypted and retained', () => {
    template.hasResource('AWS::Logs::LogGroup', {
      Properties: { KmsKeyId: stack.resolve(bastion.encryptionKey.keyArn), RetentionInDays: 365 },
      DeletionPolicy: 'Retain',
    });
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: Match.objectLike({
        'detail-type': ['AWS API Call via CloudTrail'],
        'detail': Match.objectLike({
          eventName: ['StartSession', 'ResumeSession', 'TerminateSession'],
          userIdentity: { sessionContext: { sessionIssuer: { arn: [{ prefix: arn(`:iam::${ACCOUNT}:role/vendor-bastion/`) }] } } },
        }),
      }),
      Targets: [Match.objectLike({ Arn: arn(`:logs:${REGION}:${ACCOUNT}:log-group:`, stack.resolve(bastion.sessionLogGroup.logGroupName)) })],
    });
    template.resourceCountIs('AWS::Logs::ResourcePolicy', 1);
    template.resourceCountIs('AWS::Lambda::Function', 0);
  });

  test('only the service-linked role of EC2 Auto Scaling may use the key for disks', () => {
    const [key] = Object.values(template.findResources('AWS::KMS::Key'));
    const open = key.Properties.KeyPolicy.Statement.filter((statement: any) => statement.Principal.AWS === '*');
    expect(open).toHaveLength(2);
    for (const { Condition } of open) {
      expect(Condition.ArnEquals['aws:PrincipalArn']).toEqual(
        arn(`:iam::${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`),
      );
    }
  });

  test('the command names the document and finds the host of today', () => {
    const command = JSON.stringify(stack.resolve(bastion.startSessionCommand('acme', 'reports')));
    expect(command).toContain(Object.keys(template.findResources('AWS::SSM::Document'))[0]);
    expect(command).toContain(Object.keys(template.findResources('AWS::AutoScaling::AutoScalingGroup'))[0]);
  });

  test('nobody is warned', () => expectNoAnnotations(stack));
});

test('every choice at once', () => {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const encryptionKey = new kms.Key(stack, 'Key');
  const database = new ec2.SecurityGroup(stack, 'Database', { vpc, allowAllOutbound: false });
  const bastion = new VendorBastion(stack, 'Bastion', {
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    encryptionKey,
    logRetention: logs.RetentionDays.FIVE_YEARS,
    vendors: [
      { ...ACME, targets: [VendorTarget.connectable('database', database, 'db.internal', 5432), VendorTarget.host('legacy', '10.9.8.7', 1521)] },
      { ...ACME, name: 'globex', accessUntil: '2026-12-31', targets: [VendorTarget.connectable('database', database, 'db.internal', 5432)] },
    ],
  });
  const template = Template.fromStack(stack);
  expect(bastion.encryptionKey).toBe(encryptionKey);
  template.resourceCountIs('AWS::KMS::Key', 1);
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 1827 });
  template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { VPCZoneIdentifier: Match.arrayWith([{ Ref: Match.stringLikeRegexp('isolated') }]) });
  template.resourceCountIs('AWS::SSM::Document', 3);
  template.hasResourceProperties('AWS::EC2::SecurityGroup', {
    SecurityGroupEgress: Match.arrayWith([Match.objectLike({ CidrIp: '10.9.8.7/32', FromPort: 1521, ToPort: 1521 })]),
  });
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
    GroupId: stack.resolve(database.securityGroupId),
    SourceSecurityGroupId: stack.resolve(bastion.connections.securityGroups[0].securityGroupId),
    FromPort: 5432,
    ToPort: 5432,
  });
  expect(statementsOf(stack, bastion, 'acme').StartSessionToTargets.Resource).toHaveLength(2);
  expect(JSON.stringify(statementsOf(stack, bastion, 'globex'))).toContain('2026-12-31T23:59:59Z');
  expectNoAnnotations(stack);
});

test('somebody else\'s VPC and target: the rule that opens the target belongs to the bastion\'s stack', () => {
  const app = new App();
  const [data, access] = ['Data', 'Access'].map(id => new Stack(app, id, { env: { account: ACCOUNT, region: REGION } }));
  const vpc = ec2.Vpc.fromVpcAttributes(access, 'Vpc', {
    vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-1'], privateSubnetRouteTableIds: ['rtb-1'],
  });
  const database = new ec2.SecurityGroup(data, 'Database', {
    vpc: ec2.Vpc.fromVpcAttributes(data, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'] }), allowAllOutbound: false,
  });
  const port = Token.asNumber({ Ref: 'Port' });
  new VendorBastion(access, 'Bastion', { vpc, vendors: [{ ...ACME, targets: [VendorTarget.connectable('database', database, 'db.internal', port)] }] });
  const template = Template.fromStack(access);
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { VPCZoneIdentifier: ['subnet-1'] });
  template.hasResourceProperties('AWS::SSM::Document', { Content: { properties: { portNumber: { Ref: 'Port' } } } });
  Template.fromStack(data).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
});

const target = (name: string, host: string, port: number): Partial<VendorAccess> => ({ targets: [VendorTarget.host(name, host, port)] });

test.each<[string, Partial<VendorAccess>, RegExp]>([
  ['no target', { targets: [] }, /`vendors\[0\].targets` is \[\], but a vendor without targets can reach nothing/],
  ['no such day', { accessUntil: '2027-02-30' }, /`vendors\[0\].accessUntil` is "2027-02-30", but it is not a day/],
  ['a time of day', { accessUntil: '2027-03-31T12:00:00Z' }, /`vendors\[0\].accessUntil` is "2027-03-31T12:00:00Z"/],
  ['another date format', { accessUntil: '31.03.2027' }, /YYYY-MM-DD/],
  ['no ARN', { principalArn: '444455556666' }, /`vendors\[0\].principalArn` is "444455556666", but it is not the ARN of an IAM role or user/],
  ['a whole account', { principalArn: 'arn:aws:iam::444455556666:root' }, /a whole account is too wide/],
  ['an empty external id', { externalId: '' }, /`vendors\[0\].externalId` is "", but an external id has 2 to 1224/],
  ['a name with spaces', { name: 'Acme Inc' }, /`vendors\[0\].name` is "Acme Inc"/],
  ['a target name with spaces', target('the reports', 'reports.internal', 443), /`vendors\[0\].targets\[0\].name` is "the reports"/],
  ['a URL for a host', target('reports', 'https://reports.internal', 443), /`vendors\[0\].targets\[0\].host` is "https:\/\/reports.internal"/],
  ['port 0', target('reports', 'reports.internal', 0), /`vendors\[0\].targets\[0\].port` is 0, but it is not a TCP port/],
  ['port 65536', target('reports', 'reports.internal', 65536), /from 1 to 65535/],
  ['half a port', target('reports', 'reports.internal', 80.5), /`vendors\[0\].targets\[0\].port` is 80.5/],
  ['two targets of one name', { targets: [...ACME.targets, ...ACME.targets] }, /`vendors\[0\].targets\[\].name` is "reports", but two entries have this name/],
])('%s is refused before anything is made', (_, change, message) => {
  expectRefused([{ ...ACME, ...change }], message);
});

test.each<[string, VendorAccess[], RegExp]>([
  ['two vendors of one name', [ACME, ACME], /`vendors\[\].name` is "acme", but two entries have this name/],
  ['no vendor', [], /`vendors` is \[\], but a bastion without vendors/],
])('%s is refused before anything is made', (_, vendors, message) => {
  expectRefused(vendors, message);
});

function expectRefused(vendors: VendorAccess[], message: RegExp): void {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  expect(() => new VendorBastion(stack, 'Bastion', { vpc, vendors })).toThrow(message);
  expect(stack.node.findChild('Bastion').node.children).toEqual([]);
}

test('unknown vendors and targets are refused', () => {
  const { bastion } = synthesize(ACME);
  expect(() => bastion.vendorRole('globex')).toThrow(/`name` is "globex", but the bastion has no such vendor. Give one of acme./);
  expect(() => bastion.startSessionCommand('acme', 'database')).toThrow(/`targetName` is "database", but vendor "acme" has no such target/);
});

test('it gives the same template twice', () => {
  expect(synthesize(ACME).template.toJSON()).toEqual(synthesize(ACME).template.toJSON());
});
