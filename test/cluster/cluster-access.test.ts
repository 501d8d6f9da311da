import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ClusterAccess } from '../../src/cluster/cluster-access';
import { testStack } from '../support/stacks';

const ARN = 'arn:aws:iam::222222222222:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Developer_0123456789abcdef';

function createAccess(stack: Stack, namespaces: string[] = []): ClusterAccess {
  const cluster = eks.Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'shop' });
  return new ClusterAccess(stack, 'Access', { cluster, namespaces: () => namespaces });
}

function entriesOf(stack: Stack): any[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::EKS::AccessEntry')).map(({ Properties }) => Properties);
}

const policiesOf = (entry: any) => (entry.AccessPolicies ?? []).map(({ AccessScope, PolicyArn }: any) => [PolicyArn['Fn::Join'][1].join('').split('/').pop(), AccessScope]);

test('administrators do everything everywhere, whether the role is of this app or known by its ARN', () => {
  const stack = testStack();
  const access = createAccess(stack);
  access.administer(new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }));
  access.administer(iam.Role.fromRoleArn(stack, 'Imported', ARN));
  const entries = entriesOf(stack);
  expect(entries.map(({ PrincipalArn }) => PrincipalArn)).toEqual(expect.arrayContaining([ARN, { 'Fn::GetAtt': [expect.stringMatching(/^Role/), 'Arn'] }]));
  for (const entry of entries) { expect(policiesOf(entry)).toEqual([['AmazonEKSClusterAdminPolicy', { Type: 'cluster' }]]); }
});

test('developers read the namespaces that there are when the app is complete', () => {
  const stack = testStack();
  const namespaces: string[] = [];
  createAccess(stack, namespaces).view(iam.Role.fromRoleArn(stack, 'Imported', ARN));
  namespaces.push('reports', 'app', 'app');
  const [entry] = entriesOf(stack);
  expect(policiesOf(entry)).toEqual([['AmazonEKSViewPolicy', { Type: 'namespace', Namespaces: ['app', 'reports'] }]]);
});

test('a policy for no namespace would be an error of EKS, so there is none', () => {
  const stack = testStack();
  createAccess(stack).view(iam.Role.fromRoleArn(stack, 'Imported', ARN));
  expect(policiesOf(entriesOf(stack)[0])).toEqual([]);
});

test('a role that is named twice has one entry, with the namespaces of both', () => {
  const stack = testStack();
  const access = createAccess(stack);
  access.view(iam.Role.fromRoleArn(stack, 'Imported', ARN), ['batch']);
  access.view(iam.Role.fromRoleArn(stack, 'Again', ARN), ['app']);
  const administrator = iam.Role.fromRoleArn(stack, 'Administrator', `${ARN}2`);
  access.administer(administrator);
  access.administer(administrator);
  const entries = entriesOf(stack);
  expect(entries).toHaveLength(2);
  expect(entries.flatMap(policiesOf)).toContainEqual(['AmazonEKSViewPolicy', { Type: 'namespace', Namespaces: ['app', 'batch'] }]);
});

test('two hundred roles whose ARNs and paths are alike do not collide', () => {
  const app = new App();
  const stack = new Stack(app, 'Test', { env: { account: '222222222222', region: 'eu-west-1' } });
  const access = createAccess(stack);
  for (let index = 0; index < 100; index++) {
    access.administer(iam.Role.fromRoleArn(stack, `Imported${index}`, `arn:aws:iam::222222222222:role/administrator-${index}`));
    access.view(new iam.Role(stack, `Role${index}`, { assumedBy: new iam.AccountRootPrincipal() }), ['app']);
  }
  expect(entriesOf(stack)).toHaveLength(200);
});

test('the entry of a literal role is known by its ARN, not by where it stands in a list', () => {
  const idOf = (constructId: string) => {
    const stack = testStack();
    createAccess(stack).administer(iam.Role.fromRoleArn(stack, constructId, ARN));
    return Object.keys(Template.fromStack(stack).findResources('AWS::EKS::AccessEntry'));
  };
  expect(idOf('Administrator0')).toEqual(idOf('Administrator1'));
});

test.each([['administers first', true], ['reads first', false]])('a role in both lists is refused: %s', (_, first) => {
  const stack = testStack();
  const access = createAccess(stack);
  const role = iam.Role.fromRoleArn(stack, 'Imported', ARN);
  expect(() => {
    if (first) { access.administer(role); }
    access.view(role);
    access.administer(role);
  }).toThrow(/`developers` is "arn:aws:iam.*", but the role is among the `administrators`, and EKS knows a role once/);
});
