import { charge, Charge, ChargeRule, one } from './charge';
import { fixedItem, unpricedItem } from './price-table';
import { StackResource } from '../stack-resources';

/** Networks: endpoints, NAT gateways, public addresses, load balancers. */
export const NETWORK_CHARGES: Record<string, ChargeRule> = {
  'AWS::EC2::VPCEndpoint': endpoint,
  'AWS::EC2::NatGateway': natGateway,
  'AWS::EC2::EIP': one('publicIpv4'),
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancer,
};

/** AWS bills an interface endpoint in each subnet, and EC2 takes one subnet of a zone. */
function endpoint(resource: StackResource): Charge[] {
  const type = resource.at('VpcEndpointType') ?? 'Gateway';
  if (type === 'Gateway') { return [{ item: fixedItem('gatewayEndpoint'), quantity: 1 }]; }
  if (type !== 'Interface') { return [{ item: unpricedItem('VPC', `${String(type)} endpoint`), quantity: 1 }]; }
  const zones = resource.list('SubnetIds')?.length;
  return [charge(fixedItem('interfaceEndpoint'), zones || undefined, 'its subnets are not in the template')];
}

/** A regional gateway bills each zone that it reaches, and there it has an address at least. */
function natGateway(resource: StackResource): Charge[] {
  if (resource.at('AvailabilityMode') !== 'regional') { return [{ item: fixedItem('natGateway'), quantity: 1 }]; }
  const named = resource.list('AvailabilityZoneAddresses');
  const zones = named?.length ? named.length : zonesOfVpc(resource);
  const problem = 'the subnets of its VPC are not in the same template';
  return [
    charge(fixedItem('regionalNatGateway'), zones, problem),
    // addresses that the template names are resources of their own
    ...named?.length ? [] : [charge(fixedItem('publicIpv4'), zones, problem)],
  ];
}

function zonesOfVpc(resource: StackResource): number | undefined {
  const vpc = resource.named('VpcId');
  const subnets = vpc && vpc.others('AWS::EC2::Subnet').filter(subnet => subnet.named('VpcId') === vpc);
  const zones = subnets?.map(subnet => subnet.zone());
  return zones?.length && !zones.includes(undefined) ? new Set(zones).size : undefined;
}

function loadBalancer(resource: StackResource): Charge[] {
  const type = resource.at('Type') ?? 'application';
  const public4 = resource.text('Scheme') === 'internal' ? [] : publicAddresses(resource);
  switch (type) {
    case 'application': return [{ item: fixedItem('applicationLoadBalancer'), quantity: 1 }, ...public4];
    case 'network': return [{ item: fixedItem('networkLoadBalancer'), quantity: 1 }, ...public4];
    default: return [{ item: unpricedItem('ELB', `Load balancer of type ${String(type)}`), quantity: 1 }];
  }
}

/** A load balancer on the internet has an address in each of its subnets at least; those that it is given are resources of their own. */
function publicAddresses(resource: StackResource): Charge[] {
  const [subnets, mappings] = [resource.list('Subnets'), resource.list('SubnetMappings')];
  if (mappings?.some(mapping => (mapping as { AllocationId?: unknown }).AllocationId !== undefined)) { return []; }
  return [charge(fixedItem('publicIpv4'), subnets && mappings && (subnets.length + mappings.length || undefined), 'its subnets are not in the template')];
}
