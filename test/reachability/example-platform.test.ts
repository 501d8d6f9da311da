import { App } from 'aws-cdk-lib';
import { ConnectionPooling } from '../../src/database/connection-pooling';
import { RestoreSource } from '../../src/database/restore-source';
import { GitHubRepository } from '../../src/delivery/github/github-repository';
import { FlowLogs } from '../../src/network/vpc/flow-logs';
import { Ipv6 } from '../../src/network/vpc/ipv6';
import { NatGateways } from '../../src/network/vpc/nat-gateways';
import { NetworkAcls } from '../../src/network/vpc/network-acls';
import { PrivateEndpoint } from '../../src/network/vpc/private-endpoint';
import { SecureVpcOptions } from '../../src/network/vpc/secure-vpc-options';
import { InnovatePlatform, InnovatePlatformProps } from '../../src/platform/innovate-platform';
import { PlatformDomain } from '../../src/platform/platform-domain';
import { PlatformEnvironment } from '../../src/platform/platform-environment';
import { PlatformTarget } from '../../src/platform/platform-target';
import { NetworkReachability } from '../../src/reachability/network-reachability';

const connection = (account: string) => `arn:aws:codeconnections:eu-west-1:${account}:connection/11111111-2222-3333-4444-555555555555`;

const props: InnovatePlatformProps = {
  management: { account: '111111111111', region: 'eu-west-1', organization: { organizationId: 'o-exampleorgid', rootId: 'r-exam' } },
  repository: GitHubRepository.of('innovate-inc/platform', { connectionArn: connection('222222222222'), otherConnectionArns: [connection('333333333333')] }),
  domain: PlatformDomain.hostedZone({ hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'innovate.example' }),
  alerts: { email: 'ops@innovate.example' },
  environments: [
    PlatformEnvironment.staging({ account: '222222222222', monthlyNodeBudget: 400 }),
    PlatformEnvironment.production({ account: '333333333333', monthlyNodeBudget: 4000 }),
  ],
  vendors: [{
    name: 'acme-payments', principalArn: 'arn:aws:iam::444455556666:role/acme-support', externalId: 'innovate-acme', accessFrom: '2026-10-01', accessUntil: '2027-03-31',
    targets: [PlatformTarget.DATABASE, PlatformTarget.API],
  }],
};
const app = new App();
const platform = new InnovatePlatform(app, 'Innovate', props);

const reachability = NetworkReachability.of(app);

test('the internet reaches the API and the site, through CloudFront with its web ACL, and nothing else', () => {
  reachability.expectOnlyThroughFirewall();
  expect(reachability.pathsFromInternet().map(({ destination, certain }) => [destination, certain])).toEqual([
    ['Innovate/Production/Cluster/Cluster/Api/TargetGroup', true],
    ['Innovate/Production/Site/Site/Bucket', true],
    ['Innovate/Staging/Cluster/Cluster/Api/TargetGroup', true],
    ['Innovate/Staging/Site/Site/Bucket', true],
  ]);
});

test('the way to the API, hop by hop', () => {
  const [path] = reachability.pathsTo(platform.environment('production').cluster);
  expect(path.hops).toEqual([
    'internet',
    'CloudFront distribution Innovate/Production/Site/Site/Distribution',
    'web ACL Innovate/Production/Edge/Firewall/WebAcl',
    'VPC origin Innovate/Production/Site/Site/ApiOrigin',
    expect.stringMatching(/^security group .+ admits tcp 443 from CloudFront's prefix list pl-4fa04526/),
    'load balancer Innovate/Production/Cluster/Cluster/LoadBalancer/Resource',
    'listener Innovate/Production/Cluster/Cluster/LoadBalancer/Resource/Listener, port 443',
    'target group Innovate/Production/Cluster/Cluster/Api/TargetGroup',
  ]);
});

test('the database has no path', () => {
  expect(reachability.pathsTo(platform.environment('production').database)).toEqual([]);
});

test.each<[string, SecureVpcOptions]>([
  ['IPv6, network ACLs and endpoints', { ipv6: Ipv6.egressOnly(), networkAcls: NetworkAcls.perTier(), endpoints: PrivateEndpoint.forPrivateCluster() }],
  ['NAT in each zone, which has public subnets', { natGateways: NatGateways.perZone(), flowLogs: FlowLogs.parquetToS3() }],
])('a pool, a restored database, developers and %s open nothing more', (_, network) => {
  const other = new App();
  new InnovatePlatform(other, 'Innovate', {
    ...props,
    developers: [{ targets: [PlatformTarget.DATABASE] }],
    environments: [PlatformEnvironment.staging({
      account: '222222222222', monthlyNodeBudget: 400, network, database: { pooling: ConnectionPooling.rdsProxy() },
      restoredDatabases: [{ id: 'Database2', restoreFrom: RestoreSource.snapshot('before') }],
    })],
  });
  const opened = NetworkReachability.of(other);
  opened.expectOnlyThroughFirewall();
  expect(opened.pathsFromInternet().map(({ destination }) => destination)).toEqual(['Innovate/Staging/Cluster/Cluster/Api/TargetGroup', 'Innovate/Staging/Site/Site/Bucket']);
});
