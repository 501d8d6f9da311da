import { Arn, ArnFormat, Stack, Tags } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { addBootstrapStep } from './bootstrap-step';
import { EnvironmentDomain } from './environment-domain';
import { EnvironmentResources } from './environment-resources';
import { EnvironmentStacks } from './environment-stacks';
import { PlatformAlerts } from './platform-alerts';
import { PlatformDevelopers } from './platform-developers';
import { PlatformDomain, PlatformHostedZone } from './platform-domain';
import { PlatformEnvironment } from './platform-environment';
import { mayEnter, validatePlatform } from './platform-validation';
import { PlatformVendor } from './platform-vendor';
import { BranchingStrategy, EnvironmentKind } from '../delivery/github/branching-strategy';
import { GitHubRepository } from '../delivery/github/github-repository';
import { PlatformPipelineOptions } from '../delivery/platform-pipeline/platform-pipeline';
import { IdentityCenterProps } from '../landing-zone/access/identity-center';
import { TrailLock } from '../landing-zone/audit/trail-lock';
import { Guardrail } from '../landing-zone/guardrails/guardrail';
import { InnovateLandingZone } from '../landing-zone/innovate-landing-zone';
import { AlternateContact } from '../landing-zone/organization/alternate-contact';
import { LandingZoneAccount } from '../landing-zone/organization/landing-zone-account';
import { OrganizationAttributes } from '../landing-zone/organization/organization';
import { OrganizationalUnit } from '../landing-zone/organization/organizational-unit';
import { isDeployTime, reject } from '../private/validation';

/** The account that holds the organization and runs no workloads. */
export interface ManagementAccount {
  /** Account id: 12 digits. */
  readonly account: string;
  /** Home region of the landing zone, and of every environment that names none. */
  readonly region: string;
  /**
   * The organization of the management account.
   *
   * @default - the first deployment makes one, with the accounts of the environments that have an `accountEmail` and no `account`;
   * its ids then belong here
   * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_create.html
   */
  readonly organization?: OrganizationAttributes;
  /**
   * Groups of people and what they may do in which accounts.
   *
   * @default - nobody gets in through IAM Identity Center
   */
  readonly identityCenter?: IdentityCenterProps;
  /**
   * Whom AWS calls about the security of any account.
   *
   * @default - the root user's e-mail address of each account
   */
  readonly securityContact?: AlternateContact;
  /**
   * Who is told when somebody uses root, changes the trail, the organization or a guardrail.
   *
   * @default - the address of the platform's alerts
   */
  readonly securityEmail?: string;
  /**
   * Name of the environment whose account is the delegated administrator of the security services.
   *
   * @default - each account watches itself
   */
  readonly securityAccount?: string;
  /**
   * What the management account should cost in a month, in US dollars.
   *
   * @default 100
   */
  readonly monthlyBudget?: number;
  /**
   * For how long nobody can delete or change a file of the audit trail. Try a platform out with `TrailLock.governance(…)`.
   *
   * @default TrailLock.compliance(Duration.days(365))
   */
  readonly trailLock?: TrailLock;
  /**
   * What nobody in a workload account can do. With a perimeter of your own, its `trustedAccounts` have to name the vendors' accounts.
   *
   * @default - `Guardrail.defaults()`, with the accounts of the vendors let in to assume their roles
   */
  readonly guardrails?: Guardrail[];
}

/** Props of `InnovatePlatform`. */
export interface InnovatePlatformProps {
  /** The account that holds the organization. */
  readonly management: ManagementAccount;
  /** The application's repository on GitHub. */
  readonly repository: GitHubRepository;
  /**
   * Which branches the repositories have, what each deploys and where its pull requests go. The branch of an environment that it does not deploy is added.
   *
   * @default BranchingStrategy.simplifiedGitFlow()
   */
  readonly branching?: BranchingStrategy;
  /**
   * The repository of the CDK app itself: each environment's account then has a pipeline that compares and deploys the environment's stacks.
   * The landing zone stays with whoever administers the organization.
   *
   * @default - somebody deploys the stacks
   */
  readonly platformPipeline?: PlatformPipelineOptions;
  /** At least one environment, each in an account of its own. */
  readonly environments: PlatformEnvironment[];
  /** Where messages go. */
  readonly alerts: PlatformAlerts;
  /**
   * The domain of the platform; required where an environment serves customers.
   *
   * @default - environments answer on CloudFront's own names, and the API's hop from CloudFront to the load balancer has no TLS
   */
  readonly domain?: PlatformDomain;
  /**
   * Third parties that reach internal services through a bastion.
   *
   * @default - none, and no bastion
   */
  readonly vendors?: PlatformVendor[];
  /**
   * Developers that reach internal services through the same bastion.
   *
   * @default - none
   */
  readonly developers?: PlatformDevelopers[];
  /**
   * Folder of the built single-page application, uploaded as the first page. It has to contain an `index.html`.
   *
   * A changed folder is uploaded again, over what the pipeline has released since: leave it out once the pipeline has run.
   *
   * @default - the site is empty until the pipeline has run
   */
  readonly siteContent?: string;
}

