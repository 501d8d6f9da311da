import { Stack, Tags } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlertTopic } from './alert-topic';
import { addBootstrapStep } from './bootstrap-step';
import { EnvironmentDomain } from './environment-domain';
import { EnvironmentResources } from './environment-resources';
import { PlatformAlerts } from './platform-alerts';
import { PlatformDevelopers } from './platform-developers';
import { PlatformEnvironment } from './platform-environment';
import { PlatformTarget } from './platform-target';
import { FIRST_DATABASE } from './platform-validation';
import { PlatformVendor } from './platform-vendor';
import { KarpenterCluster } from '../cluster/karpenter-cluster';
import { NodeBudget } from '../cluster/nodes/node-budget';
import { WebService } from '../cluster/services/web-service';
import { AuroraPostgres } from '../database/aurora-postgres';
import { DatabasePrivileges } from '../database/database-privileges';
import { GitFlowPipeline } from '../delivery/git-flow-pipeline';
import { BranchingStrategy } from '../delivery/github/branching-strategy';
import { GitHubRepository } from '../delivery/github/github-repository';
import { PlatformPipeline, PlatformPipelineOptions } from '../delivery/platform-pipeline/platform-pipeline';
import { PermissionSet } from '../landing-zone/access/permission-set';
import { AccountBaseline } from '../landing-zone/audit/account-baseline';
import { SecurityService } from '../landing-zone/audit/security-service';
import { VendorBastion } from '../network/bastion/vendor-bastion';
import { VendorTarget } from '../network/bastion/vendor-target';
import { SecureVpc } from '../network/vpc/secure-vpc';
import { EDGE_REGION } from '../private/edge-region';
import { ApiOrigin } from '../site/api-origin';
import { EdgeFirewall } from '../site/firewall/edge-firewall';
import { SiteDomain } from '../site/site-domain';
import { SpaStaticSite } from '../site/spa-static-site';

/** The API's database users, which log in with IAM: one reads and writes, the other changes the schema before a release. */
const API_DATABASE_USER = 'api';
const MIGRATION_DATABASE_USER = 'api_migrations';

export interface EnvironmentStacksProps {
  readonly environment: PlatformEnvironment;
  readonly account: string;
  /** Region of everything but the edge. */
  readonly region: string;
  /** Prefix of the stacks' names, e.g. `Innovate-Staging`. */
  readonly stackPrefix: string;
  readonly repository: GitHubRepository;
  readonly branching: BranchingStrategy;
  /** @default - somebody deploys the stacks */
  readonly platformPipeline?: PlatformPipelineOptions;
  readonly alerts: PlatformAlerts;
  /** The vendors that may enter this environment. */
  readonly vendors: PlatformVendor[];
  /** The developers that may enter this environment. */
  readonly developers: PlatformDevelopers[];
  /** The name the environment answers on. @default - CloudFront's own name */
  readonly domain?: EnvironmentDomain;
  /** Folder of the built single-page application. @default - none: the pipeline brings the first page */
  readonly siteContent?: string;
}

/** The stacks of one environment, each with a life cycle of its own: network, data, cluster, edge, site, delivery, access. */
export class EnvironmentStacks extends Construct implements EnvironmentResources {
  public readonly alerts: sns.ITopic;
  public readonly baseline: AccountBaseline;
  public readonly network: SecureVpc;
  public readonly database: AuroraPostgres;
  public readonly cluster: KarpenterCluster;
  public readonly api: WebService;
  public readonly firewall: EdgeFirewall;
  public readonly site: SpaStaticSite;
  public readonly delivery: GitFlowPipeline;
  public readonly platformPipeline?: PlatformPipeline;
  public readonly bastion?: VendorBastion;

