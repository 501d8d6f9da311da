import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as fc from 'fast-check';
import { EdgeFirewall, EdgeFirewallProps } from '../../../src/site/firewall/edge-firewall';
import { MANAGED_GROUPS } from '../../../src/site/firewall/firewall-managed-groups';
import { FirewallMode } from '../../../src/site/firewall/firewall-mode';
import { LoadBalancerClients, RegionalFirewall } from '../../../src/site/firewall/regional-firewall';
import { foreignVpc, testStack } from '../../support/stacks';
import { WebAclEvaluation, WebRequest } from '../../support/web-acl-evaluation';

/** The evaluation of the only web ACL of a stack. */
function evaluationOf(stack: Stack): WebAclEvaluation {
  const template = Template.fromStack(stack);
  const sets = Object.entries(template.findResources('AWS::WAFv2::IPSet')).map(([id, { Properties }]) => [id, Properties.Addresses]);
  return new WebAclEvaluation(Object.values(template.findResources('AWS::WAFv2::WebACL'))[0].Properties, Object.fromEntries(sets));
}

function evaluation(props: EdgeFirewallProps = {}): WebAclEvaluation {
  const stack = testStack('us-east-1');
  new EdgeFirewall(stack, 'Firewall', props);
  return evaluationOf(stack);
}

/** How many of equal requests pass before the first that is blocked; Infinity where 3,000 do. */
function passing(acl: WebAclEvaluation, request: WebRequest): number {
  for (let count = 0; count < 3000; count++) {
    if (acl.decide(request).action === 'Block') { return count; }
  }
  return Infinity;
}

const largeBody = { AWSManagedRulesCommonRuleSet: ['SizeRestrictions_BODY'] };

/** Ways to write the same character. */
function spelt(character: string): fc.Arbitrary<string> {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  return fc.constantFrom(character, character.toUpperCase(), `%${hex}`, `%${hex.toUpperCase()}`, `%25${hex}`);
}

/** Ways to write a path of lower-case letters so that some server still reads it as that path. */
function spellings(path: string): fc.Arbitrary<string> {
  const folders = path.split('/').slice(1);
  const slash = fc.constantFrom('/', '//', '/./', '/x/../', '%2f', '%2F', '/%2e/', '/x/%2e%2e/', '\\', '%5c', '///', ';v=1/', ';/', '/x;y/../', '%252f');
  const folder = (name: string) => fc.tuple(...[...name].map(spelt)).map(characters => characters.join(''));
  return fc.tuple(
    fc.constantFrom('/', '//', '/./', '/x/../', '/;x/', '/x/%2e%2e/', '/../'),
    ...folders.flatMap((name, index) => index === 0 ? [folder(name)] : [slash, folder(name)]),
    fc.constantFrom('', '/', ';v=1', '/mfa', '%20', '.json'),
  ).map(parts => parts.join(''));
}

describe('rate limits', () => {
  const limits: EdgeFirewallProps = {
    rateLimit: 100,
    rateLimits: [{ name: 'Login', limit: 10, window: Duration.minutes(1), paths: ['/api/login'], methods: ['POST'] }],
  };

  test('the global one lets 2,000 requests of an address pass in five minutes, then answers 429', () => {
    const acl = evaluation();
    expect(passing(acl, { path: '/api/orders' })).toBe(2000);
    expect(acl.decide({ path: '/' })).toMatchObject({ action: 'Block', rule: 'RateLimit', status: 429 });
    expect(acl.decide({ path: '/', address: '198.51.100.8' }).action).toBe('Allow');
    expect(acl.decide({ path: '/', address: '2001:db8::1' }).action).toBe('Allow');
    expect(acl.decide({ path: '/', at: 301 }).action).toBe('Allow');
  });

  test('a tighter one holds on its path only, for its method only', () => {
    expect(passing(evaluation(limits), { path: '/api/login', method: 'POST' })).toBe(10);
    expect(passing(evaluation(limits), { path: '/api/login', method: 'GET' })).toBe(100);
    expect(passing(evaluation(limits), { path: '/api/orders', method: 'POST' })).toBe(100);
  });

  test('its window passes', () => {
    const acl = evaluation(limits);
    passing(acl, { path: '/api/login', method: 'POST' });
    expect(acl.decide({ path: '/api/login', method: 'POST', at: 59 })).toMatchObject({ action: 'Block', rule: 'RateLimitLogin', status: 429 });
    expect(acl.decide({ path: '/api/login', method: 'POST', at: 121 }).action).toBe('Allow');
  });

  test('no other spelling of the path gets around it', () => {
    const acl = evaluation(limits);
    let clients = 0;
    fc.assert(fc.property(fc.array(spellings('/api/login'), { minLength: 11, maxLength: 11 }), paths => {
      const address = `10.0.${Math.floor(++clients / 256)}.${clients % 256}`;
      const verdicts = paths.map(path => acl.decide({ path, method: 'POST', address }));
      expect(verdicts.slice(0, 10).map(({ action }) => action)).toEqual(Array(10).fill('Allow'));
      expect(verdicts[10]).toMatchObject({ action: 'Block', rule: 'RateLimitLogin' });
    }), { numRuns: 300, seed: 8 });
  });

  test.each([
    '/api/x/..;/login', '/api/x/..;v=1/login', '/api/x/..%3b/login', '/api/x/%2e%2e%3B/login', '/api/x/%252e%252e%253b/login', '/x/..;/api/login',
  ])('a server that drops what follows a semicolon reads %s as the login, and so does the limit', path => {
    expect(passing(evaluation(limits), { path, method: 'POST' })).toBe(10);
  });

  test.each(['/api/log', '/api/logout', '/apis/login', '/api/users/login', '/login', '/assets/login.js', '/api-docs/login', '/api/100%25'])('%s is another path', path => {
    expect(passing(evaluation(limits), { path, method: 'POST' })).toBe(100);
  });
});

