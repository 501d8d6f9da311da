/** Policies and access control lists that admit everybody: type by type, where the policy stands and what it is attached to. */
import { noun } from './network-paths';
import { Doubt, admitsAnybody } from './policy-statements';
import { flag } from './public-address';
import { PathEntrance, ReachablePath } from './reachable-path';
import { Route, tcpOf } from './route';
import { StackTemplates, TemplateResource } from './stack-templates';
import { Unknown, describe, mayBe, resourcesIn } from './template-values';

type Path = [string, ...string[]];

interface PolicyProperty {
  /** The property with the policy. */
  readonly policy: Path;
  /** The property that names the target, where it is not the resource itself. */
  readonly target?: Path;
  /** Further properties with policies. */
  readonly more?: Path[];
}

const of = (policy: string, target?: string): PolicyProperty => ({ policy: [policy], target: target === undefined ? undefined : [target] });

export const POLICY_PROPERTIES: Record<string, PolicyProperty> = {
  'AWS::APS::ResourcePolicy': of('PolicyDocument', 'WorkspaceArn'),
  'AWS::Backup::BackupVault': of('AccessPolicy'),
  'AWS::Backup::LogicallyAirGappedBackupVault': of('AccessPolicy'),
  'AWS::Bedrock::ResourcePolicy': of('PolicyDocument', 'ResourceArn'),
  'AWS::BedrockAgentCore::ResourcePolicy': of('Policy', 'ResourceArn'),
  'AWS::CloudTrail::ResourcePolicy': of('ResourcePolicy', 'ResourceArn'),
  'AWS::CodeArtifact::Domain': of('PermissionsPolicyDocument'),
  'AWS::CodeArtifact::Repository': of('PermissionsPolicyDocument'),
  'AWS::DSQL::Cluster': of('PolicyDocument'),
  'AWS::DynamoDB::GlobalTable': { policy: ['Replicas', 'ResourcePolicy', 'PolicyDocument'], more: [['Replicas', 'ReplicaStreamSpecification', 'ResourcePolicy', 'PolicyDocument']] },
  'AWS::DynamoDB::Table': { policy: ['ResourcePolicy', 'PolicyDocument'], more: [['StreamSpecification', 'ResourcePolicy', 'PolicyDocument']] },
  'AWS::ECR::RegistryPolicy': of('PolicyText'),
  'AWS::ECR::Repository': of('RepositoryPolicyText'),
  'AWS::ECR::RepositoryCreationTemplate': of('RepositoryPolicy'),
  'AWS::EFS::FileSystem': of('FileSystemPolicy'),
  'AWS::EventSchemas::RegistryPolicy': of('Policy', 'RegistryName'),
  'AWS::Events::EventBus': of('Policy'),
  'AWS::EventsV2::ResourcePolicy': of('PolicyDocument', 'EventBusArn'),
  'AWS::IAM::Role': of('AssumeRolePolicyDocument'),
  'AWS::KMS::Key': of('KeyPolicy'),
  'AWS::KMS::ReplicaKey': of('KeyPolicy'),
  'AWS::Kinesis::ResourcePolicy': of('ResourcePolicy', 'ResourceArn'),
  'AWS::Lambda::ResourcePolicy': of('PolicyDocument', 'ResourceArn'),
  'AWS::Lex::ResourcePolicy': of('Policy', 'ResourceArn'),
  'AWS::Logs::Destination': of('DestinationPolicy'),
  'AWS::Logs::LogGroup': of('ResourcePolicyDocument'),
  'AWS::Logs::ResourcePolicy': of('PolicyDocument'),
  'AWS::MSK::ClusterPolicy': of('Policy', 'ClusterArn'),
  'AWS::MediaPackageV2::ChannelPolicy': of('Policy', 'ChannelName'),
  'AWS::MediaPackageV2::OriginEndpointPolicy': of('Policy', 'OriginEndpointName'),
  'AWS::MediaStore::Container': of('Policy'),
  'AWS::MediaTailor::ChannelPolicy': of('Policy', 'ChannelName'),
  'AWS::OSIS::Pipeline': { policy: ['ResourcePolicy', 'Policy'] },
  'AWS::PaymentCryptography::Key': of('Policy'),
  'AWS::RUM::AppMonitor': { policy: ['ResourcePolicy', 'PolicyDocument'] },
  'AWS::Redshift::Cluster': of('NamespaceResourcePolicy'),
  'AWS::RedshiftServerless::Namespace': of('NamespaceResourcePolicy'),
  'AWS::S3::AccessPoint': of('Policy'),
  'AWS::S3::BucketPolicy': of('PolicyDocument', 'Bucket'),
  'AWS::S3::MultiRegionAccessPointPolicy': of('Policy', 'MrapName'),
  'AWS::S3Express::AccessPoint': of('Policy'),
  'AWS::S3Express::BucketPolicy': of('PolicyDocument', 'Bucket'),
  'AWS::S3Files::FileSystemPolicy': of('Policy', 'FileSystemId'),
  'AWS::S3ObjectLambda::AccessPointPolicy': of('PolicyDocument', 'ObjectLambdaAccessPoint'),
  'AWS::S3Outposts::AccessPoint': of('Policy'),
  'AWS::S3Outposts::BucketPolicy': of('PolicyDocument', 'Bucket'),
  'AWS::S3Tables::TableBucketPolicy': of('ResourcePolicy', 'TableBucketARN'),
  'AWS::S3Tables::TablePolicy': of('ResourcePolicy', 'TableARN'),
  'AWS::S3Vectors::VectorBucketPolicy': of('Policy', 'VectorBucketArn'),
  'AWS::SMSVOICE::ResourcePolicy': of('PolicyDocument', 'ResourceArn'),
  'AWS::SNS::TopicInlinePolicy': of('PolicyDocument', 'TopicArn'),
  'AWS::SNS::TopicPolicy': of('PolicyDocument', 'Topics'),
  'AWS::SQS::QueueInlinePolicy': of('PolicyDocument', 'Queue'),
  'AWS::SQS::QueuePolicy': of('PolicyDocument', 'Queues'),
  'AWS::SSM::ResourcePolicy': of('Policy', 'ResourceArn'),
  'AWS::SageMaker::ModelPackageGroup': of('ModelPackageGroupPolicy'),
  'AWS::SecretsManager::ResourcePolicy': of('ResourcePolicy', 'SecretId'),
  'AWS::XRay::ResourcePolicy': of('PolicyDocument'),
};

