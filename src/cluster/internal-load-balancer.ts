import { Annotations, Duration } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { cloudFrontPrefixList } from './cloudfront-prefix-lists';

export interface InternalLoadBalancerProps {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly certificate?: acm.ICertificate;
  readonly cloudFrontPrefixListId?: string;
  readonly deletionProtection: boolean;
}

const LAST_PRIORITY = 50_000;

/** The load balancer between CloudFront and the pods: in private subnets, known to CloudFormation, open to CloudFront only. */
export class InternalLoadBalancer extends Construct {
  public readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  public readonly listener: elbv2.ApplicationListener;
  private routes = 0;

  constructor(scope: Construct, id: string, { vpc, vpcSubnets, certificate, cloudFrontPrefixListId, deletionProtection }: InternalLoadBalancerProps) {
    super(scope, id);
    const port = certificate ? 443 : 80;
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc, description: 'Internal load balancer: requests of CloudFront only', allowAllOutbound: false,
    });
    securityGroup.addIngressRule(ec2.Peer.prefixList(cloudFrontPrefixList(this, cloudFrontPrefixListId)), ec2.Port.tcp(port), 'CloudFront VPC origin');
    this.loadBalancer = new elbv2.ApplicationLoadBalancer(this, 'Resource', {
      vpc,
      vpcSubnets,
      securityGroup,
      internetFacing: false,
      deletionProtection,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elbv2.DesyncMitigationMode.STRICTEST,
    });
    this.listener = this.loadBalancer.addListener('Listener', {
      port,
      open: false,
      protocol: certificate ? elbv2.ApplicationProtocol.HTTPS : elbv2.ApplicationProtocol.HTTP,
      certificates: certificate && [certificate],
      sslPolicy: certificate && elbv2.SslPolicy.TLS13_RES,
      defaultAction: elbv2.ListenerAction.fixedResponse(404),
    });
    if (!certificate) {
      Annotations.of(this).addWarningV2('cdk-innovate-platform:loadBalancerWithoutCertificate',
        'The hop from CloudFront to the internal load balancer has no TLS: give `certificate`, for a name that the load balancer is reached by.');
    }
  }

  /** Sends paths to a target group. A service without paths of its own gets what is left, so its rule comes last. */
  public route(scope: Construct, paths: string[], targetGroup: elbv2.ApplicationTargetGroup): void {
    const takesTheRest = paths.includes('/*');
    new elbv2.ApplicationListenerRule(scope, 'ListenerRule', {
      listener: this.listener,
      priority: takesTheRest ? LAST_PRIORITY : ++this.routes,
      conditions: [elbv2.ListenerCondition.pathPatterns(paths)],
      action: elbv2.ListenerAction.forward([targetGroup]),
    });
  }

  /** A target group of pods that speak TLS; the load balancer does not check whose certificate they show. */
  public addTargets(scope: Construct, { port, healthCheckPath, vpc }: { port: number; healthCheckPath: string; vpc: ec2.IVpc }): elbv2.ApplicationTargetGroup {
    return new elbv2.ApplicationTargetGroup(scope, 'TargetGroup', {
      vpc,
      port,
      protocol: elbv2.ApplicationProtocol.HTTPS,
      targetType: elbv2.TargetType.IP,
      deregistrationDelay: Duration.seconds(30),
      healthCheck: {
        protocol: elbv2.Protocol.HTTPS, path: healthCheckPath, interval: Duration.seconds(10), timeout: Duration.seconds(5), healthyThresholdCount: 2,
      },
    });
  }
}