/**
 * A company's whole platform: landing zone, and for each environment network, cluster, database, site, delivery and vendor access.
 *
 * The stacks are called `<id>-LandingZone` and `<id>-<Environment>-<Part>`; deploy them with `cdk deploy '<id>/**'`.
 *
 * @example
 * import { App } from 'aws-cdk-lib';
 * import { GitHubRepository, InnovatePlatform, PlatformDomain, PlatformEnvironment } from 'cdk-innovate-platform';
 *
 * new InnovatePlatform(new App(), 'Innovate', {
 *   management: { account: '111111111111', region: 'eu-west-1', organization: { organizationId: 'o-exampleorgid', rootId: 'r-exam' } },
 *   repository: GitHubRepository.of('innovate-inc/platform', {
 *     connectionArn: 'arn:aws:codeconnections:eu-west-1:222222222222:connection/11111111-2222-3333-4444-555555555555',
 *     otherConnectionArns: ['arn:aws:codeconnections:eu-west-1:333333333333:connection/66666666-7777-8888-9999-000000000000'],
 *   }),
 *   domain: PlatformDomain.hostedZone({ hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'innovate.example' }),
 *   alerts: { email: 'ops@innovate.example' },
 *   environments: [
 *     PlatformEnvironment.staging({ account: '222222222222', monthlyNodeBudget: 400 }),
 *     PlatformEnvironment.production({ account: '333333333333', monthlyNodeBudget: 4000 }),
 *   ],
 * });
 *
 * @see https://docs.aws.amazon.com/whitepapers/latest/organizing-your-aws-environment/organizing-your-aws-environment.html
 */
export class InnovatePlatform extends Construct {
  /** Organization, guardrails, audit trail and budgets. */
  public readonly landingZone: InnovateLandingZone;

  private readonly props: InnovatePlatformProps;
  private readonly environments = new Map<string, EnvironmentStacks>();

  constructor(scope: Construct, id: string, props: InnovatePlatformProps) {
    super(scope, id);
    validatePlatform(this, props);
    this.props = props;
    this.landingZone = this.addLandingZone();
    for (const environment of props.environments) {
      // an account that the landing zone has yet to create cannot have stacks
      if (environment.account !== undefined) { this.environments.set(environment.name, this.addEnvironment(environment, environment.account)); }
    }
    Tags.of(this).add('innovate:platform', id);
  }

  /** The constructs of an environment, by its name. */
  public environment(name: string): EnvironmentResources {
    const known = [...this.environments.keys()];
    const isAccountless = this.props.environments.some(environment => environment.name === name);
    return this.environments.get(name) ?? reject(this, {
      prop: 'name', value: name,
      problem: isAccountless ? 'the account of this environment does not exist yet' : 'there is no environment of this name',
      remedy: isAccountless ? 'Deploy the landing zone and give the environment the `account` that is in its outputs.' : `Name one of ${known.join(', ')}.`,
    });
  }

  private addLandingZone(): InnovateLandingZone {
    const { management, environments, alerts } = this.props;
    const stack = new Stack(this, 'LandingZone', { stackName: `${this.node.id}-LandingZone`, env: { account: management.account, region: management.region } });
    addBootstrapStep(stack);
    return new InnovateLandingZone(stack, 'LandingZone', {
      organization: management.organization,
      accounts: environments.map(accountOf),
      identityCenter: management.identityCenter,
      securityContact: management.securityContact,
      securityEmail: management.securityEmail,
      securityAccount: management.securityAccount,
      managementBudgetUsd: management.monthlyBudget,
      trailLock: management.trailLock,
      guardrails: management.guardrails ?? Guardrail.defaults({ trustedAccounts: this.vendorAccounts() }),
      permittedRegions: [...new Set([management.region, ...environments.map(environment => this.regionOf(environment))])],
      alertEmail: alerts.email,
    });
  }