describe('lists', () => {
  const lists: EdgeFirewallProps = { rateLimit: 10, allowList: ['192.0.2.0/24', '2001:db8:1::/48'], denyList: ['192.0.2.66/32', '203.0.113.0/24', '2001:db8:bad::/48'] };

  test.each(['203.0.113.0', '203.0.113.255', '2001:db8:bad::1', '192.0.2.66'])('%s is on the deny list, whatever the allow list says', address => {
    expect(evaluation(lists).decide({ address })).toMatchObject({ action: 'Block', rule: 'DenyList' });
  });

  test.each(['203.0.112.255', '203.0.114.0', '2001:db8:bae::1', '198.51.100.1'])('%s is on neither', address => {
    expect(passing(evaluation(lists), { address })).toBe(10);
  });

  test.each(['192.0.2.1', '2001:db8:1::7'])('%s is on the allow list: no limit and no reputation', address => {
    const acl = evaluation(lists);
    expect(passing(acl, { address })).toBe(Infinity);
    const matched = { AWSManagedRulesAmazonIpReputationList: ['AWSManagedIPReputationList'], AWSManagedRulesAnonymousIpList: ['HostingProviderIPList'] };
    expect(acl.decide({ address, matched }).action).toBe('Allow');
  });

  test.each(['AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet', 'AWSManagedRulesSQLiRuleSet', 'AWSManagedRulesLinuxRuleSet', 'AWSManagedRulesUnixRuleSet'])(
    'an attack that %s sees is blocked, from wherever it comes', group => {
      for (const address of ['192.0.2.1', '198.51.100.1']) {
        expect(evaluation(lists).decide({ address, matched: { [group]: [MANAGED_GROUPS[group].rules[0]] } })).toMatchObject({ action: 'Block', rule: group });
      }
    });
});

