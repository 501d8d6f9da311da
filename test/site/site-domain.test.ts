import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { SiteDomain } from '../../src/site/site-domain';
import { SpaStaticSite } from '../../src/site/spa-static-site';
import { ACCOUNT, expectNoAnnotations, testStack } from '../support/stacks';

const CERTIFICATE_ARN = `arn:aws:acm:us-east-1:${ACCOUNT}:certificate/1`;

function stacks(...definitions: [id: string, region: string][]) {
  const app = new App();
  return definitions.map(([id, region]) => new Stack(app, id, { env: { account: ACCOUNT, region } }));
}

function importedZone(stack: Stack, zoneName: string = 'innovate.example') {
  return route53.HostedZone.fromHostedZoneAttributes(stack, 'ImportedZone', { hostedZoneId: 'Z123', zoneName });
}

function viewerCertificate(stack: Stack) {
  const [distribution] = Object.values(Template.fromStack(stack).findResources('AWS::CloudFront::Distribution'));
  return distribution.Properties.DistributionConfig.ViewerCertificate.AcmCertificateArn;
}

describe('a hosted zone', () => {
  test('made in the site\'s own stack in us-east-1: everything is there', () => {
    const stack = testStack('us-east-1');
    const zone = new route53.PublicHostedZone(stack, 'Zone', { zoneName: 'innovate.example' });
    new SpaStaticSite(stack, 'Site', { domain: SiteDomain.hostedZone('innovate.example', zone) });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::CertificateManager::Certificate', {
      DomainName: 'innovate.example', DomainValidationOptions: [{ HostedZoneId: stack.resolve(zone.hostedZoneId) }],
    });
    template.resourcePropertiesCountIs('AWS::Route53::RecordSet', { Name: 'innovate.example.', HostedZoneId: stack.resolve(zone.hostedZoneId) }, 2);
    expectNoAnnotations(stack);
  });

  test('imported: the certificate is made in us-east-1, the records in the site\'s stack', () => {
    const stack = testStack('eu-west-1', 'Web');
    new SpaStaticSite(stack, 'Site', { domain: SiteDomain.hostedZone('app.innovate.example', importedZone(stack)) });
    const edge = stack.node.scope!.node.findChild('WebEdge') as Stack;
    Template.fromStack(edge).hasResourceProperties('AWS::CertificateManager::Certificate', { DomainValidationOptions: [{ HostedZoneId: 'Z123' }] });
    expect(viewerCertificate(stack)['Fn::GetStackOutput']).toMatchObject({ StackName: 'WebEdge', Region: 'us-east-1' });
    Template.fromStack(stack).resourceCountIs('AWS::Route53::RecordSet', 2);
  });

  test('of a third stack: read by both stacks without an export', () => {
    const [dns, web] = stacks(['Dns', 'eu-west-1'], ['Web', 'eu-west-1']);
    const zone = new route53.PublicHostedZone(dns, 'Zone', { zoneName: 'innovate.example' });
    new SpaStaticSite(web, 'Site', { domain: SiteDomain.hostedZone('app.innovate.example', zone) });
    const edge = web.node.scope!.node.findChild('WebEdge') as Stack;
    const [certificate] = Object.values(Template.fromStack(edge).findResources('AWS::CertificateManager::Certificate'));
    expect(certificate.Properties.DomainValidationOptions[0].HostedZoneId['Fn::GetStackOutput']).toMatchObject({ StackName: 'Dns', Region: 'eu-west-1' });
    expect(Template.fromStack(web).findResources('AWS::Route53::RecordSet')).not.toEqual({});
    expect(JSON.stringify(Template.fromStack(dns).toJSON().Outputs)).not.toContain('Export');
    expect(web.dependencies.map(({ stackName }) => stackName).sort()).toEqual(['Dns', 'WebEdge']);
  });
});

describe('a certificate', () => {
  test('imported: used as it is, without records', () => {
    const stack = testStack('eu-west-1');
    const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', CERTIFICATE_ARN);
    const site = new SpaStaticSite(stack, 'Site', { domain: SiteDomain.certificate('app.innovate.example', certificate) });
    expect(viewerCertificate(stack)).toBe(CERTIFICATE_ARN);
    expect(site.url).toBe('https://app.innovate.example');
    Template.fromStack(stack).resourceCountIs('AWS::Route53::RecordSet', 0);
  });

  test('made in a stack of another region: its ARN travels', () => {
    const [edge, web] = stacks(['Certificates', 'us-east-1'], ['Web', 'eu-west-1']);
    const certificate = new acm.Certificate(edge, 'Certificate', { domainName: '*.innovate.example' });
    new SpaStaticSite(web, 'Site', { domain: SiteDomain.certificate('app.innovate.example', certificate, importedZone(web)) });
    expect(viewerCertificate(web)['Fn::GetStackOutput']).toMatchObject({ StackName: 'Certificates', Region: 'us-east-1' });
    Template.fromStack(web).resourceCountIs('AWS::Route53::RecordSet', 2);
  });
});

describe('refuses', () => {
  const attempt = (domain: (stack: Stack) => SiteDomain, region = 'eu-west-1') => {
    const stack = testStack(region);
    return () => new SpaStaticSite(stack, 'Site', { domain: domain(stack) });
  };

  test.each([
    ['shop.example', /`domain.domainName` is "shop.example", but it is outside the hosted zone "innovate.example"/],
    ['notinnovate.example', /outside the hosted zone/],
    ['https://app.innovate.example', /it is not a domain name.*without scheme/],
    ['App.innovate.example', /in lower case/],
    ['*.innovate.example', /it is not a domain name/],
  ])('the domain %s', (domainName, message) => {
    expect(attempt(stack => SiteDomain.hostedZone(domainName, importedZone(stack)))).toThrow(message);
  });

  test('a domain outside the zone of the records', () => {
    expect(attempt(stack => SiteDomain.certificate('app.other.example', acm.Certificate.fromCertificateArn(stack, 'Certificate', CERTIFICATE_ARN), importedZone(stack))))
      .toThrow(/outside the hosted zone/);
  });

  test('an imported certificate of another region', () => {
    expect(attempt(stack => SiteDomain.certificate('app.innovate.example', acm.Certificate.fromCertificateArn(stack, 'Certificate', CERTIFICATE_ARN.replace('us-east-1', 'eu-west-1')))))
      .toThrow(/`domain.certificate` is "arn:aws:acm:eu-west-1:.*", but it is in eu-west-1, and CloudFront uses certificates of us-east-1 only/);
  });

  test('a certificate made in another region', () => {
    expect(attempt(stack => SiteDomain.certificate('app.innovate.example', new acm.Certificate(stack, 'Certificate', { domainName: 'app.innovate.example' }))))
      .toThrow(/`domain.certificate` is "Test\/Certificate", but it is in eu-west-1/);
  });

  test('a zone made in the site\'s own stack, where the certificate is deployed before it', () => {
    expect(attempt(stack => SiteDomain.hostedZone('innovate.example', new route53.PublicHostedZone(stack, 'Zone', { zoneName: 'innovate.example' }))))
      .toThrow(/`domain.zone` is "Test\/Zone".*Create the zone in a stack of its own/);
  });

  test('no trailing dot of a zone', () => {
    expect(attempt(stack => SiteDomain.hostedZone('app.innovate.example', importedZone(stack, 'innovate.example.')))).not.toThrow();
  });
});