  /** The accounts that vendors come from, which are outside the organization. */
  private vendorAccounts(): string[] {
    const accounts = (this.props.vendors ?? []).map(({ principalArn }) => principalArn).filter(arn => !isDeployTime(arn))
      .flatMap(arn => Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME).account ?? []);
    return [...new Set(accounts)].sort();
  }

  private addEnvironment(environment: PlatformEnvironment, account: string): EnvironmentStacks {
    const { repository, platformPipeline, alerts, siteContent, vendors = [], developers = [] } = this.props;
    const name = pascalCase(environment.name);
    const stackPrefix = `${this.node.id}-${name}`;
    return new EnvironmentStacks(this, name, {
      environment,
      account,
      stackPrefix,
      repository,
      platformPipeline,
      branching: this.branching,
      alerts,
      siteContent,
      region: this.regionOf(environment),
      domain: this.domainOf(environment, account),
      vendors: vendors.filter(vendor => mayEnter(vendor, environment)),
      developers: developers.filter(access => mayEnter(access, environment)),
    });
  }

  /** With a branch for each environment. */
  private get branching(): BranchingStrategy {
    const { branching = BranchingStrategy.simplifiedGitFlow(), environments } = this.props;
    return environments.filter(({ branch }) => branching.ruleOf(branch) === undefined).reduce((strategy, { branch, isProduction }) => strategy.withBranch({
      branch, deploysTo: isProduction ? EnvironmentKind.PRODUCTION : EnvironmentKind.NON_PRODUCTION,
    }), branching);
  }

  /** Production answers on the zone's own name, every other environment below it. */
  private domainOf(environment: PlatformEnvironment, account: string): EnvironmentDomain | undefined {
    if (environment.domain) { return EnvironmentDomain.existing(environment.domain.zoneName, environment.domain); }
    if (!this.props.domain) { return undefined; }
    const zone = this.props.domain;
    const domainName = environment.isProduction ? zone.zoneName : `${environment.name}.${zone.zoneName}`;
    const zoneAccount = this.zoneAccount(zone);
    return zoneAccount === account
      ? EnvironmentDomain.existing(domainName, zone)
      : EnvironmentDomain.delegated(domainName, zone, this.delegationStack(zoneAccount));
  }

  private zoneAccount(zone: PlatformHostedZone): string {
    const { environments } = this.props;
    const holder = environments.find(environment => environment.isProduction) ?? environments[0];
    return zone.account ?? holder.account ?? reject(this, {
      prop: 'domain', value: zone.zoneName, problem: `its zone is looked for in the account of "${holder.name}", which does not exist yet`,
      remedy: 'Leave the domain out until it does, or say which account holds the zone: `PlatformDomain.hostedZone({ …, account })`.',
    });
  }

  /** In the account of the platform's zone: the records that hand names over to the environments' own zones. */
  private delegationStack(account: string): Stack {
    const id = 'Delegation';
    const existing = this.node.tryFindChild(id) as Stack | undefined;
    if (existing) { return existing; }
    const stack = new Stack(this, id, { stackName: `${this.node.id}-${id}`, env: { account, region: this.props.management.region } });
    addBootstrapStep(stack);
    if (account === this.props.management.account) {
      this.landingZone.permitInManagement(stack, 'The zone of the platform is in this account; the stack holds records that delegate names.');
    }
    return stack;
  }

  private regionOf(environment: PlatformEnvironment): string {
    return environment.region ?? this.props.management.region;
  }
}

function accountOf({ name, account, accountEmail, isProduction, monthlyAccountBudget, hardStop }: PlatformEnvironment): LandingZoneAccount {
  const organizationalUnit = isProduction ? OrganizationalUnit.PRODUCTION : OrganizationalUnit.NON_PRODUCTION;
  const common = { name, organizationalUnit, monthlyBudgetUsd: monthlyAccountBudget, hardStop };
  return accountEmail === undefined
    ? LandingZoneAccount.existing({ ...common, accountId: account! })
    : LandingZoneAccount.create({ ...common, email: accountEmail, accountId: account });
}

function pascalCase(name: string): string {
  return name.split('-').map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
