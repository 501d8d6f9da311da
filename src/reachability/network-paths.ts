/** Paths that end at a network interface, or at what a load balancer with one forwards to. */
import { InterfaceHolder, interfaceHolders } from './interface-holders';
import { PathEntrance, ReachablePath } from './reachable-path';
import { ALL_PORTS, Ports, Route, Step, Way, commonPorts, printPorts, tcp } from './route';
import { Admission, SecurityGroups, isSame } from './security-groups';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { SubnetRouting } from './subnet-routing';
import { Unknown, describe, names, resourcesIn } from './template-values';

const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const CLASSIC = 'AWS::ElasticLoadBalancing::LoadBalancer';
const LOAD_BALANCERS = ['AWS::ElasticLoadBalancingV2::LoadBalancer', CLASSIC];

/** What a request of CloudFront or an accelerator asks of an interface in a private subnet. */
interface PrivateEntrance {
  readonly ports: Ports[];
  /** Whether a rule that names this list or group admits it. */
  admits(admission: Admission): boolean;
}

export class NetworkPaths {
  private readonly routing: SubnetRouting;
  private readonly groups: SecurityGroups;
  private readonly holders: InterfaceHolder[];

  constructor(private readonly app: StackTemplates) {
    this.routing = new SubnetRouting(app);
    this.groups = new SecurityGroups(app);
    this.holders = interfaceHolders(app);
  }

  /** From the internet through a gateway to whatever has a public address. */
  public fromGateways(): ReachablePath[] {
    return this.holders.flatMap(holder => this.doorsOf(holder).flatMap(admission => {
      const { text, family } = admission.range!;
      const way = this.publicWay(holder, { family, range: text, ports: admission.ports });
      const source = admission.range!.scope === 'cloudfront' ? `CloudFront, by a distribution of anybody (${text})` : text;
      const route = way && new Route(PathEntrance.INTERNET_GATEWAY, source, admission.ports, [{ hop: `${source}, ${printPorts(admission.ports)}` }, ...way, admission.step]);
      return route ? this.into(holder, route) : [];
    }));
  }

  /** From Global Accelerators, which need neither a route nor a public address. */
  public fromAccelerators(): ReachablePath[] {
    return this.app.ofType('AWS::GlobalAccelerator::EndpointGroup').flatMap(group => {
      const accelerator: Step = { hop: `Global Accelerator endpoint group ${group.path}` };
      return group.given('EndpointConfigurations', 'EndpointId').flatMap(endpoint => resourcesIn(endpoint)).flatMap(target => {
        const start = new Route(PathEntrance.GLOBAL_ACCELERATOR, 'internet', ALL_PORTS, [{ hop: 'internet' }, accelerator]);
        return this.privately(target, start, { ports: [start.ports], admits: ({ range }) => range?.scope === 'internet' });
      });
    });
  }

  /** On from a CloudFront distribution to its VPC origin. */
  public fromVpcOrigin(origin: TemplateResource, start: Route): ReachablePath[] {
    const config = (name: string, fallback: unknown) => origin.given('VpcOriginEndpointConfig', name)[0] ?? fallback;
    const policy = config('OriginProtocolPolicy', 'match-viewer');
    const numbers = [...policy === 'https-only' ? [] : [config('HTTPPort', 80)], ...policy === 'http-only' ? [] : [config('HTTPSPort', 443)]];
    const hop: Step = { hop: `VPC origin ${origin.path}` };
    const arns = origin.at('VpcOriginEndpointConfig', 'Arn');
    const targets = arns.flatMap(arn => resourcesIn(arn));
    if (targets.length === 0) {
      return [start.via(hop, { hop: `origin ${describe(arns[0])}`, unknown: 'a load balancer that is not in these stacks' }).to(origin)];
    }
    return targets.flatMap(target => this.privately(target, start.via(hop), {
      ports: numbers.map(port => tcp(Number(port))),
      // CloudFront's own group exists only after the VPC origin does, so templates know it by its id
      admits: ({ range, peer }) => range !== undefined || typeof peer === 'string' || peer instanceof Unknown,
    }));
  }

