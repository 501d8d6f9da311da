import { Annotations, AspectPriority, Aspects, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { cloudFrontPrefixList, validateCloudFrontPrefixList } from '../private/cloudfront-prefix-lists';
import { reject } from '../private/validation';

/** A security group that is made in this app. */
interface OwnGroup {
  readonly group: ec2.ISecurityGroup;
  readonly resource: ec2.CfnSecurityGroup;
}

/** Refuses a load balancer that everybody reaches without CloudFront, and one that CloudFront cannot be let in to. */
export function validateEntrance(site: Construct, loadBalancer: elbv2.IApplicationLoadBalancer, port: number, prefixListId: string | undefined): void {
  const { defaultChild } = loadBalancer.node;
  if (defaultChild instanceof elbv2.CfnLoadBalancer && defaultChild.scheme === 'internet-facing') {
    reject(site, {
      prop: 'api', value: loadBalancer.node.path, problem: 'its load balancer faces the internet, where it answers without the site and its firewall',
      remedy: 'Create it with `internetFacing: false`, or give ApiOrigin.https() where it has to be public.',
    });
  }
  if (ownGroups(loadBalancer).every(group => admitsPrefixList(group, port))) { return; }
  validateCloudFrontPrefixList(site, 'api.cloudFrontPrefixListId', prefixListId, Stack.of(loadBalancer));
}

/** Opens the load balancer's port to CloudFront, and tells where it is open to more. A group that is imported is not touched: a rule that it has already would fail. */
export function admitCloudFront(site: Construct, loadBalancer: elbv2.IApplicationLoadBalancer, port: number, prefixListId: string | undefined): void {
  for (const own of ownGroups(loadBalancer)) {
    if (!admitsPrefixList(own, port)) {
      own.group.addIngressRule(ec2.Peer.prefixList(cloudFrontPrefixList(own.group, prefixListId)), ec2.Port.tcp(port), 'CloudFront VPC origin');
    }
    // listeners may come later, and open the group by themselves
    Aspects.of(own.resource).add({
      visit: () => {
        if (rulesFor(own, port).some(({ cidrIp, cidrIpv6 }) => cidrIp === '0.0.0.0/0' || cidrIpv6 === '::/0')) {
          Annotations.of(site).addWarningV2('cdk-innovate-platform:apiOriginOpenToOthers',
            `Port ${port} of the load balancer of \`api\` is open to more than CloudFront, so its VPC and what is connected with it get past the firewall. Give its listener \`open: false\`.`);
        }
      },
    }, { priority: AspectPriority.READONLY });
  }
}

function ownGroups(loadBalancer: elbv2.IApplicationLoadBalancer): OwnGroup[] {
  return loadBalancer.connections.securityGroups.flatMap(group => {
    const resource = group.node.defaultChild;
    return resource instanceof ec2.CfnSecurityGroup ? [{ group, resource }] : [];
  });
}

function admitsPrefixList(group: OwnGroup, port: number): boolean {
  return rulesFor(group, port).some(({ sourcePrefixListId }) => sourcePrefixListId !== undefined);
}

/** What lets somebody in on the port: rules of the group itself, and those beside it, as rules for prefix lists are. */
function rulesFor({ group, resource }: OwnGroup, port: number): ec2.CfnSecurityGroup.IngressProperty[] {
  const inside = Stack.of(resource).resolve(resource.securityGroupIngress) as ec2.CfnSecurityGroup.IngressProperty[] | undefined;
  const beside = group.node.findAll().filter(each => each instanceof ec2.CfnSecurityGroupIngress);
  return [...inside ?? [], ...beside].filter(({ ipProtocol, fromPort, toPort }) => ipProtocol === '-1' || (fromPort ?? 0) <= port && port <= (toPort ?? 65_535));
}