interface Permission {
  readonly target: string;
  /** The properties that narrow it, as conditions. */
  readonly limits: { readonly operator: string; readonly key: string; readonly property: string }[];
}

/** Permissions that are one statement, written as properties. */
const PERMISSIONS: Record<string, Permission> = {
  'AWS::Lambda::Permission': {
    target: 'FunctionName',
    limits: [
      { operator: 'StringEquals', key: 'aws:PrincipalOrgID', property: 'PrincipalOrgID' },
      { operator: 'StringLike', key: 'aws:SourceAccount', property: 'SourceAccount' },
      { operator: 'ArnLike', key: 'aws:SourceArn', property: 'SourceArn' },
    ],
  },
  'AWS::Lambda::LayerVersionPermission': {
    target: 'LayerVersionArn', limits: [{ operator: 'StringEquals', key: 'aws:PrincipalOrgID', property: 'OrganizationId' }],
  },
};

const PUBLIC_ACLS = ['PublicRead', 'PublicReadWrite', 'AuthenticatedRead'];

export function publicPolicyPaths(app: StackTemplates): ReachablePath[] {
  const ofTypes = (table: object, read: (resource: TemplateResource) => ReachablePath[]) => app.ofType(...Object.keys(table)).flatMap(read);
  return [
    ...ofTypes(POLICY_PROPERTIES, policyPaths),
    ...ofTypes(PERMISSIONS, resource => isFoundByUrl(resource, app) ? [] : permissionPaths(resource)),
    ...app.ofType('AWS::Events::EventBusPolicy').flatMap(busPaths),
    ...app.ofType('AWS::S3::Bucket').flatMap(controlListPaths),
  ];
}

