import { EncryptionRule, Findings, Hop, KeyFinding, NO_KEY, Store } from './finding';
import { Keys } from './keys';
import { StackResource } from '../stack-resources';
import { UNKNOWN } from '../template-values';

/** The types that this command examines. What is not said by a property is not said here either. */
export const RULES: Record<string, EncryptionRule> = {
  'AWS::Backup::BackupPlan': backupCopies,
  'AWS::Backup::BackupVault': keyAt('backups of the vault', 'EncryptionKeyArn'),
  'AWS::Backup::LogicallyAirGappedBackupVault': keyAt('backups of the air-gapped vault', 'EncryptionKeyArn'),
  'AWS::Lambda::Function': environment,
  'AWS::Logs::LogGroup': keyAt('log', 'KmsKeyId'),
  'AWS::RDS::DBCluster': databaseCluster,
  'AWS::RDS::DBInstance': databaseInstance,
  'AWS::RDS::DBProxy': databaseProxy,
  'AWS::S3::Bucket': bucket,
  'AWS::SecretsManager::Secret': keyAt('secret', 'KmsKeyId'),
};

/** Types that hold no data and send none of their own; what stands in their properties is no secret. */
export const KEEPS_NOTHING = new RegExp(`^(?:${[
  'AWS::ApplicationAutoScaling::\\w+',
  'AWS::Backup::(?:BackupSelection|RestoreTestingPlan|RestoreTestingSelection)',
  'AWS::CDK::Metadata',
  'AWS::CloudFormation::\\w+',
  'AWS::CloudWatch::(?:Alarm|CompositeAlarm)',
  'AWS::EC2::(?:SecurityGroup|SecurityGroupEgress|SecurityGroupIngress)',
  'AWS::Events::Rule',
  'AWS::IAM::\\w+',
  'AWS::KMS::\\w+',
  'AWS::Lambda::Permission',
  'AWS::RDS::(?:DBClusterParameterGroup|DBParameterGroup|DBProxyEndpoint|DBProxyTargetGroup|DBSubnetGroup|EventSubscription|GlobalCluster)',
  // read together with the bucket
  'AWS::S3::BucketPolicy',
  'AWS::Scheduler::(?:Schedule|ScheduleGroup)',
  'AWS::SecretsManager::(?:ResourcePolicy|RotationSchedule|SecretTargetAttachment)',
  'Custom::.+',
].join('|')})$`);

const MODERN_TLS = ['TLSv1.2', 'TLSv1.3'];
/** PostgreSQL has no certificate of a customer: AWS issues them, of an authority that the instance names. */
const PROXY_AUTHORITY = 'AWS Certificate Manager';
const BY_AWS = 'by AWS, without a setting';

function keyAt(store: string, property: string): EncryptionRule {
  return (resource, keys) => ({ stores: [{ store, key: keys.at(resource, property) }] });
}

function databaseCluster(cluster: StackResource, keys: Keys): Findings {
  const exported = cluster.list('EnableCloudwatchLogsExports') ?? [];
  const dataApi = cluster.at('EnableHttpEndpoint') === true;
  return {
    stores: [
      { store: 'storage, snapshots and automated backups', key: storageKey(cluster, keys) },
      ...administratorSecret(cluster, keys),
      ...insights(cluster, keys),
      ...exported.map(String).map(name => ({ store: `exported log ${name}`, key: logKey(cluster, `/aws/rds/cluster/${cluster.text('DBClusterIdentifier')}/${name}`, keys) })),
    ],
    hops: [
      { from: 'clients', to: 'cluster', protocol: clusterProtocol(cluster), certificate: authority(cluster) },
      ...dataApi ? [{ from: 'callers', to: 'Data API', protocol: 'HTTPS', certificate: BY_AWS }] : [],
      ...exported.length > 0 ? [{ from: 'cluster', to: 'CloudWatch Logs', protocol: BY_AWS, certificate: BY_AWS }] : [],
    ],
  };
}

