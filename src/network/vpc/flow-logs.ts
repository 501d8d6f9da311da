import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { createDeliveryBucket, FlowLogStore, LogStorage } from './log-delivery';
import { createLogGroup } from '../../private/log-group';

/** Every field of the default format, and those that tell who spoke behind NAT, in which direction and by which way. */
const PARQUET_FIELDS = [
  ec2.LogFormat.ALL_DEFAULT_FIELDS,
  ec2.LogFormat.VPC_ID,
  ec2.LogFormat.SUBNET_ID,
  ec2.LogFormat.INSTANCE_ID,
  ec2.LogFormat.TCP_FLAGS,
  ec2.LogFormat.TRAFFIC_TYPE,
  ec2.LogFormat.PKT_SRC_ADDR,
  ec2.LogFormat.PKT_DST_ADDR,
  ec2.LogFormat.REGION,
  ec2.LogFormat.AZ_ID,
  ec2.LogFormat.PKT_SRC_AWS_SERVICE,
  ec2.LogFormat.PKT_DST_AWS_SERVICE,
  ec2.LogFormat.FLOW_DIRECTION,
  ec2.LogFormat.TRAFFIC_PATH,
];

/** Options of `FlowLogs.parquetToS3`. */
export interface ParquetFlowLogsOptions {
  /**
   * Where the files go, such as the log archive of the organization. Its policy and its key's have to let `delivery.logs.amazonaws.com` write,
   * and how long the files are kept is its own lifecycle.
   *
   * @default - a bucket of the VPC, encrypted with its key, TLS only, retained, whose files are deleted after `logRetention`
   */
  readonly bucket?: s3.IBucket;
}

/**
 * Where the record of all traffic of a VPC, accepted and rejected, by the minute, is kept.
 *
 * Another choice replaces the flow log, which for a minute or two records nothing; what is stored stays.
 *
 * @example
 * import { FlowLogs, SecureVpc } from 'cdk-innovate-platform';
 *
 * new SecureVpc(this, 'Network', { flowLogs: FlowLogs.parquetToS3() });
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html
 */
export abstract class FlowLogs {
  /** An encrypted log group: searched at once, priced by what is written. */
  public static cloudWatch(): FlowLogs {
    return new CloudWatchFlowLogs();
  }

  /**
   * Parquet files in S3, in a folder for each hour, named as Hive and Athena expect: the cheaper choice for much traffic. They have more fields
   * than the record in CloudWatch: addresses behind NAT, direction, AWS service.
   */
  public static parquetToS3(options: ParquetFlowLogsOptions = {}): FlowLogs {
    return new ParquetFlowLogs(options.bucket);
  }

  /** @internal */
  public abstract _bind(scope: Construct, vpc: ec2.IVpc, storage: LogStorage): FlowLogStore;
}

class CloudWatchFlowLogs extends FlowLogs {
  public _bind(scope: Construct, vpc: ec2.IVpc, storage: LogStorage): FlowLogStore {
    const group = createLogGroup(scope, 'FlowLogGroup', storage);
    vpc.addFlowLog('FlowLog', {
      // the role's policy is complete: what the destination would add is an inline copy of it
      destination: ec2.FlowLogDestination.toCloudWatchLogs(group, createWriter(scope, group).withoutPolicyUpdates()),
      trafficType: ec2.FlowLogTrafficType.ALL,
      maxAggregationInterval: ec2.FlowLogMaxAggregationInterval.ONE_MINUTE,
    });
    return { group };
  }
}

class ParquetFlowLogs extends FlowLogs {
  constructor(private readonly bucket?: s3.IBucket) {
    super();
  }

  public _bind(scope: Construct, vpc: ec2.IVpc, storage: LogStorage): FlowLogStore {
    const own = this.bucket ? undefined : createDeliveryBucket(scope, 'FlowLogBucket', storage);
    const bucket = this.bucket ?? own!;
    const flowLog = new ec2.CfnFlowLog(scope, 'ParquetFlowLog', {
      resourceType: 'VPC',
      resourceId: vpc.vpcId,
      trafficType: ec2.FlowLogTrafficType.ALL,
      maxAggregationInterval: ec2.FlowLogMaxAggregationInterval.ONE_MINUTE,
      logDestinationType: ec2.FlowLogDestinationType.S3,
      logDestination: bucket.bucketArn,
      logFormat: PARQUET_FIELDS.map(({ value }) => value).join(' '),
      // plain JSON to the L1: the names are CloudFormation's
      destinationOptions: { FileFormat: ec2.FlowLogFileFormat.PARQUET, HiveCompatiblePartitions: true, PerHourPartition: true },
    });
    // where the policy is missing, AWS writes one of its own over it
    if (own?.policy) { flowLog.node.addDependency(own.policy); }
    return { bucket };
  }
}

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html */
function createWriter(scope: Construct, group: logs.ILogGroup): iam.Role {
  const stack = Stack.of(scope);
  return new iam.Role(scope, 'FlowLogRole', {
    description: `Writes the flow log of ${scope.node.path}`,
    assumedBy: new iam.ServicePrincipal('vpc-flow-logs.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: {
          'aws:SourceArn': stack.formatArn({
            service: 'ec2', resource: 'vpc-flow-log', resourceName: '*', arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
          }),
        },
      },
    }),
    managedPolicies: [new iam.ManagedPolicy(scope, 'FlowLogPolicy', {
      statements: [new iam.PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        resources: [group.logGroupArn],
      })],
    })],
  });
}
