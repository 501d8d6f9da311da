/** Paths through CloudFront: distribution, web ACL, origin. */
import { apiPaths, isApi } from './api-paths';
import { vpcOriginPaths } from './edge-paths';
import { NetworkPaths, noun, workloadOf } from './network-paths';
import { PathEntrance, ReachablePath } from './reachable-path';
import { Route, Step, tcpOf } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Unknown, describe, names, resourcesIn, valuesAt } from './template-values';
import { countingHop, webAclGuard } from './web-acl';

const VPC_ORIGIN = 'AWS::CloudFront::VpcOrigin';

/** Where a distribution may write its origins; the singular ones are of old templates. */
const ORIGINS = ['Origins', 'CustomOrigin', 'S3Origin'];

export function cloudFrontPaths(app: StackTemplates, network: NetworkPaths): ReachablePath[] {
  const distributions = app.ofType('AWS::CloudFront::Distribution');
  const isUsed = (origin: TemplateResource) => distributions.some(distribution => distribution.given('DistributionConfig', 'Origins').some(value => names(value, origin)));
  return [
    ...distributions.filter(isEnabled).flatMap(distribution => {
      const start = from(distributionSteps(distribution));
      return ORIGINS.flatMap(name => distribution.given('DistributionConfig', name)).flatMap(origin => throughOrigin(distribution, origin, start, app, network));
    }),
    // an origin that nothing here uses is for a distribution of somebody else
    ...app.ofType(VPC_ORIGIN).filter(origin => !isUsed(origin))
      .flatMap(origin => vpcOriginPaths(origin, from([{ hop: `a CloudFront distribution of ${origin.path}`, unknown: 'a distribution that is not in these stacks' }]), network)),
  ];
}

function from(steps: Step[]): Route {
  return new Route(PathEntrance.CLOUDFRONT, 'internet', tcpOf(443), [{ hop: 'internet' }, ...steps]);
}

function isEnabled(distribution: TemplateResource): boolean {
  return distribution.at('DistributionConfig', 'Enabled').some(value => String(value) !== 'false');
}

/** The distribution, and its web ACL where every alternative has one. */
function distributionSteps(distribution: TemplateResource): Step[] {
  const values = distribution.at('DistributionConfig', 'WebACLId');
  const through: Step = { hop: `CloudFront distribution ${distribution.path}` };
  const found = webAclGuard(values);
  if (found.guard !== undefined) { return [through, { hop: found.guard, ...found }]; }
  const doubt = values.find((value): value is Unknown => value instanceof Unknown);
  return [through, countingHop(values) ?? { hop: 'no web ACL', unknown: doubt && `the web ACL ${doubt.why}` }];
}

function throughOrigin(distribution: TemplateResource, origin: unknown, start: Route, app: StackTemplates, network: NetworkPaths): ReachablePath[] {
  const at = (...path: string[]) => valuesAt(origin, path).filter(value => value !== undefined && value !== '');
  const elsewhere = (what: string) => [start.via({ hop: `origin ${what}`, unknown: 'an origin that is not in these stacks' }).to(distribution)];
  const vpcOrigins = at('VpcOriginConfig', 'VpcOriginId');
  if (vpcOrigins.length > 0) {
    return vpcOrigins.flatMap(id => {
      const found = resourceOf(id, VPC_ORIGIN);
      return found ? vpcOriginPaths(found, start, network) : elsewhere(describe(id));
    });
  }
  return [...at('DomainName'), ...at('DNSName')].flatMap(name => {
    const targets = [...resourcesIn(name), ...bucketsNamed(name, app)];
    // a name that is written out belongs to somebody else
    if (targets.length === 0) { return typeof name === 'string' ? [] : elsewhere(describe(name)); }
    const [control] = [...at('OriginAccessControlId'), ...at('S3OriginConfig', 'OriginAccessIdentity'), ...at('OriginAccessIdentity')];
    return targets.map(workloadOf).flatMap(target => {
      if (target.type.startsWith('AWS::ElasticLoadBalancing')) { return network.fromPublicName(target, start); }
      if (isApi(target)) { return apiPaths(target, start, app, network); }
      const access: Step = { hop: control === undefined ? 'no origin access control' : `origin access control ${resourcesIn(control)[0]?.path ?? describe(control)}` };
      return [start.via(access, { hop: `${noun(target)} ${target.path}` }).to(target)];
    });
  });
}

/** A bucket's name is a part of its host name. */
function bucketsNamed(host: unknown, app: StackTemplates): TemplateResource[] {
  const [, name] = typeof host === 'string' ? /^(.+?)\.s3[.-]/.exec(host) ?? [] : [];
  return name === undefined ? [] : app.with(name, 'AWS::S3::Bucket', 'BucketName');
}