/** A restored cluster is as encrypted as what it is restored from, with the key that it names. */
function storageKey(resource: StackResource, keys: Keys): KeyFinding {
  const restored = ['SnapshotIdentifier', 'SourceDBClusterIdentifier', 'SourceDbClusterResourceId'].some(name => resource.at(name) !== undefined);
  if (resource.at('StorageEncrypted') !== true && !restored) { return NO_KEY; }
  return keys.at(resource, 'KmsKeyId');
}

/** Where RDS keeps the password. A cluster whose password is in another secret shows that one; a member of a global database has none. */
function administratorSecret(cluster: StackResource, keys: Keys): Store[] {
  const store = 'administrator\'s password';
  if (cluster.at('ManageMasterUserPassword') === true) { return [{ store, key: keys.at(cluster, 'MasterUserSecret', 'KmsKeyId') }]; }
  const password = cluster.at('MasterUserPassword');
  // a dynamic reference holds the name of a secret of this template, which has a row of its own
  if (password === UNKNOWN || (typeof password === 'string' && password.startsWith('{{resolve:secretsmanager:'))) { return []; }
  return cluster.at('MasterUsername') === undefined ? [] : [{ store, key: NO_KEY }];
}

function insights(resource: StackResource, keys: Keys): Store[] {
  if (resource.at('PerformanceInsightsEnabled') !== true && resource.at('EnablePerformanceInsights') !== true) { return []; }
  const key = keys.at(resource, resource.type === 'AWS::RDS::DBCluster' ? 'PerformanceInsightsKmsKeyId' : 'PerformanceInsightsKMSKeyId');
  return [{ store: 'insights', key }];
}

/** Without a group of its name, RDS makes one, without a key. */
function logKey(resource: StackResource, logGroupName: string, keys: Keys): KeyFinding {
  const group = resource.others('AWS::Logs::LogGroup').find(each => each.text('LogGroupName') === logGroupName);
  return group ? keys.at(group, 'KmsKeyId') : NO_KEY;
}

function clusterProtocol(cluster: StackResource): string | undefined {
  const parameters = cluster.named('DBClusterParameterGroupName');
  const oldest = parameters?.at('Parameters', 'ssl_min_protocol_version');
  if (String(parameters?.at('Parameters', 'rds.force_ssl')) !== '1' || !MODERN_TLS.includes(String(oldest))) { return undefined; }
  return `${String(oldest).replace('v', ' ')} or newer, refused without`;
}

/** The authority of the cluster's instances, if all of them name one. */
function authority(cluster: StackResource): string | undefined {
  const instances = cluster.others('AWS::RDS::DBInstance').filter(instance => instance.named('DBClusterIdentifier') === cluster);
  const named = [...new Set(instances.map(instance => instance.text('CACertificateIdentifier')))];
  return named.length === 0 || named.includes(undefined) ? undefined : named.join(', ');
}

/** An instance of a cluster has the cluster's storage. */
function databaseInstance(instance: StackResource, keys: Keys): Findings {
  const own = instance.at('DBClusterIdentifier') === undefined;
  return {
    stores: [
      ...own ? [{ store: 'storage, snapshots and automated backups', key: storageKey(instance, keys) }, ...administratorSecret(instance, keys)] : [],
      ...insights(instance, keys),
    ],
    hops: own ? [{ from: 'clients', to: 'instance', protocol: instanceProtocol(instance), certificate: instance.text('CACertificateIdentifier') }] : [],
  };
}

/** What the parameters of an instance without a cluster ask of its clients, for PostgreSQL and for MySQL. */
function instanceProtocol(instance: StackResource): string | undefined {
  const parameters = instance.named('DBParameterGroupName');
  const isRequired = ['rds.force_ssl', 'require_secure_transport'].some(name => ['1', 'ON'].includes(String(parameters?.at('Parameters', name)).toUpperCase()));
  return isRequired ? 'TLS, refused without' : undefined;
}

