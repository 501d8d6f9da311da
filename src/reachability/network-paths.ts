/** Paths that end at a network interface, or at what a load balancer with one forwards to. */
import { DeclaredFacts } from './declared-facts';
import { forwardsOf, isBalancer, isClassic, listenersOf, targetsOf } from './forwarding';
import { InterfaceHolder, interfaceHolders } from './interface-holders';
import { PathEntrance, ReachablePath } from './reachable-path';
import { ALL_PORTS, Ports, Route, Step, Way, commonPorts, printPorts, tcpOf } from './route';
import { Admission, SecurityGroups, isSame } from './security-groups';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { SubnetRouting } from './subnet-routing';
import { Unknown, describe, resourcesIn } from './template-values';
import { webAclOf } from './web-acl';

/** What a request of CloudFront or an accelerator asks of an interface in a private subnet. */
export interface PrivateEntrance {
  readonly ports: Ports[];
  /** Whether a rule that names this list or group admits it. */
  admits(admission: Admission): boolean;
}

export class NetworkPaths {
  private readonly routing: SubnetRouting;
  private readonly groups: SecurityGroups;
  private readonly holders: ReadonlyMap<string, InterfaceHolder>;

  constructor(private readonly app: StackTemplates, facts: DeclaredFacts) {
    this.routing = new SubnetRouting(app, facts);
    this.groups = new SecurityGroups(app, facts);
    this.holders = new Map(interfaceHolders(app).map(holder => [holder.resource.id, holder]));
  }

  /** From the internet through a gateway to whatever has a public address. */
  public fromGateways(): ReachablePath[] {
    return [...this.holders.values()].flatMap(holder => this.doorsOf(holder).flatMap(admission => {
      const { text, family } = admission.range!;
      const way = this.publicWay(holder, { family, range: text, ports: admission.ports });
      const source = admission.range!.scope === 'cloudfront' ? `CloudFront, by a distribution of anybody (${text})` : text;
      const route = way && new Route(PathEntrance.INTERNET_GATEWAY, source, admission.ports, [{ hop: `${source}, ${printPorts(admission.ports)}` }, ...way, admission.step]);
      return route ? this.into(holder, route) : [];
    }));
  }

  /** On from something that reaches a load balancer by its public name. */
  public fromPublicName(target: TemplateResource, start: Route): ReachablePath[] {
    const holder = this.holders.get(target.id);
    if (!holder) { return []; }
    return this.doorsOf(holder).flatMap(admission => {
      const way = this.publicWay(holder, { family: admission.range!.family, range: admission.range!.text, ports: admission.ports });
      return way ? this.into(holder, start.through(admission.ports).via(...way, admission.step)) : [];
    });
  }

  /** On from something that stands in the network itself, and needs no public address. */
  public privately(target: TemplateResource, start: Route, entrance: PrivateEntrance): ReachablePath[] {
    const holder = this.holders.get(target.id);
    if (!holder) { return [start.via({ hop: `${noun(target)} ${target.path}`, unknown: 'what has this address' }).to(target)]; }
    if (!holder.subnets.some(subnet => this.routing.hasGateway(subnet))) { return []; }
    if (holder.groups.length === 0) { return entrance.ports.flatMap(ports => this.into(holder, start.through(ports))); }
    return entrance.ports.flatMap(ports => {
      const admission = this.groups.admissions(holder.groups).find(found => entrance.admits(found) && commonPorts(found.ports, ports));
      return admission ? this.into(holder, start.through(commonPorts(admission.ports, ports)!).via(admission.step)) : [];
    });
  }

