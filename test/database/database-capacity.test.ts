import { Duration, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresProps } from '../../src/database/aurora-postgres-props';
import { DatabaseCapacity, ServerlessCapacity } from '../../src/database/database-capacity';
import { supportsDataApi } from '../../src/database/engine-versions';
import { expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

function running(capacity: DatabaseCapacity, props: Partial<AuroraPostgresProps> = {}) {
  const stack = testStack();
  new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), capacity, ...props });
  return { stack, template: Template.fromStack(stack) };
}

function provisioned(instanceType: string): DatabaseCapacity {
  return DatabaseCapacity.provisioned(new ec2.InstanceType(instanceType));
}

test('a range of its own', () => {
  const { stack, template } = running(DatabaseCapacity.serverless({ min: 2, max: 64.5 }));
  template.hasResourceProperties('AWS::RDS::DBCluster', {
    ServerlessV2ScalingConfiguration: { MinCapacity: 2, MaxCapacity: 64.5, SecondsUntilAutoPause: Match.absent() },
  });
  expectNoAnnotations(stack);
});

test('a database that pauses says so', () => {
  const { stack, template } = running(DatabaseCapacity.serverless({ min: 0, pauseAfter: Duration.minutes(15) }), { readers: 0 });
  template.hasResourceProperties('AWS::RDS::DBCluster', {
    ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 16, SecondsUntilAutoPause: 900 },
  });
  expectNoAnnotations(stack);
});

test.each(['t4g.medium', 'r6g.large', 'r7g.2xlarge', 'r8g.48xlarge', 'r9g.large', 'r6gd.xlarge', 'r8gd.4xlarge', 'x2g.16xlarge'])(
  'writer and readers are of the class %s', instanceType => {
    const { stack, template } = running(provisioned(instanceType), { readers: 2 });
    template.allResourcesProperties('AWS::RDS::DBInstance', { DBInstanceClass: `db.${instanceType}` });
    template.resourceCountIs('AWS::RDS::DBInstance', 3);
    for (const PromotionTier of [0, 1, 2]) { template.hasResourceProperties('AWS::RDS::DBInstance', { PromotionTier }); }
    template.hasResourceProperties('AWS::RDS::DBCluster', { ServerlessV2ScalingConfiguration: Match.absent() });
    expectNoAnnotations(stack);
  });

test('a class that only the deployment knows is let pass', () => {
  const { template } = running(provisioned(Token.asString({ Ref: 'Class' })));
  template.allResourcesProperties('AWS::RDS::DBInstance', { DBInstanceClass: { 'Fn::Join': ['', ['db.', { Ref: 'Class' }]] } });
});

test('a capacity that only the deployment knows is let pass', () => {
  const { template } = running(DatabaseCapacity.serverless({ min: Token.asNumber({ Ref: 'Min' }), max: Token.asNumber({ Ref: 'Max' }) }));
  template.hasResourceProperties('AWS::RDS::DBCluster', { ServerlessV2ScalingConfiguration: { MinCapacity: { Ref: 'Min' }, MaxCapacity: { Ref: 'Max' } } });
});

const refusing = testStack();
const vpc = foreignVpc(refusing);

test.each<[string, ServerlessCapacity, RegExp]>([
  ['a minimum below zero', { min: -1 }, /`capacity.min` is -1, but it has to be between 0 and 256 ACU/],
  ['a minimum off the steps', { min: 0.7 }, /`capacity.min` is 0.7, but it has to be a multiple of 0.5 ACU/],
  ['a maximum too large', { max: 257 }, /`capacity.max` is 257, but it has to be between 1 and 256 ACU/],
  ['a maximum too small', { max: 0.5 }, /`capacity.max` is 0.5, but it has to be between 1 and 256 ACU/],
  ['a maximum that is no number', { max: NaN }, /`capacity.max` is .*but it has to be between/],
  ['a minimum above the maximum', { min: 8, max: 4 }, /`capacity.min` is 8, but it is above `max`, which is 4/],
  ['a minimum above the default maximum', { min: 32 }, /above `max`, which is 16/],
  ['a zero that does not ask for pausing', { min: 0 }, /`capacity.min` is 0, but .*`pauseAfter` does not ask for that/],
  ['a pause without a zero', { pauseAfter: Duration.minutes(10) }, /`capacity.pauseAfter` is "10 minutes", but .* it is 0.5/],
  ['a pause too soon', { min: 0, pauseAfter: Duration.minutes(4) }, /`capacity.pauseAfter` is 240, but it has to be between 300/],
  ['a pause too late', { min: 0, pauseAfter: Duration.hours(25) }, /`capacity.pauseAfter` is 90000, but it has to be between 300/],
])('refuses %s', (what, range, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, capacity: DatabaseCapacity.serverless(range) })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});

test.each([
  ['an Intel class', 'r7i.large', /`capacity` is "r7i.large", but Aurora PostgreSQL has no such Graviton instances/],
  ['a class of EC2 only', 'm8g.large', /`capacity` is "m8g.large", but Aurora PostgreSQL has no such Graviton instances/],
  ['a class with a prefix', 'db.r8g.large', /`capacity` is "db.r8g.large", but the "db." is added for you. Give new ec2.InstanceType\('r8g.large'\)/],
  ['a class without a size', 'r8g', /no such Graviton instances. Give a size of t4g, r6g/],
  ['a size of no class', 'r8g.tiny', /no such Graviton instances/],
  ['two sizes', 'r8g.large.xlarge', /no such Graviton instances/],
])('refuses %s', (what, instanceType, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, capacity: provisioned(instanceType) })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});

const pausing = DatabaseCapacity.serverless({ min: 0, pauseAfter: Duration.minutes(10) });

test.each<[string, DatabaseCapacity, string, RegExp]>([
  ['a version that cannot pause', pausing, '16.2', /`engineVersion` is "16.2", but Aurora cannot pause it/],
  ['a version before Serverless v2', DatabaseCapacity.serverless(), '14.2', /`engineVersion` is "14.2", but Aurora Serverless v2 does not run it/],
  ['a major version before Serverless v2', DatabaseCapacity.serverless(), '12.17', /`engineVersion` is "12.17"/],
  ['a limitless version', DatabaseCapacity.serverless(), '16.9-limitless', /`engineVersion` is "16.9-limitless"/],
  ['a limitless version with a class', provisioned('r8g.large'), '16.9-limitless', /`engineVersion` is "16.9-limitless"/],
])('refuses %s', (what, capacity, version, message) => {
  const engineVersion = rds.AuroraPostgresEngineVersion.of(version, version.split('.')[0]);
  expect(() => new AuroraPostgres(refusing, what, { vpc, capacity, engineVersion })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});

test.each(['13.15', '14.12', '15.7', '16.3', '17.1', '18.3'])('%s can pause', version => {
  expect(() => running(pausing, { engineVersion: rds.AuroraPostgresEngineVersion.of(version, version.split('.')[0]) })).not.toThrow();
});

test.each([
  ['12.17', false], ['13.10', false], ['13.11', true], ['14.7', false], ['14.8', true], ['15.2', false], ['15.3', true], ['16.1', true],
  ['17.2', false], ['17.4', true], ['17.9', true], ['18.2', false], ['18.3', true], ['19.1', true], ['16.9-limitless', false],
])('the Data API of %s: %s', (version, expected) => {
  expect(supportsDataApi(rds.AuroraPostgresEngineVersion.of(version, version.split('.')[0]))).toBe(expected);
});
