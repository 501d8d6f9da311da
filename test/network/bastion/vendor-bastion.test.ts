import { execFileSync } from 'child_process';
import { App, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as sns from 'aws-cdk-lib/aws-sns';
import { BastionHost } from '../../../src/network/bastion/bastion-host';
import { DeveloperAccess } from '../../../src/network/bastion/developer-access';
import { VendorAccess } from '../../../src/network/bastion/vendor-access';
import { VendorBastion } from '../../../src/network/bastion/vendor-bastion';
import { VendorTarget } from '../../../src/network/bastion/vendor-target';
import { FIRST_RUN_METADATA } from '../../../src/private/first-run';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../../support/stacks';

const ACME: VendorAccess = {
  name: 'acme',
  principalArn: 'arn:aws:iam::444455556666:role/support',
  externalId: 'innovate-acme',
  accessFrom: '2026-10-01',
  accessUntil: '2027-03-31',
  targets: [VendorTarget.host('reports', 'reports.internal', 8443)],
};
const DEVELOPERS: DeveloperAccess = { permissionSet: 'InnovateDeveloper', targets: [VendorTarget.host('database', 'db.internal', 5432)] };
const EXPIRY = { DateLessThan: { 'aws:CurrentTime': '2027-03-31T23:59:59Z' } };

function synthesize(...vendors: VendorAccess[]): { stack: Stack; bastion: VendorBastion; template: Template } {
  const stack = testStack();
  const bastion = new VendorBastion(stack, 'Bastion', { vpc: foreignVpc(stack), vendors });
  return { stack, bastion, template: Template.fromStack(stack) };
}

/** The statements of the policies that a role has, by their id. */
function statementsOf(stack: Stack, role: iam.IRole): Record<string, any> {
  const { Resources } = Template.fromStack(stack).toJSON();
  const policies: { Ref: string }[] = Resources[stack.resolve(role.roleName).Ref].Properties.ManagedPolicyArns;
  const statements: any[] = policies.flatMap(({ Ref }) => Resources[Ref].Properties.PolicyDocument.Statement);
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
    const statements = statementsOf(stack, bastion.vendorRole('acme'));
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
    const permissions = Object.values(statements).filter(({ Effect }) => Effect === 'Allow');
    for (const { Condition } of permissions) { expect(Condition).toMatchObject(EXPIRY); }
    expect(permissions).toHaveLength(5);
  });

  test('the role is denied other targets, every shell, and everything after the last day', () => {
    const denials = Object.values(statementsOf(stack, bastion.vendorRole('acme'))).filter(({ Effect }) => Effect === 'Deny');
    expect(denials.map(({ Sid }) => Sid)).toEqual(['OnlyTheTargets', 'NoShell', 'AccessEnded']);
    expect(denials[0].NotResource).toHaveLength(2);
    expect(denials[2]).toMatchObject({ Action: '*', Resource: '*', Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': '2027-03-31T23:59:59Z' } } });
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

  test('the other command ends the sessions of the role', () => {
    const command = JSON.stringify(stack.resolve(bastion.endSessionsCommand('acme')));
    expect(command).toContain(stack.resolve(bastion.vendorRole('acme').roleName).Ref);
    expect(command).toContain('xargs -n 1 -r aws ssm terminate-session --session-id');
  });

  test('nobody is told of sessions, no container is made', () => {
    template.resourceCountIs('AWS::Events::Rule', 1);
    template.resourceCountIs('AWS::ECS::Cluster', 0);
    expect(bastion.service).toBeUndefined();
    expect(bastion.autoScalingGroup).toBeDefined();
  });

  test('nobody is warned', () => expectNoAnnotations(stack));
});

describe('in a container', () => {
  const stack = testStack();
  const bastion = new VendorBastion(stack, 'Bastion', { vpc: foreignVpc(stack), vendors: [ACME], host: BastionHost.container() });
  const template = Template.fromStack(stack);

  test('one Graviton task without a machine, a public address or a shell', () => {
    template.resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 0);
    template.resourceCountIs('AWS::EC2::LaunchTemplate', 0);
    template.hasResourceProperties('AWS::ECS::Service', {
      DesiredCount: 1,
      EnableExecuteCommand: true,
      LaunchType: 'FARGATE',
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED', Subnets: [{ Ref: Match.stringLikeRegexp('private') }, { Ref: Match.stringLikeRegexp('private') }] } },
    });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '256',
      Memory: '512',
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
      ContainerDefinitions: [Match.objectLike({ Image: Match.stringLikeRegexp('^public.ecr.aws/eks-distro/kubernetes/pause:'), PortMappings: Match.absent() })],
    });
  });

  test('the agent may talk to Session Manager in this region and to nothing else', () => {
    const [roleId] = Object.keys(template.findResources('AWS::IAM::Role', {
      Properties: { AssumeRolePolicyDocument: { Statement: [Match.objectLike({ Principal: { Service: 'ecs-tasks.amazonaws.com' } })] } },
    }));
    template.hasResourceProperties('AWS::ECS::TaskDefinition', { TaskRoleArn: { 'Fn::GetAtt': [roleId, 'Arn'] }, ExecutionRoleArn: Match.absent() });
    template.resourceCountIs('AWS::IAM::Policy', 0);
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: [{
          Action: ['ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel'],
          Condition: { StringEquals: { 'aws:RequestedRegion': REGION } },
          Effect: 'Allow',
          Resource: '*',
        }],
      },
    });
  });

  test('its storage has the customer key', () => {
    template.hasResourceProperties('AWS::ECS::Cluster', {
      Configuration: { ManagedStorageConfiguration: { FargateEphemeralStorageKmsKeyId: { Ref: stack.resolve(bastion.encryptionKey.keyId).Ref } } },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:CreateGrant', Principal: { Service: 'fargate.amazonaws.com' } })]) },
    });
  });

  test('nothing comes in', () => {
    template.resourceCountIs('AWS::EC2::SecurityGroup', 1);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
  });

  test('the command finds the task of today', () => {
    const [, parts] = stack.resolve(bastion.startSessionCommand('acme', 'reports'))['Fn::Join'];
    const command = parts.map((part: any) => typeof part === 'string' ? part : part.Ref.includes('Cluster') ? 'Bastion' : 'Document').join('');
    const aws = [
      'aws() {',
      '  case "$*" in',
      '    "ecs list-tasks --cluster Bastion --query taskArns[0] --output text") echo arn:aws:ecs:eu-west-1:222222222222:task/Bastion/0a1b ;;',
      '    "ecs describe-tasks --cluster Bastion --tasks arn:aws:ecs:eu-west-1:222222222222:task/Bastion/0a1b "*) echo 0a1b-42 ;;',
      '    *) echo "$*" ;;',
      '  esac',
      '}',
    ].join('\n');
    expect(execFileSync('sh', ['-c', `${aws}\n${command}`], { encoding: 'utf8' }))
      .toBe('ssm start-session --document-name Document --target ecs:Bastion_0a1b_0a1b-42\n');
  });

  test('nobody is warned', () => expectNoAnnotations(stack));
});