  /** On from something that reaches a load balancer by its public name. */
  public fromPublicName(target: TemplateResource, start: Route): ReachablePath[] {
    const holder = this.holders.find(({ resource }) => resource.id === target.id);
    if (!holder) { return []; }
    return this.doorsOf(holder).flatMap(admission => {
      const way = this.publicWay(holder, { family: admission.range!.family, range: admission.range!.text, ports: admission.ports });
      return way ? this.into(holder, start.through(admission.ports).via(...way, admission.step)) : [];
    });
  }

  private privately(target: TemplateResource, start: Route, entrance: PrivateEntrance): ReachablePath[] {
    const holder = this.holders.find(({ resource }) => resource.id === target.id);
    if (!holder || !holder.subnets.some(subnet => this.routing.hasGateway(subnet))) { return []; }
    if (holder.groups.length === 0) { return entrance.ports.flatMap(ports => this.into(holder, start.through(ports))); }
    return entrance.ports.flatMap(ports => {
      const admission = this.groups.admissions(holder.groups).find(found => entrance.admits(found) && commonPorts(found.ports, ports));
      return admission ? this.into(holder, start.through(commonPorts(admission.ports, ports)!).via(admission.step)) : [];
    });
  }

  /** What admits the internet or CloudFront; a network load balancer without groups admits what its listeners take. */
  private doorsOf(holder: InterfaceHolder): Admission[] {
    if (holder.groups.length > 0) {
      return this.groups.admissions(holder.groups).filter(({ range }) => range !== undefined && range.scope !== 'inside');
    }
    const step: Step = { hop: `no security group on ${holder.resource.path}` };
    return ([4, 6] as const).map(family => ({ ports: ALL_PORTS, step, range: { text: family === 4 ? '0.0.0.0/0' : '::/0', family, scope: 'internet' } }));
  }

  /** Three zones are not three paths: the first subnet that leads in counts. */
  private publicWay(holder: InterfaceHolder, inbound: { family: 4 | 6; range: string; ports: Ports }): Way {
    const subnets = holder.subnets.length > 0 ? holder.subnets : [new Unknown(`the subnets of ${holder.resource.path}`)];
    for (const subnet of subnets) {
      const address = holder.publicAddress(subnet, inbound.family);
      const way = address && this.routing.into(subnet, inbound);
      if (way) { return [...way, { hop: `subnet ${describe(subnet)}` }, address]; }
    }
    return undefined;
  }

  /** To the holder, or through it where it is a load balancer. */
  private into(holder: InterfaceHolder, route: Route, seen: readonly string[] = []): ReachablePath[] {
    const { resource } = holder;
    const arrived = route.via({ hop: `${noun(resource)} ${resource.path}`, ...this.webAclOf(resource) });
    if (!LOAD_BALANCERS.includes(resource.type) || seen.includes(resource.id)) { return [arrived.to(resource)]; }
    if (resource.type === CLASSIC) {
      const targets = [...resource.given('Instances'), ...this.wearers(resource, 'LoadBalancerNames')];
      return targets.length === 0 ? [arrived.to(resource)] : this.targets(targets, holder, arrived, seen);
    }
    const all = this.app.naming(resource, LISTENER, 'LoadBalancerArn');
    const listeners = all.flatMap(listener => {
      const port = listener.at('Port')[0];
      const isKnown = typeof port === 'number' || typeof port === 'string';
      const ports = isKnown ? commonPorts(route.ports, { ...route.ports, from: Number(port), to: Number(port) }) : route.ports;
      return ports ? [{ listener, ports }] : [];
    });
    // a load balancer whose listeners are made elsewhere is the end that these stacks know
    if (all.length === 0) { return [arrived.to(resource)]; }
    return unique(listeners.flatMap(({ listener, ports }) => {
      const step: Step = { hop: `listener ${listener.path}, port ${describe(listener.at('Port')[0])}` };
      const forwards = this.forwards(listener);
      const next = arrived.through(ports).via(step);
      if (forwards.length === 0) { return [next.to(resource)]; }
      return forwards.flatMap(({ group, guard }) => this.throughTargetGroup(group, holder, guard ? next.via(guard) : next, seen));
    }));
  }

