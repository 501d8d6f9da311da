import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { DataPerimeter } from '../../../src/network/vpc/data-perimeter';
import { PrivateEndpoint } from '../../../src/network/vpc/private-endpoint';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { SecureVpcProps } from '../../../src/network/vpc/secure-vpc-props';
import { ACCOUNT, expectNoAnnotations, REGION, testStack } from '../../support/stacks';

function synthesize(props: SecureVpcProps): { stack: Stack; network: SecureVpc; template: Template } {
  const stack = testStack();
  const network = new SecureVpc(stack, 'Network', props);
  return { stack, network, template: Template.fromStack(stack) };
}

/** The statements of the one endpoint whose service ends so, by their sids. */
function policy(template: Template, service: string): Record<string, any> {
  const endpoints = Object.values(template.findResources('AWS::EC2::VPCEndpoint'))
    .filter(({ Properties }) => JSON.stringify(Properties.ServiceName).replace(/[\]}]*$/, '').endsWith(`.${service}"`));
  expect(endpoints).toHaveLength(1);
  return Object.fromEntries(endpoints[0].Properties.PolicyDocument.Statement.map((statement: any) => [statement.Sid, statement]));
}

describe('S3, by default', () => {
  const { template, network } = synthesize({});

  test('the account reaches its own buckets, and services of AWS', () => {
    const { OwnIdentitiesToOwnResources, ServicesOfAws } = policy(template, 's3');
    expect(OwnIdentitiesToOwnResources.Condition).toEqual({ StringEquals: { 'aws:PrincipalAccount': ACCOUNT, 'aws:ResourceAccount': ACCOUNT } });
    expect(ServicesOfAws.Condition).toEqual({ Bool: { 'aws:PrincipalIsAWSService': 'true' } });
  });

  test.each([
    'prod-eu-west-1-starport-layer-bucket', 'al2023-repos-eu-west-1-de612dc2', 'aws-ssm-eu-west-1', 'patch-baseline-snapshot-eu-west-1', 'prod-registry-k8s-io-eu-west-1',
  ])('everybody reads %s, and nothing else of it', bucket => {
    const { PublicObjectsOfAwsAndKubernetes: statement } = policy(template, 's3');
    expect(statement).toMatchObject({ Action: 's3:GetObject', Principal: { AWS: '*' } });
    expect(statement.Resource).toContainEqual({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::${bucket}/*`]] });
    expect(statement.Condition).toBeUndefined();
  });

  test('custom resources answer CloudFormation', () => {
    const { AnswersToCloudFormation: { Action, Resource } } = policy(template, 's3');
    expect(Action).toBe('s3:PutObject');
    expect(JSON.stringify(Resource)).toContain('cloudformation-custom-resource-response-euwest1/*');
  });

  test('no bucket is permitted by a pattern of names', () => {
    for (const resource of policy(template, 's3').PublicObjectsOfAwsAndKubernetes.Resource) { expect(JSON.stringify(resource).match(/\*/g)).toHaveLength(1); }
  });

  test('it is the only endpoint', () => {
    template.resourceCountIs('AWS::EC2::VPCEndpoint', 1);
    expect(network.endpointSecurityGroup).toBeUndefined();
  });
});

test('a bucket of somebody else is permitted by one more statement', () => {
  const stack = testStack();
  const { s3Endpoint } = new SecureVpc(stack, 'Network');
  (s3Endpoint as ec2.GatewayVpcEndpoint).addToPolicy(new iam.PolicyStatement({
    sid: 'Partner', principals: [new iam.AnyPrincipal()], actions: ['s3:GetObject'], resources: ['arn:aws:s3:::partner/*'],
  }));
  expect(policy(Template.fromStack(stack), 's3')).toHaveProperty('Partner');
});