test('an image of one\'s own', () => {
  const stack = testStack();
  const host = BastionHost.container({ image: ecs.ContainerImage.fromRegistry('registry.internal/sleep:1') });
  const bastion = new VendorBastion(stack, 'Bastion', { vpc: foreignVpc(stack), vendors: [ACME], host });
  expect(bastion.autoScalingGroup).toBeUndefined();
  expect(bastion.service).toBeDefined();
  Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', { ContainerDefinitions: [Match.objectLike({ Image: 'registry.internal/sleep:1' })] });
});

describe('alerts', () => {
  const stack = testStack();
  const masterKey = new kms.Key(stack, 'TopicKey');
  const alerts = new sns.Topic(stack, 'Topic', { masterKey });
  const bastion = new VendorBastion(stack, 'Bastion', { vpc: foreignVpc(stack), vendors: [ACME, { ...ACME, name: 'globex' }], alerts });
  const template = Template.fromStack(stack);

  test.each<[string, boolean, RegExp]>([
    ['acme', false, /Vendor acme started session <.*> with document <.*> at <.*> from <.*>\./],
    ['acme', true, /Vendor acme asked in vain for a session at <.*> from <.*>: <.*>\./],
    ['globex', false, /Vendor globex started session/],
    ['globex', true, /Vendor globex asked in vain/],
  ])('a session of %s is told by name (refused: %s)', (vendor, exists, text) => {
    const rules = template.findResources('AWS::Events::Rule', {
      Properties: {
        EventPattern: {
          detail: {
            eventName: ['StartSession'],
            errorCode: [{ exists }],
            userIdentity: { sessionContext: { sessionIssuer: { arn: [stack.resolve(bastion.vendorRole(vendor).roleArn)] } } },
          },
        },
      },
    });
    expect(Object.keys(rules)).toHaveLength(1);
    const [{ Properties: { Targets: [target] } }] = Object.values(rules);
    expect(target).toMatchObject({ Arn: stack.resolve(alerts.topicArn) });
    expect(target.InputTransformer.InputTemplate).toMatch(text);
  });

  test('EventBridge of this account may publish and use the topic\'s key', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [Match.objectLike({
          Action: 'sns:Publish',
          Principal: { Service: 'events.amazonaws.com' },
          Condition: { ArnLike: { 'aws:SourceArn': arn(`:events:${REGION}:${ACCOUNT}:rule/*`) } },
        })],
      },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([Match.objectLike({
          Sid: 'VendorSessionsOfThisAccount', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Principal: { Service: 'events.amazonaws.com' },
        })]),
      },
    });
  });

  test('a topic of another stack does not depend on the bastion', () => {
    const app = new App();
    const [baseline, access] = ['Baseline', 'Access'].map(id => new Stack(app, id, { env: { account: ACCOUNT, region: REGION } }));
    const topic = new sns.Topic(baseline, 'Topic');
    new VendorBastion(access, 'Bastion', { vpc: foreignVpc(access), vendors: [ACME], alerts: topic });
    app.synth();
    expect(baseline.dependencies).toEqual([]);
    Template.fromStack(access).resourceCountIs('AWS::Events::Rule', 3);
  });
});

