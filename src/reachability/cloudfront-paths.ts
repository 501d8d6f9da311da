/** Paths through CloudFront: distribution, web ACL, origin. */
import { NetworkPaths, noun, webAclStep, workloadOf } from './network-paths';
import { PathEntrance, ReachablePath } from './reachable-path';
import { Route, Step, tcp } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Unknown, describe, resourcesIn, valuesAt } from './template-values';

export function cloudFrontPaths(app: StackTemplates, network: NetworkPaths): ReachablePath[] {
  return app.ofType('AWS::CloudFront::Distribution').flatMap(distribution => {
    if (distribution.at('DistributionConfig', 'Enabled').every(value => String(value) === 'false')) { return []; }
    const start = new Route(PathEntrance.CLOUDFRONT, 'internet', tcp(443), [{ hop: 'internet' }, ...distributionSteps(distribution)]);
    return distribution.given('DistributionConfig', 'Origins').flatMap(origin => throughOrigin(distribution, origin, start, network));
  });
}

/** The distribution, and its web ACL where every alternative has one. */
function distributionSteps(distribution: TemplateResource): Step[] {
  const values = distribution.at('DistributionConfig', 'WebACLId');
  const guards = values.map(webAclStep);
  const doubt = values.find((value): value is Unknown => value instanceof Unknown);
  const through: Step = { hop: `CloudFront distribution ${distribution.path}` };
  if (guards.length > 0 && guards.every(({ webAcl }) => webAcl !== undefined)) { return [through, { hop: guards[0].guard!, ...guards[0] }]; }
  return [through, { hop: 'no web ACL', unknown: doubt && `the web ACL ${doubt.why}` }];
}

function throughOrigin(distribution: TemplateResource, origin: unknown, start: Route, network: NetworkPaths): ReachablePath[] {
  const at = (...path: string[]) => valuesAt(origin, path).filter(value => value !== undefined && value !== '');
  const elsewhere = (what: string) => [start.via({ hop: `origin ${what}`, unknown: 'an origin that is not in these stacks' }).to(distribution)];
  const vpcOrigins = at('VpcOriginConfig', 'VpcOriginId');
  if (vpcOrigins.length > 0) {
    return vpcOrigins.flatMap(id => {
      const found = resourceOf(id, 'AWS::CloudFront::VpcOrigin');
      return found ? network.fromVpcOrigin(found, start) : elsewhere(describe(id));
    });
  }
  return at('DomainName').flatMap(name => {
    const targets = resourcesIn(name);
    // a name that is written out belongs to somebody else
    if (targets.length === 0) { return typeof name === 'string' ? [] : elsewhere(describe(name)); }
    const [control] = [...at('OriginAccessControlId'), ...at('S3OriginConfig', 'OriginAccessIdentity')];
    return targets.map(workloadOf).flatMap(target => {
      if (target.type.startsWith('AWS::ElasticLoadBalancing')) { return network.fromPublicName(target, start); }
      const access: Step = { hop: control === undefined ? 'no origin access control' : `origin access control ${resourcesIn(control)[0]?.path ?? describe(control)}` };
      return [start.via(access, { hop: `${noun(target)} ${target.path}` }).to(target)];
    });
  });
}