describe('for a private cluster', () => {
  const { stack, network, template } = synthesize({ endpoints: PrivateEndpoint.forPrivateCluster() });
  const interfaces = Object.values(template.findResources('AWS::EC2::VPCEndpoint', { Properties: { VpcEndpointType: 'Interface' } }));

  test('each has one group of its own, which admits HTTPS from the VPC, and addresses in the application subnets', () => {
    expect(interfaces).toHaveLength(10);
    const { subnetIds } = network.vpc.selectSubnets(network.applicationSubnets);
    for (const { Properties } of interfaces) {
      expect(Properties).toMatchObject({ PrivateDnsEnabled: true, SubnetIds: stack.resolve(subnetIds) });
      expect(Properties.SecurityGroupIds).toEqual([stack.resolve(network.endpointSecurityGroup!.securityGroupId)]);
    }
    template.resourceCountIs('AWS::EC2::SecurityGroup', 1);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [Match.objectLike({ CidrIp: stack.resolve(network.vpc.vpcCidrBlock), IpProtocol: 'tcp', FromPort: 443, ToPort: 443 })],
    });
  });

  test('each has a policy but the one that may not support it', () => {
    const open = interfaces.filter(({ Properties }) => !Properties.PolicyDocument).map(({ Properties }) => JSON.stringify(Properties.ServiceName));
    expect(open).toEqual([expect.stringContaining('eks-auth')]);
  });

  test('images are pulled from registries of others, and pushed to none', () => {
    const { PullFromRegistriesOfOthers } = policy(template, 'ecr.dkr');
    expect(PullFromRegistriesOfOthers.Action).toEqual(['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']);
    expect(PullFromRegistriesOfOthers.Condition).toEqual({ StringEquals: { 'aws:PrincipalAccount': ACCOUNT } });
  });

  test('machines start from images of others, service accounts take roles of this account, parameters of AWS are read', () => {
    expect(policy(template, 'ec2').ImagesOfOthers.Resource.map((arn: unknown) => JSON.stringify(arn)).join()).toMatch(new RegExp(`ec2:${REGION}::image/\\*.*::snapshot/\\*`));
    expect(policy(template, 'sts').OwnRolesOfServiceAccounts).toMatchObject({
      Action: 'sts:AssumeRoleWithWebIdentity', Condition: { StringEquals: { 'aws:ResourceAccount': ACCOUNT } },
    });
    expect(JSON.stringify(policy(template, 'ssm').PublicParameters.Resource)).toContain(`ssm:${REGION}::parameter/aws/*`);
  });

  test('nobody is warned', () => expectNoAnnotations(stack));
});

test('what is named twice is made once', () => {
  const { template } = synthesize({ endpoints: [...PrivateEndpoint.forPrivateCluster(), ...PrivateEndpoint.forSessionManager(), PrivateEndpoint.S3] });
  template.resourceCountIs('AWS::EC2::VPCEndpoint', 12);
});

test('any other service', () => {
  const { template } = synthesize({ endpoints: [PrivateEndpoint.of('Kinesis', ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS)] });
  expect(Object.keys(policy(template, 'kinesis-streams'))).toEqual(['OwnIdentitiesToOwnResources', 'OwnIdentitiesWhereNoOwnerIsTold', 'ServicesOfAws']);
});

test.each([
  ['organization', DataPerimeter.organization('o-a1b2c3d4e5'), { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5', 'aws:ResourceOrgID': 'o-a1b2c3d4e5' } }],
  ['account', DataPerimeter.account(), { StringEquals: { 'aws:PrincipalAccount': ACCOUNT, 'aws:ResourceAccount': ACCOUNT } }],
])('perimeter: %s', (_, dataPerimeter, condition) => {
  const { template } = synthesize({ dataPerimeter, endpoints: [PrivateEndpoint.DYNAMODB] });
  expect(policy(template, 'dynamodb').OwnIdentitiesToOwnResources.Condition).toEqual(condition);
});

test('perimeter: none', () => {
  expect(Object.keys(policy(synthesize({ dataPerimeter: DataPerimeter.none() }).template, 's3'))).toEqual(['Everybody']);
});