describe('developers', () => {
  const stack = testStack();
  const bastion = new VendorBastion(stack, 'Bastion', { vpc: foreignVpc(stack), vendors: [], developers: [DEVELOPERS], alerts: new sns.Topic(stack, 'Topic') });
  const template = Template.fromStack(stack);

  test('those with the permission set take a role of this account', () => {
    template.hasResourceProperties('AWS::IAM::Role', {
      Path: '/bastion-developers/',
      AssumeRolePolicyDocument: {
        Statement: [{
          Action: 'sts:AssumeRole',
          Condition: {
            ArnLike: {
              'aws:PrincipalArn': ['', '*/'].map(region =>
                arn(`:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com/${region}AWSReservedSSO_InnovateDeveloper_${'?'.repeat(16)}`)),
            },
          },
          Effect: 'Allow',
          Principal: { AWS: arn(`:iam::${ACCOUNT}:root`) },
        }],
      },
    });
  });

  test('they may do what a vendor may, without a last day', () => {
    const statements = statementsOf(stack, bastion.developerRole('InnovateDeveloper'));
    expect(Object.keys(statements)).toEqual([
      'StartSessionOnBastion', 'StartSessionToTargets', 'OwnSessions', 'DataChannelOfOwnSessions', 'FindBastion', 'OnlyTheTargets', 'NoShell',
    ]);
    expect(statements.StartSessionToTargets.Condition).toBeUndefined();
    expect(JSON.stringify(statements)).not.toContain('aws:CurrentTime');
    expect(JSON.stringify(stack.resolve(bastion.startSessionCommand('InnovateDeveloper', 'database')))).toContain('aws ssm start-session');
  });

  test('their sessions are logged and told to nobody', () => {
    template.resourceCountIs('AWS::Events::Rule', 1);
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: Match.objectLike({
        detail: Match.objectLike({
          userIdentity: {
            sessionContext: {
              sessionIssuer: { arn: ['vendor-bastion', 'bastion-developers'].map(path => ({ prefix: arn(`:iam::${ACCOUNT}:role/${path}/`) })) },
            },
          },
        }),
      }),
    });
  });

  test('nobody is warned', () => expectNoAnnotations(stack));
});

test('a name that is given a range opens that range only', () => {
  const { template } = synthesize({ ...ACME, targets: [VendorTarget.host('reports', 'reports.internal', 8443, '10.0.80.0/22')] });
  template.hasResourceProperties('AWS::EC2::SecurityGroup', {
    SecurityGroupEgress: Match.arrayWith([Match.objectLike({ CidrIp: '10.0.80.0/22', FromPort: 8443, ToPort: 8443 })]),
  });
});

