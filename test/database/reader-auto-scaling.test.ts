import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresProps } from '../../src/database/aurora-postgres-props';
import { ReaderAutoScaling } from '../../src/database/reader-auto-scaling';
import { expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

function scaling(readerAutoScaling: ReaderAutoScaling, props: Partial<AuroraPostgresProps> = {}): Stack {
  const stack = testStack();
  new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), readerAutoScaling, ...props });
  return stack;
}

test('between the declared readers and the most, by the processors of the readers', () => {
  const stack = scaling({ maxReaders: 5 }, { readers: 2 });
  const template = Template.fromStack(stack);
  const [[cluster]] = Object.entries(template.findResources('AWS::RDS::DBCluster'));
  template.hasResource('AWS::ApplicationAutoScaling::ScalableTarget', {
    Properties: {
      ServiceNamespace: 'rds',
      ScalableDimension: 'rds:cluster:ReadReplicaCount',
      ResourceId: { 'Fn::Join': ['', ['cluster:', { Ref: cluster }]] },
      MinCapacity: 2,
      MaxCapacity: 5,
      // the service-linked role
      RoleARN: Match.absent(),
    },
    DependsOn: Match.arrayWith(Object.keys(template.findResources('AWS::RDS::DBInstance')).sort()),
  });
  template.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', 1);
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 70, PredefinedMetricSpecification: { PredefinedMetricType: 'RDSReaderAverageCPUUtilization' },
    },
  });
  expectNoAnnotations(stack);
});

test('by connections alone', () => {
  const template = Template.fromStack(scaling({ maxReaders: 3, targetConnections: 500 }));
  template.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', 1);
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 500, PredefinedMetricSpecification: { PredefinedMetricType: 'RDSReaderAverageDatabaseConnections' },
    },
  });
});

test('by both, under names of their own', () => {
  const template = Template.fromStack(scaling({ maxReaders: 3, targetConnections: 500, targetCpuPercent: 60 }));
  const policies = Object.values(template.findResources('AWS::ApplicationAutoScaling::ScalingPolicy')).map(({ Properties }) => Properties);
  expect(policies.map(({ TargetTrackingScalingPolicyConfiguration: { TargetValue } }) => TargetValue).sort()).toEqual([500, 60]);
  expect(new Set(policies.map(({ PolicyName }) => PolicyName)).size).toBe(2);
});

test('where the database is deleted with its stack, a warning says what is in the way', () => {
  const stack = scaling({ maxReaders: 3 }, { removalPolicy: RemovalPolicy.DESTROY });
  Annotations.fromStack(stack).hasWarning('/Test/Database', Match.stringLikeRegexp('a `maxReaders` that equals `readers` and wait until the added ones are gone'));
});

test('as many as are declared: how the added ones are taken back', () => {
  Template.fromStack(scaling({ maxReaders: 1 })).hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 1, MaxCapacity: 1 });
});

test('a number that only the deployment knows is let pass', () => {
  const template = Template.fromStack(scaling({ maxReaders: Token.asNumber({ Ref: 'Max' }) }));
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MaxCapacity: { Ref: 'Max' } });
});

const refusing = testStack();
const vpc = foreignVpc(refusing);

test.each<[string, Partial<AuroraPostgresProps>, RegExp]>([
  ['more than 15 readers', { readerAutoScaling: { maxReaders: 16 } }, /`readerAutoScaling.maxReaders` is 16, but it has to be between 1 and 15/],
  ['half a reader', { readerAutoScaling: { maxReaders: 2.5 } }, /`readerAutoScaling.maxReaders` is 2.5, but it has to be a multiple of 1/],
  ['fewer than are declared', { readers: 4, readerAutoScaling: { maxReaders: 3 } },
    /`readerAutoScaling.maxReaders` is 3, but `readers` is 4, and declared readers are never removed/],
  ['a start from nothing', { readers: 0, readerAutoScaling: { maxReaders: 3 } }, /`readerAutoScaling` is .*, but `readers` is 0/],
  ['no utilization', { readerAutoScaling: { maxReaders: 3, targetCpuPercent: 0 } }, /`readerAutoScaling.targetCpuPercent` is 0/],
  ['more than all processors', { readerAutoScaling: { maxReaders: 3, targetCpuPercent: 101 } }, /`readerAutoScaling.targetCpuPercent` is 101/],
  ['no connection', { readerAutoScaling: { maxReaders: 3, targetConnections: 0 } }, /`readerAutoScaling.targetConnections` is 0/],
])('refuses %s', (what, props, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, ...props })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});
