import { Annotations, Duration, Stack, Tags } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { TargetOptions, targetGroupProps } from './target-options';
import { createLogBucket } from '../../private/bucket';
import { cloudFrontPrefixList } from '../../private/cloudfront-prefix-lists';

export interface InternalLoadBalancerProps {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly certificate?: acm.ICertificate;
  /** Requests without TLS, where there is no certificate. */
  readonly plainHttp: boolean;
  readonly cloudFrontPrefixListId?: string;
  readonly deletionProtection: boolean;
  readonly clusterName: string;
  /** EKS Auto Mode knows the target groups that it may use by a tag. */
  readonly autoMode: boolean;
  /** How long access logs are kept. @default - one year */
  readonly logRetention?: logs.RetentionDays;
}

const LAST_PRIORITY = 50_000;

/** The load balancer between CloudFront and the pods: in private subnets, known to CloudFormation, open to CloudFront only. */
export class InternalLoadBalancer extends Construct {
  public readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  /** None where nothing says by which protocol: then no request is taken. */
  public readonly listener?: elbv2.ApplicationListener;
  /** Who asked for what. */
  public readonly accessLogs: s3.Bucket;
  private routes = 0;

  constructor(scope: Construct, id: string, private readonly props: InternalLoadBalancerProps) {
    super(scope, id);
    const { vpc, vpcSubnets, deletionProtection } = props;
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc, description: 'Internal load balancer: requests of CloudFront only', allowAllOutbound: false,
    });
    this.loadBalancer = new elbv2.ApplicationLoadBalancer(this, 'Resource', {
      vpc,
      vpcSubnets,
      securityGroup,
      internetFacing: false,
      deletionProtection,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elbv2.DesyncMitigationMode.STRICTEST,
    });
    this.accessLogs = this.logAccess();
    this.listener = this.listen(securityGroup);
  }

  /** Sends paths to a target group. A service without paths of its own gets what is left, so its rule comes last. */
  public route(scope: Construct, paths: string[], targetGroup: elbv2.ApplicationTargetGroup): void {
    const takesTheRest = paths.includes('/*');
    new elbv2.ApplicationListenerRule(scope, 'ListenerRule', {
      listener: this.listener!,
      priority: takesTheRest ? LAST_PRIORITY : ++this.routes,
      conditions: [elbv2.ListenerCondition.pathPatterns(paths)],
      action: elbv2.ListenerAction.forward([targetGroup]),
    });
  }

  private listen(securityGroup: ec2.SecurityGroup): elbv2.ApplicationListener | undefined {
    const { certificate, plainHttp, cloudFrontPrefixListId } = this.props;
    if (!certificate && !plainHttp) { return undefined; }
    const port = certificate ? 443 : 80;
    securityGroup.addIngressRule(ec2.Peer.prefixList(cloudFrontPrefixList(this, cloudFrontPrefixListId)), ec2.Port.tcp(port), 'CloudFront VPC origin');
    if (!certificate) {
      Annotations.of(this).addWarningV2('cdk-innovate-platform:loadBalancerWithoutCertificate',
        'The hop from CloudFront to the internal load balancer has no TLS: give `certificate`, for a name that the load balancer is reached by, instead of `plainHttp`.');
    }
    return this.loadBalancer.addListener('Listener', {
      port,
      open: false,
      protocol: certificate ? elbv2.ApplicationProtocol.HTTPS : elbv2.ApplicationProtocol.HTTP,
      certificates: certificate && [certificate],
      sslPolicy: certificate && elbv2.SslPolicy.TLS13_RES,
      defaultAction: elbv2.ListenerAction.fixedResponse(404),
    });
  }

  /** A target group of pods that speak TLS. */
  public addTargets(scope: Construct, options: TargetOptions): elbv2.ApplicationTargetGroup {
    const { vpc, autoMode, clusterName } = this.props;
    const targetGroup = new elbv2.ApplicationTargetGroup(scope, 'TargetGroup', { vpc, ...targetGroupProps(options) });
    if (autoMode) { Tags.of(targetGroup).add('eks:eks-cluster-name', clusterName); }
    return targetGroup;
  }

  /**
   * The load balancer's own way to set this needs to know the region.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
   */
  private logAccess(): s3.Bucket {
    const stack = Stack.of(this);
    const retention = this.props.logRetention ?? logs.RetentionDays.ONE_YEAR;
    // for ever is no number of days
    const bucket = createLogBucket(this, 'AccessLogs', { retention: Duration.days(retention === logs.RetentionDays.INFINITE ? 3653 : retention) });
    bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'AccessLogsOfLoadBalancers',
      principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`AWSLogs/${stack.account}/*`)],
      conditions: { ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'elasticloadbalancing', resource: 'loadbalancer', resourceName: '*' }) } },
    }));
    this.loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    this.loadBalancer.setAttribute('access_logs.s3.bucket', bucket.bucketName);
    // the load balancer tries whether it may write
    this.loadBalancer.node.addDependency(bucket.policy!);
    return bucket;
  }
}
