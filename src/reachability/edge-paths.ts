/** Paths of accelerators and VPC origins, which reach private addresses in a network that has an internet gateway. */
import { NetworkPaths, PrivateEntrance, noun } from './network-paths';
import { PathEntrance, ReachablePath } from './reachable-path';
import { ALL_PORTS, Route, Step, tcpOf } from './route';
import { StackTemplates, TemplateResource } from './stack-templates';
import { Unknown, describe, resourcesIn } from './template-values';

/** Where endpoints are named, of an accelerator here or of one that another account may point at them. */
const ENDPOINTS: Record<string, [string, string]> = {
  'AWS::GlobalAccelerator::EndpointGroup': ['EndpointConfigurations', 'EndpointId'],
  'AWS::GlobalAccelerator::CrossAccountAttachment': ['Resources', 'EndpointId'],
};

export function acceleratorPaths(app: StackTemplates, network: NetworkPaths): ReachablePath[] {
  return Object.entries(ENDPOINTS).flatMap(([type, path]) => app.ofType(type).flatMap(group => {
    const start = new Route(PathEntrance.GLOBAL_ACCELERATOR, 'internet', ALL_PORTS, [{ hop: 'internet' }, { hop: `Global Accelerator ${noun(group)} ${group.path}` }]);
    return group.given(...path).flatMap(endpoint => endpointPaths(endpoint, group, start, network));
  }));
}

function endpointPaths(endpoint: unknown, group: TemplateResource, start: Route, network: NetworkPaths): ReachablePath[] {
  const targets = resourcesIn(endpoint);
  if (targets.length === 0) { return [start.via({ hop: `endpoint ${describe(endpoint)}`, unknown: 'an endpoint that is not in these stacks' }).to(group)]; }
  return targets.flatMap(target => {
    // an elastic address stands for the instance that has it
    const instances = target.type === 'AWS::EC2::EIP' ? target.given('InstanceId').flatMap(resourcesIn) : [];
    return (instances.length > 0 ? instances : [target]).flatMap(found => network.privately(found, start, {
      ports: [start.ports],
      // the accelerator's own group exists only after the accelerator does, so templates know it by its id
      admits: ({ range, peer }) => range?.scope === 'internet' || isElsewhere(peer),
    }));
  });
}

/** On from a CloudFront distribution to its VPC origin. */
export function vpcOriginPaths(origin: TemplateResource, start: Route, network: NetworkPaths): ReachablePath[] {
  const config = (name: string, fallback: unknown) => origin.at('VpcOriginEndpointConfig', name).map(value => value ?? fallback);
  const policies = config('OriginProtocolPolicy', 'match-viewer');
  const ports = [
    ...policies.every(policy => policy === 'https-only') ? [] : config('HTTPPort', 80),
    ...policies.every(policy => policy === 'http-only') ? [] : config('HTTPSPort', 443),
  ].map(tcpOf);
  const hop: Step = { hop: `VPC origin ${origin.path}` };
  return origin.at('VpcOriginEndpointConfig', 'Arn').flatMap(arn => {
    const targets = resourcesIn(arn);
    if (targets.length === 0) { return [start.via(hop, { hop: `origin ${describe(arn)}`, unknown: 'a load balancer that is not in these stacks' }).to(origin)]; }
    // CloudFront's own group, too, is known by its id only
    const entrance: PrivateEntrance = { ports, admits: ({ range, peer }) => range !== undefined || isElsewhere(peer) };
    return targets.flatMap(target => network.privately(target, start.via(hop), entrance));
  });
}

function isElsewhere(peer: unknown): boolean {
  return typeof peer === 'string' || peer instanceof Unknown;
}