  constructor(scope: Construct, id: string, private readonly props: EnvironmentStacksProps) {
    super(scope, id);
    const baseline = this.addStack('Baseline');
    const alerts = new AlertTopic(baseline, 'Alerts', props.alerts.email);
    this.alerts = alerts.topic;
    this.baseline = new AccountBaseline(baseline, 'Account', { alerts: alerts.topic, ...props.environment.baseline });
    props.domain?.bind(() => this.addStack('Dns'));
    this.network = this.addNetwork();
    this.database = this.addDatabases();
    this.cluster = this.addCluster();
    this.api = this.addApi();
    const edge = this.addStack('Edge', EDGE_REGION);
    this.watchEdge(edge);
    const edgeAlerts = props.region === EDGE_REGION ? this.alerts : new AlertTopic(edge, 'Alerts', props.alerts.email).topic;
    this.firewall = new EdgeFirewall(edge, 'Firewall', { alerts: edgeAlerts });
    this.site = this.addSite(edge, edgeAlerts);
    const delivery = this.addStack('Delivery');
    this.delivery = this.addDelivery(delivery);
    this.platformPipeline = props.platformPipeline && this.addPlatformPipeline(delivery, props.platformPipeline);
    this.bastion = props.vendors.length + props.developers.length > 0 ? this.addBastion() : undefined;
    Tags.of(this).add('innovate:environment', props.environment.name);
  }

  /** What happens to the edge and to everything global, IAM included, is seen in the edge's region. */
  private watchEdge(edge: Stack): void {
    if (this.props.region === EDGE_REGION) { return; }
    new AccountBaseline(edge, 'Account', { services: [SecurityService.GUARD_DUTY], furtherRegion: true });
  }

  private addNetwork(): SecureVpc {
    const { cidr, maxAzs, network } = this.props.environment;
    return new SecureVpc(this.addStack('Network'), 'Vpc', { ...network, cidr, maxAzs });
  }

  /** The last one that is not retired is in use. */
  private addDatabases(): AuroraPostgres {
    const stack = this.addStack('Data');
    const { database, restoredDatabases, retiredDatabases } = this.props.environment;
    const all = [{ id: FIRST_DATABASE, restoreFrom: database.restoreFrom }, ...restoredDatabases].filter(({ id }) => !retiredDatabases.includes(id));
    const made = all.map(({ id, restoreFrom }) => new AuroraPostgres(stack, id, {
      alerts: this.alerts,
      ...database,
      restoreFrom,
      vpc: this.network.vpc,
      vpcSubnets: this.network.dataSubnets,
    }));
    return made[made.length - 1];
  }

  private addCluster(): KarpenterCluster {
    const { environment } = this.props;
    const stack = this.addStack('Cluster');
    const clusterName = this.props.stackPrefix.toLowerCase();
    // its own node class names the subnets; whoever adds another finds them by the tag
    this.network.tagForKarpenter(clusterName);
    return new KarpenterCluster(stack, 'Cluster', {
      vpc: this.network.vpc,
      vpcSubnets: this.network.applicationSubnets,
      loadBalancerSubnets: this.network.entranceSubnets,
      clusterName,
      nodeBudget: NodeBudget.usdPerMonth(environment.monthlyNodeBudget),
      deletionProtection: environment.deletionProtection,
      alerts: this.alerts,
      administrators: environment.administrators.map((arn, index) => iam.Role.fromRoleArn(stack, `Administrator${index}`, arn)),
      developers: environment.readers.map((arn, index) => iam.Role.fromRoleArn(stack, `Reader${index}`, arn)),
      cloudFrontPrefixListId: environment.cloudFrontPrefixListId,
      certificate: this.certificate(stack, this.originName),
      // without a domain of its own, as in a trial, there is no name for a certificate
      plainHttp: this.originName === undefined,
    });
  }

  private addApi(): WebService {
    const api = this.cluster.addWebService('Api', { port: 8443 });
    api.addEnvironment('AWS_REGION', this.props.region);
    this.database.grantConnect(api, API_DATABASE_USER);
    const migrations = api.addJob();
    migrations.addEnvironment('AWS_REGION', this.props.region);
    this.database.grantConnect(migrations, MIGRATION_DATABASE_USER, { privileges: DatabasePrivileges.OWNER });
    return api;
  }

  private addSite(edge: Stack, alerts: sns.ITopic): SpaStaticSite {
    const { domain, siteContent, environment } = this.props;
    const certificate = this.certificate(edge, domain?.domainName);
    const stack = this.addStack('Site');
    return new SpaStaticSite(stack, 'Site', {
      domain: domain && certificate && SiteDomain.certificate(domain.domainName, certificate, domain.zone(stack)),
      firewall: this.firewall,
      api: ApiOrigin.loadBalancer(this.cluster.loadBalancer, this.originName ? { domainName: this.originName } : { plainHttp: true }),
      alerts,
      content: siteContent,
      runtimeConfig: { environment: environment.name },
    });
  }