/** The proxy asks the database for the same that it asks its clients for. */
function databaseProxy(proxy: StackResource, keys: Keys): Findings {
  const protocol = proxy.at('RequireTLS') === true ? 'TLS, refused without' : undefined;
  const group = proxy.others('AWS::RDS::DBProxyTargetGroup').find(each => each.named('DBProxyName') === proxy);
  const clusters = proxy.others('AWS::RDS::DBCluster').filter(cluster => JSON.stringify(group?.asWritten('DBClusterIdentifiers') ?? '').includes(`"${cluster.logicalId}"`));
  const authorities = clusters.map(authority);
  const hops: Hop[] = [
    { from: 'clients', to: 'proxy', protocol, certificate: protocol && PROXY_AUTHORITY },
    { from: 'proxy', to: 'cluster', protocol, certificate: authorities.length === 0 || authorities.includes(undefined) ? undefined : authorities.join(', ') },
  ];
  return { stores: [{ store: 'log of the proxy', key: logKey(proxy, `/aws/rds/proxy/${proxy.text('DBProxyName')}`, keys) }], hops };
}

/** AWS Backup encrypts a copy with the key of the vault that it lies in. */
function backupCopies(plan: StackResource, keys: Keys): Findings {
  const rules = (plan.list('BackupPlan', 'BackupPlanRule') ?? []) as { RuleName?: unknown; CopyActions?: { DestinationBackupVaultArn?: unknown }[] }[];
  const copies = rules.flatMap(({ RuleName, CopyActions = [] }) => CopyActions.map(({ DestinationBackupVaultArn: arn }) => ({ name: String(RuleName), arn })));
  return {
    stores: copies.map(({ name, arn }) => ({ store: `copies of ${name} snapshots`, key: keys.ofVault(arn) })),
    hops: copies.map(({ name }) => ({ from: `${name} snapshots`, to: 'copies', protocol: BY_AWS, certificate: BY_AWS })),
  };
}

function bucket(resource: StackResource, keys: Keys): Findings {
  return {
    stores: [{ store: 'objects', key: bucketKey(resource, keys) }],
    hops: [{ from: 'clients', to: 'bucket', protocol: bucketProtocol(resource), certificate: BY_AWS }],
  };
}

function bucketKey(resource: StackResource, keys: Keys): KeyFinding {
  const rule = ['BucketEncryption', 'ServerSideEncryptionConfiguration', '0', 'ServerSideEncryptionByDefault'];
  const algorithm = resource.text(...rule, 'SSEAlgorithm');
  if (algorithm === undefined) { return NO_KEY; }
  if (!algorithm.startsWith('aws:kms')) { return { kind: 'aws', name: `S3's own, ${algorithm}` }; }
  const key = keys.at(resource, ...rule, 'KMSMasterKeyID');
  return key.kind === 'none' ? { kind: 'aws', name: 'alias/aws/s3' } : key;
}

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Condition?: { readonly Bool?: Record<string, unknown>; readonly NumericLessThan?: Record<string, unknown> };
}

/** What the bucket's policy denies to everybody. */
function bucketProtocol(resource: StackResource): string | undefined {
  const policies = resource.others('AWS::S3::BucketPolicy').filter(policy => policy.named('Bucket') === resource);
  const denials = policies.flatMap(policy => (policy.list('PolicyDocument', 'Statement') ?? []) as Statement[])
    .filter(({ Effect, Principal, Action }) => Effect === 'Deny' && Action === 's3:*' && ['{"AWS":"*"}', '"*"'].includes(JSON.stringify(Principal)));
  if (!denials.some(({ Condition }) => String(Condition?.Bool?.['aws:SecureTransport']) === 'false')) { return undefined; }
  const oldest = denials.map(({ Condition }) => Condition?.NumericLessThan?.['s3:TlsVersion']).find(version => version !== undefined);
  return oldest === undefined ? 'HTTPS, refused without' : `TLS ${String(oldest)} or newer, refused without`;
}

/** Variables are no place for secrets, and are encrypted all the same. */
function environment(resource: StackResource, keys: Keys): Findings {
  const variables = resource.at('Environment', 'Variables');
  if (variables === undefined) { return {}; }
  const key = keys.at(resource, 'KmsKeyArn');
  return { stores: [{ store: 'environment variables', key: key.kind === 'none' ? { kind: 'aws', name: 'alias/aws/lambda' } : key }] };
}