function policyPaths(resource: TemplateResource): ReachablePath[] {
  const { policy, target, more = [] } = POLICY_PROPERTIES[resource.type];
  const open = blocks(resource) ? undefined : admitsAnybody([policy, ...more].flatMap(path => resource.given(...path)));
  return open ? publicPaths(resource, target && resource.given(...target), open, 'policy') : [];
}

function permissionPaths(resource: TemplateResource): ReachablePath[] {
  const { target, limits } = PERMISSIONS[resource.type];
  const conditions = limits.filter(({ property }) => resource.isWritten(property))
    .map(({ operator, key, property }) => [operator, { [key]: resource.property(property) }]);
  const statement = { Effect: 'Allow', Principal: resource.property('Principal'), Condition: Object.fromEntries(conditions) as object };
  const open = admitsAnybody([{ Statement: [statement] }]);
  return open ? publicPaths(resource, resource.given(target), open, 'permission') : [];
}

function busPaths(resource: TemplateResource): ReachablePath[] {
  const { Type, Key, Value } = (resource.property('Condition') ?? {}) as Record<string, unknown>;
  const Condition = typeof Type === 'string' && typeof Key === 'string' ? { [Type]: { [Key]: Value } } : undefined;
  const open = admitsAnybody([{ Statement: resource.property('Statement') ?? { Effect: 'Allow', Principal: resource.property('Principal'), Condition } }]);
  return open ? publicPaths(resource, resource.given('EventBusName'), open, 'policy') : [];
}

function controlListPaths(bucket: TemplateResource): ReachablePath[] {
  const acl = bucket.given('AccessControl').find(value => PUBLIC_ACLS.some(name => mayBe(value, name)));
  return acl === undefined || hasBlock(bucket, ['BlockPublicAcls', 'IgnorePublicAcls'])
    ? [] : [publicPath(bucket, `access control list ${describe(acl)}`, acl instanceof Unknown ? acl.why : undefined)];
}

/** To each resource that a policy is attached to; where it is not known, to the policy itself. */
function publicPaths(resource: TemplateResource, values: unknown[] | undefined, { unknown, by }: Doubt, kind: string): ReachablePath[] {
  const hop = `${kind} ${resource.path} admits everybody${by === undefined ? '' : ` ${by}`}`;
  const path = (target: TemplateResource) => publicPath(target, hop, unknown);
  if (!values || values.length === 0) { return [path(resource)]; }
  return values.flatMap(value => {
    const targets = resourcesIn(value);
    return targets.length > 0 ? targets.filter(target => !blocks(target)).map(path) : [publicPath(resource, hop, unknown ?? `what it is attached to: ${describe(value)}`)];
  });
}

function publicPath(target: TemplateResource, hop: string, unknown?: string): ReachablePath {
  return new Route(PathEntrance.PUBLIC_POLICY, 'internet', tcpOf(443), [{ hop: 'internet' }, { hop, unknown }, { hop: `${noun(target)} ${target.path}` }]).to(target);
}

/** What refuses public policies for certain: the public access block of a bucket or an access point, the check of a secret. */
function blocks(resource: TemplateResource): boolean {
  return hasBlock(resource, ['BlockPublicPolicy', 'RestrictPublicBuckets'])
    || (resource.type === 'AWS::SecretsManager::ResourcePolicy' && resource.at('BlockPublicPolicy').every(value => String(value) === 'true'));
}

/** Whether a public access block says so; one that is not written proves nothing. */
function hasBlock(resource: TemplateResource, settings: string[]): boolean {
  return settings.some(name => resource.at('PublicAccessBlockConfiguration', name).every(value => String(value) === 'true'));
}

/** A permission for the URL of a function that is open itself says nothing new. */
function isFoundByUrl(permission: TemplateResource, app: StackTemplates): boolean {
  const isForUrl = permission.given('FunctionUrlAuthType').includes('NONE') || permission.given('InvokedViaFunctionUrl').some(value => String(value) === 'true');
  if (!isForUrl) { return false; }
  const functions = resourcesIn(permission.property('FunctionName'));
  return functions.length > 0 && functions.every(target => app.naming(target, 'AWS::Lambda::Url', 'TargetFunctionArn').some(url => flag(url.at('AuthType'), false, type => type === 'NONE')));
}
