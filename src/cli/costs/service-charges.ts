import { charge, Charge, ChargeRule, one } from './charge';
import { fixedItem, unpricedItem } from './price-table';
import { StackResource } from '../stack-resources';

/** Databases, keys, names, firewalls and what watches them. */
export const SERVICE_CHARGES: Record<string, ChargeRule> = {
  'AWS::RDS::DBCluster': masterSecret,
  'AWS::RDS::DBInstance': databaseInstance,
  // by the capacity of the database behind it
  'AWS::RDS::DBProxy': () => [{ item: unpricedItem('RDS', 'Proxy'), quantity: 1 }],
  'AWS::KMS::Key': one('kmsKey'),
  'AWS::KMS::ReplicaKey': one('kmsKey'),
  'AWS::SecretsManager::Secret': secret,
  'AWS::Route53::HostedZone': one('hostedZone'),
  'AWS::WAFv2::WebACL': webAcl,
  'AWS::WAFv2::RuleGroup': resource => [rules(resource)],
  'AWS::CloudWatch::Alarm': alarm,
  'AWS::CloudWatch::CompositeAlarm': one('compositeAlarm'),
  'AWS::CloudWatch::Dashboard': one('dashboard'),
  'AWS::SSM::Parameter': resource => resource.at('Tier') === 'Advanced' ? [{ item: fixedItem('advancedParameter'), quantity: 1 }] : [],
};

/** Groups for which AWS or a vendor takes a monthly fee of its own. */
const PAID_RULE_GROUPS = /^AWSManagedRules(AntiDDoS|BotControl|ATP|ACFP)RuleSet$/;
const HIGH_RESOLUTION_SECONDS = 60;
/** An alarm on an anomaly watches the metric and both edges of its band. */
const METRICS_OF_ANOMALY = 3;

/** The password that RDS keeps in Secrets Manager is billed as any other secret. */
function masterSecret(resource: StackResource): Charge[] {
  return resource.at('ManageMasterUserPassword') === true ? [{ item: fixedItem('secret'), quantity: 1 }] : [];
}

/** An instance of Aurora Serverless v2 never has less than the cluster's minimum; the prices of classes are not in the table. */
function databaseInstance(resource: StackResource): Charge[] {
  const type = resource.text('DBInstanceClass');
  const cluster = resource.named('DBClusterIdentifier');
  const optimized = cluster?.at('StorageType') === 'aurora-iopt1';
  const insights = cluster?.at('DatabaseInsightsMode') === 'advanced';
  if (type !== 'db.serverless') {
    const title = `${type ?? 'whose class is not in the template'}${optimized ? ', I/O-Optimized' : ''}`;
    return [
      ...masterSecret(resource),
      { item: unpricedItem('RDS', `Database instance ${title}`), quantity: 1 },
      ...insights ? [{ item: unpricedItem('RDS', `Database Insights of instances ${title}`), quantity: 1 }] : [],
    ];
  }
  const problem = 'the minimum capacity is not in the same template';
  const capacity = cluster?.number(['ServerlessV2ScalingConfiguration', 'MinCapacity']);
  return [
    charge(fixedItem(optimized ? 'auroraCapacityIoOptimized' : 'auroraCapacity'), capacity, problem),
    ...insights ? [charge(fixedItem('databaseInsights'), capacity, problem)] : [],
  ];
}

/** A secret has a copy in each region that it is replicated to. */
function secret(resource: StackResource): Charge[] {
  const replicas = resource.list('ReplicaRegions')?.length;
  return [charge(fixedItem('secret'), replicas === undefined ? undefined : 1 + replicas, 'its replicas are not in the template')];
}

function webAcl(resource: StackResource): Charge[] {
  const paid = (resource.list('Rules') ?? []).filter(takesFee).length;
  return [
    { item: fixedItem('webAcl'), quantity: 1 },
    rules(resource),
    ...paid ? [{ item: fixedItem('webAclPaidGroup'), quantity: paid }] : [],
  ];
}

function rules(resource: StackResource): Charge {
  return charge(fixedItem('webAclRule'), resource.list('Rules')?.length, 'the rules are not in the template');
}

function takesFee(rule: unknown): boolean {
  const { Statement } = rule as { Statement?: { ManagedRuleGroupStatement?: { Name?: unknown; VendorName?: unknown } } };
  const group = Statement?.ManagedRuleGroupStatement;
  return group !== undefined && (group.VendorName !== 'AWS' || PAID_RULE_GROUPS.test(String(group.Name)));
}

/** Each metric that an alarm watches is billed. */
function alarm(resource: StackResource): Charge[] {
  const queries = resource.list('Metrics') as { MetricStat?: { Period?: unknown }; Expression?: unknown }[] | undefined;
  const periods = queries?.length ? queries.flatMap(({ MetricStat }) => MetricStat ? [MetricStat.Period] : []) : [resource.at('Period')];
  const fast = periods.some(period => Number(period) < HIGH_RESOLUTION_SECONDS);
  const searches = queries?.some(({ Expression }) => /\b(SEARCH|SELECT|METRICS)\b/.test(String(Expression ?? '')));
  const metrics = periods.length * (resource.at('ThresholdMetricId') === undefined ? 1 : METRICS_OF_ANOMALY);
  return [charge(fixedItem(fast ? 'fastAlarm' : 'alarm'), queries && !searches ? metrics : undefined, 'how many metrics it watches is not in the template')];
}
