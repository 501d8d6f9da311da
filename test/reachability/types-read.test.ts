/** A type of AWS that learns to open a door has to be read, or to be on one of the lists. */
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import { Property } from '@aws-cdk/service-spec-types';
import { INTERFACE_READERS } from '../../src/reachability/interface-holders';
import { POLICY_PROPERTIES } from '../../src/reachability/resource-policies';
import { ENDPOINTS, isNotRead } from '../../src/reachability/service-endpoints';

const database = loadAwsServiceSpecSync();

/** Doors in a part of a type: the flag says what the type is, or is no door. */
const READ_ELSEWHERE = [
  'AWS::Batch::JobDefinition', 'AWS::EC2::LaunchTemplate', 'AWS::AutoScaling::LaunchConfiguration', 'AWS::EC2::Subnet', 'AWS::S3::Bucket', 'AWS::SecretsManager::ResourcePolicy',
  'AWS::ApiGateway::RestApi',
];

/** Doors behind a sign-in of AWS, or of something that is no workload; `docs/reachability.md` says why. */
const OUT_OF_SCOPE = [
  'AWS::CodeBuild::Project', 'AWS::S3::MultiRegionAccessPoint', 'AWS::RTBFabric::OutboundExternalLink',
  // the policy of an endpoint to AWS, of a network of networks, of devices, of identities: none admits the internet
  'AWS::ApiGateway::DomainNameV2', 'AWS::EC2::VPCEndpoint', 'AWS::EC2::VerifiedAccessGroup', 'AWS::IoT::Policy', 'AWS::NetworkManager::CoreNetwork', 'AWS::Oam::Sink', 'AWS::VpcLattice::AuthPolicy',
  'AWS::VpcLattice::ResourcePolicy', 'AWS::Bedrock::KnowledgeBasePolicy', 'AWS::Logs::AccountPolicy', 'AWS::EKS::PodIdentityAssociation',
  'AWS::Transfer::User', 'AWS::RolesAnywhere::Profile',
  'AWS::IAM::GroupPolicy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::Policy', 'AWS::IAM::RolePolicy', 'AWS::IAM::UserPolicy',
  'AWS::OpenSearchServerless::AccessPolicy', 'AWS::OpenSearchServerless::LifecyclePolicy',
];

const KNOWN = [...[INTERFACE_READERS, ENDPOINTS, POLICY_PROPERTIES].flatMap(table => Object.keys(table)), ...READ_ELSEWHERE, ...OUT_OF_SCOPE];

const DOOR = /^((Is)?PubliclyAccessible|AssociatePublicIpAddress|AssignPublicIp|PublicAccess|PublicConnectivity|EndpointPublicAccess|MapPublicIpOnLaunch|AutoAssignPublicIps)$/;
const POLICY = /^((Resource|Access|File ?System|Key|Destination)?Policy(Document|Text)?|RepositoryPolicyText|PermissionsPolicyDocument|NamespaceResourcePolicy)$/;

/** Whether a type has a property with such a name, at any depth that the templates of people reach. */
function hasProperty(properties: Record<string, Property>, name: RegExp, depth = 0): boolean {
  return Object.entries(properties).some(([key, { type }]) => {
    const inner = type.type === 'array' ? type.element : type;
    return name.test(key) || (inner.type === 'ref' && depth < 4 && hasProperty(database.get('typeDefinition', inner.reference).properties, name, depth + 1));
  });
}

const types = (holds: (properties: Record<string, Property>) => boolean) => database.all('resource').filter(({ properties }) => holds(properties)).map(({ cloudFormationType }) => cloudFormationType);

test('every type with a switch for the public is known', () => {
  expect(types(properties => hasProperty(properties, DOOR)).filter(type => !KNOWN.includes(type) && !isNotRead(type))).toEqual([]);
});

test('every type with a policy of its own is known', () => {
  const isPolicy = ([name, { type }]: [string, Property]) => POLICY.test(name) && ['json', 'string', 'union'].includes(type.type);
  expect(types(properties => Object.entries(properties).some(isPolicy)).filter(type => !KNOWN.includes(type) && !isNotRead(type))).toEqual([]);
});