test('the longest access, from the first day on', () => {
  const { stack, bastion } = synthesize({ ...ACME, accessFrom: '2027-03-31', accessUntil: '2028-03-31' });
  for (const { Effect, Condition } of Object.values(statementsOf(stack, bastion.vendorRole('acme')))) {
    if (Effect === 'Allow') { expect(Condition).toMatchObject({ DateGreaterThanEquals: { 'aws:CurrentTime': '2027-03-31T00:00:00Z' } }); }
  }
});

test('the first-run checklist asks for what is over', () => {
  const { stack } = synthesize({ ...ACME, accessUntil: '2027-03-31' });
  const steps = Object.values<Record<string, unknown>>(Template.fromStack(stack).toJSON().Metadata[FIRST_RUN_METADATA]);
  expect(steps).toEqual([expect.objectContaining({
    title: 'The access of the vendor acme lasts until 2027-03-31', check: { lastDay: '2027-03-31' }, beforeDeployment: false,
  })]);
});

test('a database, a load balancer and a machine are targets as they are', () => {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const cluster = new rds.DatabaseCluster(stack, 'Cluster', {
    engine: rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_17_7 }), writer: rds.ClusterInstance.serverlessV2('Writer'), vpc,
  });
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc });
  const machine = new ec2.Instance(stack, 'Machine', {
    vpc, instanceType: new ec2.InstanceType('t4g.nano'), machineImage: ec2.MachineImage.genericLinux({ [REGION]: 'ami-0123' }),
  });
  new VendorBastion(stack, 'Bastion', {
    vpc,
    vendors: [{
      ...ACME,
      targets: [VendorTarget.database('database', cluster), VendorTarget.loadBalancer('api', loadBalancer, 443), VendorTarget.instance('machine', machine, 8080)],
    }],
  });
  const documents = Object.values(Template.fromStack(stack).findResources('AWS::SSM::Document')).map(({ Properties }) => Properties.Content.properties);
  expect(documents.map(({ host, portNumber }) => [host['Fn::GetAtt'][1], portNumber['Fn::GetAtt']?.[1] ?? portNumber])).toEqual([
    ['Endpoint.Address', 'Endpoint.Port'], ['DNSName', '443'], ['PrivateIp', '8080'],
  ]);
});

test('the policies of twenty targets have room in IAM', () => {
  const targets = Array.from({ length: 20 }, (_, index) => VendorTarget.host(`target-${index}`, '10.0.80.17', 8000 + index));
  const { template } = synthesize({ ...ACME, targets });
  for (const { Properties } of Object.values(template.findResources('AWS::IAM::ManagedPolicy'))) {
    // a reference to a document becomes a name of up to 128 characters
    const text = JSON.stringify(Properties.PolicyDocument).replace(/\{"Fn::Join":.*?\]\]\}/g, '"'.padEnd(175, 'x'));
    expect(text.length).toBeLessThan(6144);
  }
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
    host: BastionHost.instance(),
    alerts: new sns.Topic(stack, 'Alerts'),
    developers: [DEVELOPERS],
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
  template.resourceCountIs('AWS::SSM::Document', 4);
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
  expect(statementsOf(stack, bastion.vendorRole('acme')).StartSessionToTargets.Resource).toHaveLength(2);
  expect(JSON.stringify(statementsOf(stack, bastion.vendorRole('globex')))).toContain('2026-12-31T23:59:59Z');
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

const target = (...args: Parameters<typeof VendorTarget.host>): Partial<VendorAccess> => ({ targets: [VendorTarget.host(...args)] });