  /** Where a listener and its rules send requests. */
  private forwards(listener: TemplateResource): { group: TemplateResource; guard?: Step }[] {
    const rules = this.app.naming(listener, 'AWS::ElasticLoadBalancingV2::ListenerRule', 'ListenerArn');
    const found = [{ from: listener, property: 'DefaultActions' }, ...rules.map(from => ({ from, property: 'Actions' }))].flatMap(({ from, property }) => {
      const groups = [...from.given(property, 'TargetGroupArn'), ...from.given(property, 'ForwardConfig', 'TargetGroups', 'TargetGroupArn')];
      const signIn = from.given(property, 'Type').find(type => typeof type === 'string' && type.startsWith('authenticate-'));
      const guard = signIn === undefined ? undefined : { hop: `sign-in by ${String(signIn)} (${from.path})`, guard: String(signIn) };
      return groups.flatMap(group => resourcesIn(group)).map(group => ({ group, guard }));
    });
    // one way without a sign-in is enough
    return [...new Map([...found].sort((a, b) => Number(!a.guard) - Number(!b.guard)).map(forward => [forward.group.id, forward])).values()];
  }

  private throughTargetGroup(group: TemplateResource, balancer: InterfaceHolder, route: Route, seen: readonly string[]): ReachablePath[] {
    const targets = [
      ...group.given('Targets', 'Id'), ...this.wearers(group, 'TargetGroupARNs'),
      ...this.app.naming(group, 'AWS::ECS::Service', 'LoadBalancers', 'TargetGroupArn').map(service => service.reference),
    ];
    const arrived = route.via({ hop: `target group ${group.path}` });
    // pods and tasks register at run time
    return targets.length === 0 ? [arrived.to(group)] : this.targets(targets, balancer, arrived, seen);
  }

  private wearers(resource: TemplateResource, property: string): unknown[] {
    return this.app.naming(resource, 'AWS::AutoScaling::AutoScalingGroup', property).map(group => group.reference);
  }

  private targets(values: unknown[], balancer: InterfaceHolder, route: Route, seen: readonly string[]): ReachablePath[] {
    return values.flatMap(value => {
      const target = resourceOf(value) ?? resourcesIn(value)[0];
      if (!target) { return [route.via({ hop: `target ${describe(value)}` }).to(balancer.resource)]; }
      const holder = this.holders.find(({ resource }) => resource.id === target.id);
      if (!holder) { return [route.via({ hop: `${noun(target)} ${target.path}` }).to(target)]; }
      const admission = holder.groups.length === 0 ? undefined : this.groups.admissions(holder.groups).find(found => admitsBalancer(found, balancer));
      if (!admission && holder.groups.length > 0) { return []; }
      return this.into(holder, admission ? route.via(admission.step) : route, [...seen, balancer.resource.id]);
    });
  }

  /** The web ACL of a load balancer or an API. */
  public webAclOf(resource: TemplateResource): Omit<Step, 'hop'> {
    const association = this.app.ofType('AWS::WAFv2::WebACLAssociation').find(found => found.at('ResourceArn').some(arn => names(arn, resource)));
    return association ? webAclStep(association.property('WebACLArn')) : {};
  }
}

/** A web ACL as a guard; one that lets everything pass is none, nor is one that nobody knows. */
export function webAclStep(value: unknown): Omit<Step, 'hop'> {
  const acl = resourceOf(value, 'AWS::WAFv2::WebACL');
  const isIdle = acl && acl.given('Rules').length === 0 && acl.given('DefaultAction', 'Block').length === 0;
  if (value === undefined || value instanceof Unknown || isIdle) { return {}; }
  return { guard: `web ACL ${acl?.path ?? describe(value)}`, webAcl: acl?.path ?? describe(value) };
}

function admitsBalancer({ peer, range }: Admission, balancer: InterfaceHolder): boolean {
  return range !== undefined || peer instanceof Unknown || balancer.groups.some(group => group instanceof Unknown || isSame(peer, group));
}

function unique(paths: ReachablePath[]): ReachablePath[] {
  return [...new Map(paths.map(path => [path.hops.join('\n'), path])).values()];
}

/** What runs behind a resource that is only an address. */
export function workloadOf(resource: TemplateResource): TemplateResource {
  return resourceOf(resource.property('TargetFunctionArn')) ?? resource;
}

/** `AWS::RDS::DBInstance` as people say it. */
export function noun({ type }: TemplateResource): string {
  const words = type.split('::').slice(-1)[0].replace(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3 $2$4');
  return words.split(' ').map(word => /^[A-Z]{2}/.test(word) ? word : word.toLowerCase()).join(' ');
}
