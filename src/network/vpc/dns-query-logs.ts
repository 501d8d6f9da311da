import { Names } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as route53resolver from 'aws-cdk-lib/aws-route53resolver';
import { Construct, IDependable } from 'constructs';
import { createDeliveryBucket, logGroupDeliveryStatement, LogStorage } from './log-delivery';
import { createLogGroup } from '../../private/log-group';

/**
 * Where the record of each name that the VPC asks for, and of each answer, is kept.
 *
 * @example
 * import { DnsQueryLogs, SecureVpc } from 'cdk-innovate-platform';
 *
 * new SecureVpc(this, 'Network', { dnsQueryLogs: DnsQueryLogs.s3() });
 *
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs.html
 */
export abstract class DnsQueryLogs {
  /** Nothing is recorded. GuardDuty, where it is on, reads the queries without it. */
  public static none(): DnsQueryLogs {
    return new NoQueryLogs();
  }

  /**
   * An encrypted log group. A region and account permit ten resource policies of CloudWatch Logs, and each VPC takes one.
   */
  public static cloudWatch(): DnsQueryLogs {
    return new CloudWatchQueryLogs();
  }

  /** An encrypted bucket, TLS only and retained: the cheaper choice for a cluster, whose pods ask for each name many times. */
  public static s3(): DnsQueryLogs {
    return new S3QueryLogs();
  }

  /** @internal */
  public abstract _bind(scope: Construct, vpc: ec2.IVpc, storage: LogStorage): void;
}

class NoQueryLogs extends DnsQueryLogs {
  public _bind(_scope: Construct, _vpc: ec2.IVpc, _storage: LogStorage): void {
    // the resolver records nothing by itself
  }
}

class CloudWatchQueryLogs extends DnsQueryLogs {
  public _bind(scope: Construct, vpc: ec2.IVpc, storage: LogStorage): void {
    const group = createLogGroup(scope, 'DnsQueryLogGroup', storage);
    const policy = new logs.ResourcePolicy(scope, 'DnsQueryLogPolicy', { policyStatements: [logGroupDeliveryStatement(scope, group)] });
    logQueries(scope, vpc, group.logGroupArn, policy);
  }
}

class S3QueryLogs extends DnsQueryLogs {
  public _bind(scope: Construct, vpc: ec2.IVpc, storage: LogStorage): void {
    const bucket = createDeliveryBucket(scope, 'DnsQueryLogBucket', storage);
    logQueries(scope, vpc, bucket.bucketArn, bucket.policy!);
  }
}

function logQueries(scope: Construct, vpc: ec2.IVpc, destinationArn: string, permission: IDependable): void {
  const config = new route53resolver.CfnResolverQueryLoggingConfig(scope, 'DnsQueryLog', {
    name: Names.uniqueResourceName(scope, { maxLength: 64 }),
    destinationArn,
  });
  config.node.addDependency(permission);
  new route53resolver.CfnResolverQueryLoggingConfigAssociation(scope, 'DnsQueryLogAssociation', {
    resourceId: vpc.vpcId, resolverQueryLogConfigId: config.attrId,
  });
}