test.each<[string, Partial<VendorAccess>, RegExp]>([
  ['no target', { targets: [] }, /`vendors\[0\].targets` is \[\], but a vendor without targets can reach nothing/],
  ['no such day', { accessUntil: '2027-02-30' }, /`vendors\[0\].accessUntil` is "2027-02-30", but it is not a day/],
  ['a time of day', { accessUntil: '2027-03-31T12:00:00Z' }, /`vendors\[0\].accessUntil` is "2027-03-31T12:00:00Z"/],
  ['another date format', { accessUntil: '31.03.2027' }, /YYYY-MM-DD/],
  ['a last day before the first', { accessFrom: '2027-04-01' }, /`vendors\[0\].accessUntil` is "2027-03-31", but the access begins only on 2027-04-01/],
  ['over a year', { accessFrom: '2026-03-30' }, /`vendors\[0\].accessUntil` is "2027-03-31", but that is over a year after 2026-03-30\. Give a day up to 2027-03-30/],
  ['no such first day', { accessFrom: '2027-13-01' }, /`vendors\[0\].accessFrom` is "2027-13-01", but it is not a day of the calendar. Give the first day/],
  ['no ARN', { principalArn: '444455556666' }, /`vendors\[0\].principalArn` is "444455556666", but it is not the ARN of an IAM role or user/],
  ['a whole account', { principalArn: 'arn:aws:iam::444455556666:root' }, /a whole account is too wide/],
  ['an empty external id', { externalId: '' }, /`vendors\[0\].externalId` is "", but an external id has 2 to 1224/],
  ['a name with spaces', { name: 'Acme Inc' }, /`vendors\[0\].name` is "Acme Inc"/],
  ['a target name with spaces', target('the reports', 'reports.internal', 443), /`vendors\[0\].targets\[0\].name` is "the reports"/],
  ['a URL for a host', target('reports', 'https://reports.internal', 443), /`vendors\[0\].targets\[0\].host` is "https:\/\/reports.internal"/],
  ['the bastion itself', target('reports', '127.0.0.1', 80), /`vendors\[0\].targets\[0\].host` is "127.0.0.1", but it is the bastion itself/],
  ['the bastion by name', target('reports', 'localhost', 80), /it is the bastion itself/],
  ['the credentials of the bastion', target('reports', '169.254.169.254', 80), /whose credentials a vendor could read there/],
  ['a public range', target('reports', 'reports.internal', 443, '8.8.8.0/24'), /`vendors\[0\].targets\[0\].range` is "8.8.8.0\/24", but it is not inside a private range/],
  ['a range with host bits', target('reports', 'reports.internal', 443, '10.0.0.1/16'), /`vendors\[0\].targets\[0\].range` is "10.0.0.1\/16"/],
  ['a range for an address', target('reports', '10.0.0.1', 443, '10.0.0.0/16'), /but the host is an address, which is its own range/],
  ['21 targets', { targets: Array.from({ length: 21 }, (_, index) => VendorTarget.host(`t${index}`, '10.0.0.1', 443)) }, /`vendors\[0\].targets.length` is 21, but a policy has room for 20/],
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

test.each<[string, DeveloperAccess[], RegExp]>([
  ['no target', [{ ...DEVELOPERS, targets: [] }], /`developers\[0\].targets` is \[\], but a permission set without targets can reach nothing/],
  ['a role\'s name', [{ ...DEVELOPERS, permissionSet: 'a role/of mine' }], /`developers\[0\].permissionSet` is "a role\/of mine", but the name of a permission set has/],
  ['a pattern', [{ ...DEVELOPERS, permissionSet: '*' }], /`developers\[0\].permissionSet` is "\*"/],
  ['a vendor\'s name', [{ ...DEVELOPERS, permissionSet: 'acme' }], /`developers\[0\].permissionSet` is "acme", but a vendor has this name/],
  ['two of one set', [DEVELOPERS, DEVELOPERS], /`developers\[\].permissionSet` is "InnovateDeveloper", but two entries have this permission set/],
])('developers with %s are refused before anything is made', (_, developers, message) => {
  expectRefused([ACME], message, developers);
});

function expectRefused(vendors: VendorAccess[], message: RegExp, developers?: DeveloperAccess[]): void {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  expect(() => new VendorBastion(stack, 'Bastion', { vpc, vendors, developers })).toThrow(message);
  expect(stack.node.findChild('Bastion').node.children).toEqual([]);
}

test('unknown vendors and targets are refused', () => {
  const { bastion } = synthesize(ACME);
  expect(() => bastion.vendorRole('globex')).toThrow(/`name` is "globex", but the bastion has no such vendor. Give one of acme./);
  expect(() => bastion.startSessionCommand('acme', 'database')).toThrow(/`targetName` is "database", but "acme" has no such target/);
  expect(() => bastion.endSessionsCommand('globex')).toThrow(/the bastion has no such vendor or permission set. Give one of acme./);
  expect(() => bastion.developerRole('InnovateDeveloper')).toThrow(/`permissionSet` is "InnovateDeveloper", but the bastion has no such permission set. It has none at all./);
});

test('it gives the same template twice', () => {
  expect(synthesize(ACME).template.toJSON()).toEqual(synthesize(ACME).template.toJSON());
});
