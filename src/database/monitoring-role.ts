import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/**
 * What enhanced monitoring needs to write the operating system's metrics: AWS's own policy, narrowed to this account and region.
 *
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonRDSEnhancedMonitoringRole.html
 */
export function createMonitoringRole(scope: Construct, id: string): iam.Role {
  const stack = Stack.of(scope);
  // the log group is the account's, is called RDSOSMetrics, and RDS makes it
  const logGroup = stack.formatArn({ service: 'logs', resource: 'log-group', resourceName: 'RDS*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const role = new iam.Role(scope, id, {
    description: 'RDS writes the enhanced monitoring of one Aurora cluster',
    assumedBy: new iam.ServicePrincipal('monitoring.rds.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }),
  });
  role.addToPolicy(new iam.PolicyStatement({ actions: ['logs:CreateLogGroup', 'logs:PutRetentionPolicy'], resources: [logGroup] }));
  role.addToPolicy(new iam.PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams', 'logs:GetLogEvents'],
    resources: [`${logGroup}:log-stream:*`],
  }));
  return role;
}
