import { Fn, Stack, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as cr from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { AddressPlan, RESERVED_ZONES } from './address-plan';
import { DataPerimeter } from './data-perimeter';
import { DnsQueryLogs } from './dns-query-logs';
import { createEntranceSubnets } from './entrance-subnets';
import { FlowLogs } from './flow-logs';
import { ForeignVpc, ForeignVpcProps } from './foreign-vpc';
import { Ipv6 } from './ipv6';
import { Ipv6Network } from './ipv6-network';
import { NatGateways } from './nat-gateways';
import { NetworkAcls } from './network-acls';
import { PrivateEndpoint } from './private-endpoint';
import { SecureVpcProps } from './secure-vpc-props';
import { VpcBlockPublicAccess } from './vpc-block-public-access';
import { zonesOf } from './zones';
import { overlaps, parseCidr, validatePrivateCidr } from '../../private/cidr';
import { createEncryptionKey } from '../../private/encryption-key';
import { createLogGroup } from '../../private/log-group';
import { isDeployTime, reject, validateRange } from '../../private/validation';

/**
 * The network of one environment: private subnets for applications, isolated ones for data and for the load balancer, and no way in from the internet.
 *
 * More zones or other NAT gateways never move a subnet: every zone's addresses are reserved from the start.
 *
 * @example
 * import { SecureVpc } from 'cdk-innovate-platform';
 * import { aws_ec2 as ec2 } from 'aws-cdk-lib';
 *
 * const network = new SecureVpc(this, 'Network', { cidr: '10.20.0.0/16' });
 *
 * new ec2.SecurityGroup(this, 'Application', { vpc: network.vpc, allowAllOutbound: false });
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/what-is-amazon-vpc.html
 */
export class SecureVpc extends Construct {
  /**
   * Takes a VPC that is there already, and finds what it lacks: tags, routes and endpoints, each with what mends it.
   *
   * @param scope the construct that it belongs to
   * @param id unique in the scope
   * @param props the VPC and which of its subnets are for what
   */
  public static fromVpc(scope: Construct, id: string, props: ForeignVpcProps): ForeignVpc {
    return new ForeignVpc(scope, id, props);
  }

  /** The VPC. */
  public readonly vpc: ec2.IVpc;

  /** Encrypts the logs. */
  public readonly encryptionKey: kms.IKey;

  /** Where the flow log goes, unless it goes to S3. */
  public readonly flowLogGroup?: logs.ILogGroup;

  /** Where the flow log goes, if it goes to S3. */
  public readonly flowLogBucket?: s3.IBucket;

  /** The way to S3. `addToPolicy` permits it more, such as a bucket of somebody else. */
  public readonly s3Endpoint: ec2.VpcEndpoint;

  /** The security group of the interface endpoints, if there are any: it admits HTTPS from inside the VPC. */
  public readonly endpointSecurityGroup?: ec2.ISecurityGroup;

  /** Selects the private subnets for workloads and internal load balancers. */
  public readonly applicationSubnets: ec2.SubnetSelection = { subnetGroupName: 'application' };

  /** Selects the subnets for databases, which have no route to the internet. */
  public readonly dataSubnets: ec2.SubnetSelection = { subnetGroupName: 'data' };

  /**
   * Selects the subnets of the internal load balancer that CloudFront enters by, which have no way out. Nothing else belongs there: pods know a load
   * balancer by the addresses of its subnets. A selection by type or by name does not find them, so that no database lands there.
   */
  public readonly entranceSubnets: ec2.SubnetSelection;

  private karpenterCluster?: string;

  constructor(scope: Construct, id: string, props: SecureVpcProps = {}) {
    super(scope, id);
    const { cidr = '10.0.0.0/16', maxAzs = 3, natGateways = NatGateways.regional(), ipv6 = Ipv6.none() } = props;
    this.validateAddresses(cidr, props.connectedCidrs ?? []);
    this.validateZones(maxAzs);
    this.validateWaysOut(props, natGateways, ipv6);
    props.dataPerimeter?._validate(this);
    this.validateEndpoints(props.endpoints ?? []);

    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Flow log of ${this.node.path}` });
    const addresses = new AddressPlan(cidr);
    const vpc = this.createVpc(addresses, maxAzs, natGateways._zonalGateways(maxAzs), props.internetGateway ?? true);
    this.vpc = vpc;
    const entrance = createEntranceSubnets(vpc, addresses);
    this.entranceSubnets = { subnets: entrance };
    natGateways._bind(vpc);
    const ipv6Network = ipv6._bind(vpc, entrance);
    if (ipv6Network) { this.closeDefaultGroupForIpv6(vpc, ipv6Network, props.logRetention); }
    (props.networkAcls ?? NetworkAcls.none())._bind(this, vpc, entrance, ipv6Network);
    (props.blockPublicAccess ?? VpcBlockPublicAccess.none())._bind(this, vpc);
    this.tagForInternalLoadBalancers();
    const storage = { encryptionKey: this.encryptionKey, retention: props.logRetention };
    const store = (props.flowLogs ?? FlowLogs.cloudWatch())._bind(this, vpc, storage);
    this.flowLogGroup = store.group;
    this.flowLogBucket = store.bucket;
    (props.dnsQueryLogs ?? DnsQueryLogs.none())._bind(this, vpc, storage);
    this.s3Endpoint = this.addEndpoints(vpc, props);
    this.endpointSecurityGroup = this.node.tryFindChild('EndpointSecurityGroup') as ec2.SecurityGroup | undefined;
  }

  /**
   * Tags the application subnets so that a node class of Karpenter that selects by `karpenter.sh/discovery` finds them. The clusters of this library
   * name their subnets and need no tag.
   *
   * @param clusterName written out: a name that only the deployment knows would make the network wait for its own cluster. A subnet has this tag once,
   *   so that one cluster of a VPC can be found by it.
   */
  public tagForKarpenter(clusterName: string): void {
    const [prop, value] = ['clusterName', clusterName];
    if (isDeployTime(clusterName)) {
      reject(this, { prop, value, problem: 'the network would depend on its own cluster', remedy: 'Give the cluster a name, and write the same here.' });
    }
    if (this.karpenterCluster && this.karpenterCluster !== clusterName) {
      reject(this, {
        prop, value, problem: `the subnets are tagged for "${this.karpenterCluster}" already`, remedy: 'Let the other cluster select its subnets by their ids.',
      });
    }
    this.karpenterCluster = clusterName;
    this.tagApplicationSubnets('karpenter.sh/discovery', clusterName);
  }

  private validateAddresses(cidr: string, connectedCidrs: string[]): void {
    if (isDeployTime(cidr)) {
      reject(this, {
        prop: 'cidr',
        value: cidr,
        problem: 'the address plan is made at synthesis, when a token has no value yet',
        remedy: 'Write the range out, such as "10.0.0.0/16".',
      });
    }
    validatePrivateCidr(this, 'cidr', cidr, 16, 20);
    const own = parseCidr(cidr)!;
    connectedCidrs.forEach((value, index) => {
      if (isDeployTime(value)) { return; }
      const prop = `connectedCidrs[${index}]`;
      const range = parseCidr(value);
      if (!range) {
        reject(this, { prop, value, problem: 'it is not an IPv4 range in CIDR notation', remedy: 'Give a range whose host bits are zero, such as "10.0.0.0/16".' });
      }
      if (overlaps(own, range)) {
        reject(this, { prop, value, problem: `it overlaps \`cidr\`, ${cidr}`, remedy: 'Give the VPC a range of its own: connected networks cannot share addresses.' });
      }
    });
  }

  private validateZones(maxAzs: number): void {
    if (isDeployTime(maxAzs)) {
      reject(this, {
        prop: 'maxAzs',
        value: maxAzs,
        problem: 'subnets are made at synthesis, when a token has no value yet',
        remedy: `Write a number of zones from 2 to ${RESERVED_ZONES}.`,
      });
    }
    validateRange(this, { prop: 'maxAzs', value: maxAzs, min: 2, max: RESERVED_ZONES, unit: 'zones', step: 1 });
    const { region } = Stack.of(this);
    const zones = zonesOf(region);
    if (zones !== undefined && maxAzs > zones) {
      reject(this, { prop: 'maxAzs', value: maxAzs, problem: `${region} has ${zones} zones`, remedy: `Give a number of zones from 2 to ${zones}.` });
    }
  }

  private validateWaysOut({ internetGateway, blockPublicAccess }: SecureVpcProps, natGateways: NatGateways, ipv6: Ipv6): void {
    if (internetGateway === false && natGateways._leaves) {
      reject(this, {
        prop: 'internetGateway', value: false, problem: 'NAT gateways need one', remedy: 'Leave it out, or give `natGateways: NatGateways.none()`.',
      });
    }
    natGateways._validate(this);
    blockPublicAccess?._validate(this, natGateways._leaves || ipv6._leaves);
  }

  private validateEndpoints(endpoints: PrivateEndpoint[]): void {
    endpoints.forEach(endpoint => endpoint._validate(this));
    const byName = new Map([[PrivateEndpoint.S3.name, PrivateEndpoint.S3]]);
    endpoints.forEach((endpoint, index) => {
      const other = byName.get(endpoint.name) ?? endpoint;
      if (other !== endpoint) {
        reject(this, {
          prop: `endpoints[${index}]`, value: endpoint.name, problem: 'another endpoint has this name', remedy: 'Give `PrivateEndpoint.of()` another name, or leave one out.',
        });
      }
      byName.set(endpoint.name, endpoint);
    });
  }

  private createVpc(ipAddresses: AddressPlan, maxAzs: number, zonalNatGateways: number, createInternetGateway: boolean): ec2.Vpc {
    const availabilityZones = Array.from({ length: maxAzs }, (_, zone) => Fn.select(zone, Fn.getAzs()));
    return withoutZoneLookUp(Stack.of(this), () => new ec2.Vpc(this, 'Vpc', {
      ipAddresses,
      availabilityZones,
      natGateways: zonalNatGateways,
      createInternetGateway,
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [
        { name: 'application', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
        { name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        ...zonalNatGateways > 0 ? [{ name: 'egress', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false }] : [],
      ],
    }));
  }

  /** With an IPv6 range, the default security group gets one more rule, which `restrictDefaultSecurityGroup` leaves: everything out to `::/0`. */
  private closeDefaultGroupForIpv6(vpc: ec2.Vpc, ipv6: Ipv6Network, retention?: logs.RetentionDays): void {
    const stack = Stack.of(this);
    const groupId = vpc.vpcDefaultSecurityGroup;
    const revoke: cr.AwsSdkCall = {
      service: 'EC2',
      action: 'revokeSecurityGroupEgress',
      parameters: { GroupId: groupId, IpPermissions: [{ IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] }] },
      physicalResourceId: cr.PhysicalResourceId.of(groupId),
      ignoreErrorCodesMatching: 'InvalidPermission.NotFound',
    };
    new cr.AwsCustomResource(this, 'CloseDefaultGroupForIpv6', {
      onCreate: revoke,
      onUpdate: revoke,
      installLatestAwsSdk: false,
      logGroup: createLogGroup(this, 'CloseDefaultGroupLogGroup', { encryptionKey: this.encryptionKey, retention }),
      policy: cr.AwsCustomResourcePolicy.fromStatements([new iam.PolicyStatement({
        actions: ['ec2:RevokeSecurityGroupEgress'],
        resources: [stack.formatArn({ service: 'ec2', resource: 'security-group', resourceName: groupId })],
      })]),
    }).node.addDependency(ipv6.association);
  }

  /** @see https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html */
  private tagForInternalLoadBalancers(): void {
    this.tagApplicationSubnets('kubernetes.io/role/internal-elb', '1');
  }

  private tagApplicationSubnets(key: string, value: string): void {
    for (const subnet of this.vpc.selectSubnets(this.applicationSubnets).subnets) {
      Tags.of(subnet).add(key, value, { includeResourceTypes: [ec2.CfnSubnet.CFN_RESOURCE_TYPE_NAME] });
    }
  }

  /** Makes each endpoint once; returns that of S3, which is always there. */
  private addEndpoints(vpc: ec2.Vpc, { endpoints = [], dataPerimeter = DataPerimeter.account() }: SecureVpcProps): ec2.VpcEndpoint {
    let securityGroup: ec2.ISecurityGroup | undefined;
    const network = {
      vpc,
      perimeter: dataPerimeter,
      interfaceSubnets: this.applicationSubnets,
      gatewaySubnets: [this.applicationSubnets, this.dataSubnets],
      securityGroup: () => securityGroup ??= this.createEndpointSecurityGroup(vpc),
    };
    const further = new Set(endpoints);
    further.delete(PrivateEndpoint.S3);
    const s3Endpoint = PrivateEndpoint.S3._bind(network);
    further.forEach(endpoint => endpoint._bind(network));
    return s3Endpoint;
  }

  private createEndpointSecurityGroup(vpc: ec2.Vpc): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'EndpointSecurityGroup', {
      vpc, description: 'Interface endpoints: HTTPS from inside the VPC only', allowAllOutbound: false,
    });
    group.addIngressRule(ec2.Peer.ipv4(vpc.vpcCidrBlock), ec2.Port.tcp(443), 'HTTPS from inside the VPC');
    return group;
  }
}

/**
 * Runs `create` while the stack has no zones of its own to tell: `ec2.Vpc` compares the zones that it is given with
 * the stack's, and a stack of a known account and region looks those up.
 */
function withoutZoneLookUp<T>(stack: Stack, create: () => T): T {
  Object.defineProperty(stack, 'availabilityZones', { value: [], configurable: true });
  try {
    return create();
  } finally {
    Reflect.deleteProperty(stack, 'availabilityZones');
  }
}
