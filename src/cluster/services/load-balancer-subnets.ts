import { Annotations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { IConstruct } from 'constructs';
import { reject } from '../../private/validation';

export interface LoadBalancerSubnetsProps {
  readonly vpc: ec2.IVpc;
  /** Those of nodes and pods. */
  readonly vpcSubnets: ec2.SubnetSelection;
  /** The load balancer's own. @default - none: it is among the pods */
  readonly loadBalancerSubnets?: ec2.SubnetSelection;
}

/** Refuses subnets of the load balancer's own in which there are pods as well. */
export function validateLoadBalancerSubnets(scope: IConstruct, { vpc, vpcSubnets, loadBalancerSubnets }: LoadBalancerSubnetsProps): void {
  if (!loadBalancerSubnets) { return; }
  const ofPods = vpc.selectSubnets(vpcSubnets).subnets.map(subnet => subnet.node.path);
  const shared = vpc.selectSubnets(loadBalancerSubnets).subnets.filter(subnet => ofPods.includes(subnet.node.path));
  if (shared.length > 0) {
    reject(scope, {
      prop: 'loadBalancerSubnets', value: shared.map(subnet => subnet.node.path), problem: '`vpcSubnets` has them too, so that pods would pass for the load balancer',
      remedy: 'Give subnets that nothing else is in, or leave it out.',
    });
  }
}

/** The addresses among which the load balancer's are: its subnets', or the VPC's where an imported subnet does not tell its range. */
export function loadBalancerCidrs(scope: IConstruct, { vpc, vpcSubnets, loadBalancerSubnets }: LoadBalancerSubnetsProps): string[] {
  const { subnets } = vpc.selectSubnets(loadBalancerSubnets ?? vpcSubnets);
  const known = subnets.map(rangeOf).filter(cidr => cidr !== undefined);
  if (known.length === subnets.length) { return known; }
  if (loadBalancerSubnets) {
    Annotations.of(scope).addWarningV2('cdk-innovate-platform:loadBalancerRangeUnknown',
      'The address ranges of `loadBalancerSubnets` are not known, so the network policies of web services let in the whole VPC: import the subnets with `ipv4CidrBlock`, or the VPC with `privateSubnetIpv4CidrBlocks`.');
  }
  return [vpc.vpcCidrBlock];
}

function rangeOf(subnet: ec2.ISubnet): string | undefined {
  try {
    return subnet.ipv4CidrBlock;
  } catch {
    return undefined;
  }
}
