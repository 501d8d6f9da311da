import * as fs from 'node:fs';
import { App } from 'aws-cdk-lib';
import { GitHubRepository, InnovatePlatform, OrganizationAttributes, PlatformDomain, PlatformEnvironment } from 'cdk-innovate-platform';

/** What is not known before the first deployment. `preflight` prints it, and it is copied into `ids.json`. */
interface Ids {
  readonly organization?: OrganizationAttributes;
  readonly staging?: string;
  readonly production?: string;
  readonly connections?: string[];
  readonly hostedZoneId?: string;
}

const file = process.env.IDS ?? 'ids.json';
const ids = (fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {}) as Ids;
const [connectionArn, ...otherConnectionArns] = ids.connections ?? [];

const app = new App();

new InnovatePlatform(app, 'Innovate', {
  management: { account: '111111111111', region: 'eu-west-1', organization: ids.organization },
  repository: GitHubRepository.of('innovate-inc/platform', { connectionArn, otherConnectionArns }),
  domain: ids.hostedZoneId ? PlatformDomain.hostedZone({ hostedZoneId: ids.hostedZoneId, zoneName: 'innovate.example' }) : undefined,
  alerts: { email: 'ops@innovate.example' },
  environments: [
    PlatformEnvironment.staging({ accountEmail: 'aws+staging@innovate.example', account: ids.staging, monthlyNodeBudget: 400 }),
    PlatformEnvironment.production({ accountEmail: 'aws+production@innovate.example', account: ids.production, monthlyNodeBudget: 4000 }),
  ],
});

app.synth();
