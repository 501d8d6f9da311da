/** What a load balancer does with a request: its listeners, their rules, the targets behind them. */
import { Ports, Step, commonPorts, tcpOf } from './route';
import { StackTemplates, TemplateResource } from './stack-templates';
import { describe, names, resourcesIn } from './template-values';

const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const CLASSIC = 'AWS::ElasticLoadBalancing::LoadBalancer';

export interface Listening {
  readonly listener: TemplateResource;
  readonly ports: Ports;
  readonly step: Step;
}

export interface Forward {
  /** `undefined` where it is not in these stacks. */
  readonly group?: TemplateResource;
  readonly steps: Step[];
}

export function isBalancer({ type }: TemplateResource): boolean {
  return type === 'AWS::ElasticLoadBalancingV2::LoadBalancer' || type === CLASSIC;
}

export function isClassic({ type }: TemplateResource): boolean {
  return type === CLASSIC;
}

/** The listeners that take some of the traffic; `undefined` where these stacks have none. */
export function listenersOf(app: StackTemplates, balancer: TemplateResource, ports: Ports): Listening[] | undefined {
  const all = app.naming(balancer, LISTENER, 'LoadBalancerArn');
  if (all.length === 0) { return undefined; }
  return all.flatMap(listener => listener.at('Port').flatMap(port => {
    const { from, to } = tcpOf(port);
    const common = commonPorts(ports, { ...ports, from, to });
    const step = { hop: `listener ${listener.path}, port ${describe(port)}`, unknown: doubtOf(listener, balancer, 'LoadBalancerArn') };
    return common ? [{ listener, ports: common, step }] : [];
  }));
}

/** Where a listener and its rules send requests. Of two ways to a group, the one without a sign-in counts. */
export function forwardsOf(app: StackTemplates, listener: TemplateResource): Forward[] {
  const rules = app.naming(listener, 'AWS::ElasticLoadBalancingV2::ListenerRule', 'ListenerArn');
  const found = [{ from: listener, property: 'DefaultActions' }, ...rules.map(from => ({ from, property: 'Actions' }))].flatMap(({ from, property }) => {
    const doubt = from === listener ? undefined : doubtOf(from, listener, 'ListenerArn');
    const signIn = from.given(property, 'Type').find(type => typeof type === 'string' && type.startsWith('authenticate-'));
    const steps: Step[] = [
      ...doubt ? [{ hop: `rule ${from.path}`, unknown: doubt }] : [],
      ...signIn === undefined ? [] : [{ hop: `sign-in by ${String(signIn)} (${from.path})`, guard: String(signIn) }],
    ];
    return [...from.given(property, 'TargetGroupArn'), ...from.given(property, 'ForwardConfig', 'TargetGroups', 'TargetGroupArn')].flatMap((value): Forward[] => {
      const groups = resourcesIn(value);
      const elsewhere = { hop: `target group ${describe(value)}`, unknown: 'the targets of a group that is not in these stacks' };
      return groups.length === 0 ? [{ steps: [...steps, elsewhere] }] : groups.map(group => ({ group, steps: [...steps, { hop: `target group ${group.path}` }] }));
    });
  });
  const isGuarded = ({ steps }: Forward) => steps.some(({ guard }) => guard !== undefined);
  const leastGuardedLast = [...found].sort((a, b) => Number(isGuarded(b)) - Number(isGuarded(a)));
  return [...new Map(leastGuardedLast.map(forward => [forward.group?.id ?? describe(forward.steps), forward])).values()];
}

/** What a target group or a classic load balancer sends requests to; pods and tasks may register at run time only. */
export function targetsOf(app: StackTemplates, from: TemplateResource): unknown[] {
  const naming = (type: string, ...property: [string, ...string[]]) => app.naming(from, type, ...property).map(({ reference }) => reference);
  const own = isClassic(from) ? from.given('Instances') : from.given('Targets', 'Id');
  return [
    ...own, ...naming('AWS::AutoScaling::AutoScalingGroup', isClassic(from) ? 'LoadBalancerNames' : 'TargetGroupARNs'),
    ...naming('AWS::AutoScaling::AutoScalingGroup', 'TrafficSources', 'Identifier'),
    ...['AWS::ECS::Service', 'AWS::ECS::TaskSet'].flatMap(type => naming(type, 'LoadBalancers', isClassic(from) ? 'LoadBalancerName' : 'TargetGroupArn')),
  ];
}

function doubtOf(resource: TemplateResource, target: TemplateResource, property: string): string | undefined {
  return resource.at(property).some(value => names(value, target)) ? undefined : `${property} of ${resource.path}`;
}