  /** On from a VPC link of API Gateway: to a load balancer, a listener of one, or the tasks of a Cloud Map service. */
  public fromVpcLink(link: TemplateResource, value: unknown, start: Route): ReachablePath[] {
    const groups = link.given('SecurityGroupIds');
    const client = { resource: link, subnets: [], groups: groups.length > 0 ? groups : [new Unknown(`the groups of ${link.path}`)], publicAddress: () => undefined };
    return resourcesIn(value).flatMap(target => {
      switch (target.type) {
        case 'AWS::ElasticLoadBalancingV2::Listener':
          return this.targets(target.given('LoadBalancerArn'), client, start.through(tcpOf(target.property('Port'))), []);
        case 'AWS::ServiceDiscovery::Service': {
          const named = start.via({ hop: `Cloud Map service ${target.path}` });
          const tasks = this.app.naming(target, 'AWS::ECS::Service', 'ServiceRegistries', 'RegistryArn').map(({ reference }) => reference);
          return tasks.length > 0 ? this.targets(tasks, client, named, []) : [named.to(target)];
        }
        default: {
          // the link of a REST API comes by PrivateLink, whose traffic a load balancer need not filter
          const holder = this.holders.get(target.id);
          return holder ? this.into(holder, start.through(ALL_PORTS)) : [start.via({ hop: `${noun(target)} ${target.path}` }).to(target)];
        }
      }
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

  /** Three zones are not three paths: the first subnet that leads in counts, and before it one that does so for certain. */
  private publicWay(holder: InterfaceHolder, inbound: { family: 4 | 6; range: string; ports: Ports }): Way {
    const ways = holder.subnets.flatMap(subnet => {
      const address = holder.publicAddress(subnet, inbound.family);
      const way = address && this.routing.into(subnet, inbound);
      return way ? [[...way, { hop: `subnet ${describe(subnet)}` }, address]] : [];
    });
    return ways.find(way => way.every(({ unknown }) => unknown === undefined)) ?? ways[0];
  }

  /** To the holder, or through it where it is a load balancer. */
  private into(holder: InterfaceHolder, route: Route, seen: readonly string[] = []): ReachablePath[] {
    const { resource } = holder;
    const arrived = route.via({ hop: `${noun(resource)} ${resource.path}`, ...webAclOf(this.app, resource, route) });
    if (!isBalancer(resource) || seen.includes(resource.id)) { return [arrived.to(resource)]; }
    if (isClassic(resource)) { return this.toTargets(resource, holder, arrived, seen); }
    const listeners = listenersOf(this.app, resource, route.ports);
    // a load balancer whose listeners are made elsewhere is the end that these stacks know
    if (!listeners) { return [arrived.to(resource)]; }
    return unique(listeners.flatMap(({ listener, ports, step }) => {
      const forwards = forwardsOf(this.app, listener);
      const next = arrived.through(ports).via(step);
      if (forwards.length === 0) { return [next.to(resource)]; }
      return forwards.flatMap(({ group, steps }) => group ? this.toTargets(group, holder, next.via(...steps), seen) : [next.via(...steps).to(resource)]);
    }));
  }

  private toTargets(from: TemplateResource, balancer: InterfaceHolder, route: Route, seen: readonly string[]): ReachablePath[] {
    const values = targetsOf(this.app, from);
    return values.length === 0 ? [route.to(from)] : this.targets(values, balancer, route, seen);
  }

  /** From a client in the network to targets that have to admit it. */
  private targets(values: unknown[], client: InterfaceHolder, route: Route, seen: readonly string[]): ReachablePath[] {
    return values.flatMap(value => {
      const target = resourceOf(value) ?? resourcesIn(value)[0];
      if (!target) { return [route.via({ hop: `target ${describe(value)}`, unknown: value instanceof Unknown ? value.why : undefined }).to(client.resource)]; }
      const holder = this.holders.get(target.id);
      if (!holder) { return [route.via({ hop: `${noun(target)} ${target.path}` }).to(target)]; }
      const admission = holder.groups.length === 0 ? undefined : this.groups.admissions(holder.groups).find(found => admitsClient(found, client));
      if (!admission && holder.groups.length > 0) { return []; }
      return this.into(holder, admission ? route.via(admission.step) : route, [...seen, client.resource.id]);
    });
  }
}

function admitsClient({ peer, range }: Admission, client: InterfaceHolder): boolean {
  return range !== undefined || peer instanceof Unknown || client.groups.some(group => group instanceof Unknown || isSame(peer, group));
}

function unique(paths: ReachablePath[]): ReachablePath[] {
  return [...new Map(paths.map(path => [path.hops.join('\n'), path])).values()];
}

/** What runs behind a resource that is only an address or another name of a function. */
export function workloadOf(resource: TemplateResource): TemplateResource {
  const isName = /^AWS::Lambda::(Alias|Version)$/.test(resource.type);
  const [behind] = resourcesIn(resource.property(isName ? 'FunctionName' : 'TargetFunctionArn'));
  return behind ? workloadOf(behind) : resource;
}

/** `AWS::RDS::DBInstance` as people say it. */
export function noun({ type }: { readonly type: string }): string {
  const words = type.split('::').slice(-1)[0].replace(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3 $2$4');
  return words.split(' ').map(word => /^[A-Z]{2}/.test(word) ? word : word.toLowerCase()).join(' ');
}