describe('upload paths', () => {
  const uploads: EdgeFirewallProps = { uploadPaths: ['/api/documents/', '/api/avatars'] };

  test('without them a large body is blocked everywhere', () => {
    expect(evaluation().decide({ path: '/api/documents/1', matched: largeBody })).toMatchObject({ action: 'Block', rule: 'AWSManagedRulesCommonRuleSet' });
  });

  test('a large body is let through there and blocked with 413 elsewhere', () => {
    const acl = evaluation(uploads);
    fc.assert(fc.property(fc.array(fc.stringMatching(/^[a-zA-Z0-9_.~-]{1,12}$/).filter(name => !name.startsWith('.')), { minLength: 1, maxLength: 4 }), names => {
      const rest = names.join('/');
      expect(acl.decide({ path: `/api/documents/${rest}`, matched: largeBody }).action).toBe('Allow');
      expect(acl.decide({ path: `/api/avatars/${rest}`, matched: largeBody }).action).toBe('Allow');
      expect(acl.decide({ path: `/api/orders/${rest}`, matched: largeBody })).toMatchObject({ action: 'Block', rule: 'LargeBodyOutsideUploadPaths', status: 413 });
    }), { numRuns: 200, seed: 8 });
  });

  test('what else the core rule set sees is blocked there too', () => {
    const matched = { AWSManagedRulesCommonRuleSet: ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY'] };
    expect(evaluation(uploads).decide({ path: '/api/documents/1', matched })).toMatchObject({ action: 'Block', rule: 'AWSManagedRulesCommonRuleSet' });
  });

  test('no path that leads out of them takes a large body along', () => {
    const acl = evaluation(uploads);
    const up = fc.constantFrom('..', '%2e%2e', '%2E%2e', '.%2e', '..;', '..;a=b', '%252e%252e', '..%3b', '..%00', '%00..');
    const slash = fc.constantFrom('/', '//', '%2f', '%2F', '\\', '%5c', '%252f', '/./');
    const inside = fc.constantFrom('', 'x', 'x/y', 'x;y', '%20');
    fc.assert(fc.property(inside, slash, fc.array(fc.tuple(up, slash), { minLength: 1, maxLength: 3 }), (folder, first, ups) => {
      const path = `/api/documents/${folder}${first}${ups.flat().join('')}login`;
      expect(acl.decide({ path, matched: largeBody })).toMatchObject({ action: 'Block', status: 413 });
    }), { numRuns: 500, seed: 8 });
  });

  test.each(['/API/documents/1', '/api/Documents/1', '//api/documents/1', '/x/../api/documents/1', '/api/documents', '/api%2fdocuments/1', '/x/api/documents/1', '/api;x/documents/1'])(
    '%s is no upload path', path => {
      expect(evaluation(uploads).decide({ path, matched: largeBody })).toMatchObject({ action: 'Block', status: 413 });
    });

  test.each(['/api/documents//1', '/api/documents/a;b.pdf', '/api/documents/my%20file.pdf', '/api/documents/r%C3%A9sum%C3%A9.pdf', '/api/documents/a+b', '/api/documents/v1.2/a_b~c'])('%s is one', path => {
    expect(evaluation(uploads).decide({ path, matched: largeBody }).action).toBe('Allow');
  });
});

describe('observing', () => {
  const everything: EdgeFirewallProps = {
    rateLimit: 20,
    rateLimits: [{ name: 'Login', limit: 10, paths: ['/api/login'] }],
    denyList: ['203.0.113.0/24'],
    uploadPaths: ['/api/documents/'],
    additionalRules: [{
      name: 'NoTeapots', priority: 1000, action: { block: {} }, visibilityConfig: { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName: 'NoTeapots' },
      statement: { byteMatchStatement: { searchString: 'BREW', positionalConstraint: 'EXACTLY', fieldToMatch: { method: {} }, textTransformations: [{ priority: 0, type: 'NONE' }] } },
    }],
  };
  const attack: WebRequest = {
    path: '/api/login', method: 'BREW', address: '203.0.113.9',
    matched: Object.fromEntries(Object.entries(MANAGED_GROUPS).map(([group, { rules }]) => [group, [...Object.keys(rules), 'RuleThatAwsAddsLater']])),
  };

  test('blocks nothing, whatever matches, and counts each rule that would have blocked', () => {
    const acl = evaluation({ ...everything, mode: FirewallMode.OBSERVE });
    const verdicts = Array.from({ length: 30 }, () => acl.decide(attack));
    expect(verdicts.filter(({ action }) => action !== 'Allow')).toEqual([]);
    expect(verdicts[29].counted).toEqual(expect.arrayContaining([
      'DenyList', 'RateLimit', 'RateLimitLogin', 'LargeBodyOutsideUploadPaths', 'NoTeapots', 'AWSManagedRulesAntiDDoSRuleSet/DDoSRequests',
      'AWSManagedRulesCommonRuleSet/NoUserAgent_HEADER', 'AWSManagedRulesCommonRuleSet/CrossSiteScripting_URIPATH', 'AWSManagedRulesSQLiRuleSet',
    ]));
  });

  test('the same firewall blocks afterwards', () => {
    const acl = evaluation(everything);
    expect(acl.decide({ ...attack, matched: {} })).toMatchObject({ action: 'Block', rule: 'DenyList' });
    expect(acl.decide({ method: 'BREW' })).toMatchObject({ action: 'Block', rule: 'NoTeapots' });
  });
});

test('a rule that is counted does not block, and the others of its group do', () => {
  const acl = evaluation({ countedRules: ['NoUserAgent_HEADER'] });
  expect(acl.decide({ matched: { AWSManagedRulesCommonRuleSet: ['NoUserAgent_HEADER'] } })).toMatchObject({ action: 'Allow', counted: ['AWSManagedRulesCommonRuleSet/NoUserAgent_HEADER'] });
  expect(acl.decide({ matched: { AWSManagedRulesCommonRuleSet: ['NoUserAgent_HEADER', 'GenericLFI_BODY'] } }).action).toBe('Block');
});

describe('behind CloudFront', () => {
  function regional() {
    const stack = testStack();
    const vpc = foreignVpc(stack);
    new RegionalFirewall(stack, 'Firewall', {
      loadBalancers: [new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc })],
      clients: LoadBalancerClients.THROUGH_CLOUDFRONT, denyList: ['203.0.113.0/24'], uploadPaths: ['/api/documents/'],
    });
    return evaluationOf(stack);
  }

  test('the deny list looks at the address that CloudFront added, not at what the client claims', () => {
    const address = '130.176.0.1';
    expect(regional().decide({ address, headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' } })).toMatchObject({ action: 'Block', rule: 'DenyList' });
    expect(regional().decide({ address, headers: { 'x-forwarded-for': '203.0.113.9, 198.51.100.1' } }).action).toBe('Allow');
    expect(regional().decide({ address }).action).toBe('Allow');
  });

  test('CloudFront itself is never limited', () => {
    expect(passing(regional(), { address: '130.176.0.1', headers: { 'x-forwarded-for': '198.51.100.1' } })).toBe(Infinity);
  });

  test('attacks and large bodies are blocked as at the edge', () => {
    expect(regional().decide({ matched: { AWSManagedRulesSQLiRuleSet: ['SQLi_BODY'] } }).rule).toBe('AWSManagedRulesSQLiRuleSet');
    expect(regional().decide({ path: '/api/orders', matched: largeBody }).status).toBe(413);
    expect(regional().decide({ path: '/api/documents/1', matched: largeBody }).action).toBe('Allow');
  });
});
