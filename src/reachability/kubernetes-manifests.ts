/** Objects for which a controller makes a load balancer that faces the internet. */
import { fromJson } from './json-text';
import { Way } from './route';
import { TemplateResource } from './stack-templates';
import { describe } from './template-values';

interface KubernetesObject {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly annotations?: Record<string, unknown> };
  readonly spec?: { readonly type?: unknown; readonly scheme?: unknown };
  readonly items?: KubernetesObject[];
}

/** Kinds that say in their specification which way the load balancers of others face. */
const WITH_SCHEME = ['IngressClassParams', 'LoadBalancerConfiguration'];

export function manifestDoor(resource: TemplateResource): Way {
  const objects = fromJson(resource.property('Manifest'));
  if (typeof objects !== 'object') { return [{ hop: `manifest ${resource.path}`, unknown: 'a manifest that is no JSON' }]; }
  const found = [objects as KubernetesObject | KubernetesObject[]].flat().flatMap(object => object.items ?? [object]).find(isPublic);
  return found && [{ hop: `load balancer of the ${found.kind} ${describe(found.metadata?.name ?? '')} in the manifest` }];
}

function isPublic({ kind, spec, metadata: { annotations = {} } = {} }: KubernetesObject): boolean {
  const scheme = Object.entries(annotations).find(([name]) => /load-?balancer.*-(scheme|internal)$|\/scheme$/.test(name))?.[1];
  if (kind === 'Service') { return ['LoadBalancer', 'object'].includes(typeof spec?.type === 'object' ? 'object' : String(spec?.type)) && scheme !== 'internal' && scheme !== 'true'; }
  // an ingress without a scheme is internal
  if (kind === 'Ingress') { return scheme !== undefined && scheme !== 'internal'; }
  return WITH_SCHEME.includes(kind ?? '') && spec?.scheme !== undefined && spec.scheme !== 'internal';
}
