import * as path from 'node:path';
import { App } from 'aws-cdk-lib';
import { GitHubRepository, HardStop, InnovatePlatform, PlatformDomain, PlatformEnvironment, PlatformTarget } from 'cdk-innovate-platform';

const app = new App();

new InnovatePlatform(app, 'Innovate', {
  management: {
    account: '111111111111',
    region: 'eu-west-1',
    organization: { organizationId: 'o-exampleorgid', rootId: 'r-exam' },
    identityCenter: { instanceArn: 'arn:aws:sso:::instance/ssoins-1234567890abcdef', identityStoreId: 'd-1234567890' },
    securityContact: { name: 'Security', title: 'Head of Security', email: 'security@innovate.example', phone: '+49 30 1234567' },
  },
  repository: GitHubRepository.of('innovate-inc/platform', {
    connectionArn: 'arn:aws:codeconnections:eu-west-1:222222222222:connection/11111111-2222-3333-4444-555555555555',
    otherConnectionArns: ['arn:aws:codeconnections:eu-west-1:333333333333:connection/66666666-7777-8888-9999-000000000000'],
  }),
  domain: PlatformDomain.hostedZone({ hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'innovate.example' }),
  alerts: { email: 'ops@innovate.example', slack: { workspaceId: 'T01ABCDEFGH', channelId: 'C01ABCDEFGH' } },
  environments: [
    PlatformEnvironment.staging({ account: '222222222222', monthlyNodeBudget: 400, hardStop: HardStop.atPercent(120) }),
    PlatformEnvironment.production({ account: '333333333333', monthlyNodeBudget: 4000 }),
  ],
  vendors: [{
    name: 'acme-payments',
    principalArn: 'arn:aws:iam::444455556666:role/acme-support',
    externalId: 'innovate-acme-7f3a',
    accessFrom: '2026-10-01',
    accessUntil: '2027-03-31',
    targets: [PlatformTarget.DATABASE_READER, PlatformTarget.API],
  }],
  developers: [{ targets: [PlatformTarget.DATABASE] }],
  siteContent: path.join(__dirname, '../application/spa/dist'),
});

app.synth();