  private addDelivery(stack: Stack): GitFlowPipeline {
    const { environment, repository, branching, alerts } = this.props;
    return new GitFlowPipeline(stack, 'Pipeline', {
      rollbackAlarms: [this.createReleaseAlarm(stack)],
      ...environment.delivery,
      repository,
      branching,
      branch: environment.branch,
      environmentName: environment.name,
      api: {
        cluster: this.cluster.cluster,
        clusterName: this.cluster.clusterName,
        vpc: this.network.vpc,
        vpcSubnets: this.network.applicationSubnets,
        namespace: this.api.namespace,
        releaseName: this.api.serviceName,
        deploymentContract: this.cluster.deploymentContract,
      },
      site: { bucket: this.site.bucket, distribution: this.site.distribution, encryptionKey: this.site.encryptionKey },
      notifications: { slack: alerts.slack, emails: [alerts.email] },
    });
  }

  /** Rings within the minutes in which a release can still be taken back; whom it concerns hears of the rollback. */
  private createReleaseAlarm(stack: Stack): cloudwatch.Alarm {
    return this.api.metricServerErrorRate().createAlarm(stack, 'ReleaseErrors', {
      alarmDescription: 'More than 5 % of the requests to the API end with a server error: a release that is being deployed is taken back.',
      threshold: 5,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  /** The stacks of this environment, by this environment's own account. */
  private addPlatformPipeline(stack: Stack, options: PlatformPipelineOptions): PlatformPipeline {
    const { environment, branching, alerts, region } = this.props;
    return new PlatformPipeline(stack, 'PlatformPipeline', {
      ...options,
      branching,
      branch: environment.branch,
      environmentName: environment.name,
      stacks: `${this.node.path}/*`,
      regions: [...new Set([region, EDGE_REGION])],
      notifications: { slack: alerts.slack, emails: [alerts.email] },
    });
  }

  private addBastion(): VendorBastion {
    return new VendorBastion(this.addStack('Access'), 'Bastion', {
      vpc: this.network.vpc,
      alerts: this.alerts,
      vpcSubnets: this.network.applicationSubnets,
      vendors: this.props.vendors.map(vendor => ({ ...vendor, targets: this.bastionTargets(vendor.targets) })),
      developers: this.props.developers.map(({ permissionSet = PermissionSet.DEVELOPER, targets }) => ({
        permissionSet: permissionSet.name, targets: this.bastionTargets(targets),
      })),
    });
  }

  private bastionTargets(targets: PlatformTarget[]): VendorTarget[] {
    return targets.map(target => this.bastionTarget(target));
  }

  private bastionTarget(target: PlatformTarget): VendorTarget {
    switch (target) {
      case PlatformTarget.DATABASE:
        return VendorTarget.connectable(target, this.database, this.database.clusterEndpoint.hostname, this.database.port);
      case PlatformTarget.DATABASE_READER:
        return VendorTarget.connectable(target, this.database, this.database.readerEndpoint.hostname, this.database.port);
      case PlatformTarget.API:
        return VendorTarget.connectable(target, this.cluster.loadBalancer, this.cluster.loadBalancer.loadBalancerDnsName, this.originName ? 443 : 80);
    }
  }

  /** The name that CloudFront asks the load balancer's certificate for; no record of it exists. */
  private get originName(): string | undefined {
    return this.props.domain && `origin.${this.props.domain.domainName}`;
  }

  private certificate(stack: Stack, domainName: string | undefined): acm.ICertificate | undefined {
    const { domain } = this.props;
    if (!domain || !domainName) { return undefined; }
    domain.answersBefore(stack);
    return new acm.Certificate(stack, 'Certificate', { domainName, validation: acm.CertificateValidation.fromDns(domain.zone(stack)) });
  }

  private addStack(name: string, region: string = this.props.region): Stack {
    const isFirstOfRegion = !this.node.children.some(child => Stack.isStack(child) && child.region === region);
    const stack = new Stack(this, name, {
      stackName: `${this.props.stackPrefix}-${name}`,
      env: { account: this.props.account, region },
    });
    if (isFirstOfRegion) { addBootstrapStep(stack); }
    return stack;
  }
}
