import * as iam from 'aws-cdk-lib/aws-iam';
import { ADMINISTRATION_ROLE, deny, unless } from '../guardrails/guardrail-context';

/**
 * What makes a machine, a cluster, a database or a cache, brings one back, or makes one larger. Service-linked roles are not bound by
 * service control policies, so the sizes that auto scaling and node groups work towards cannot be changed either. A call that can both
 * enlarge and reduce is denied: the request does not say what the size was before.
 */
export const FROZEN_ACTIONS = [
  'autoscaling:CreateAutoScalingGroup', 'autoscaling:PutScheduledUpdateGroupAction', 'autoscaling:PutWarmPool', 'autoscaling:SetDesiredCapacity',
  'autoscaling:UpdateAutoScalingGroup',
  'application-autoscaling:RegisterScalableTarget',
  'batch:CreateComputeEnvironment', 'batch:UpdateComputeEnvironment',
  'docdb-elastic:CreateCluster', 'docdb-elastic:UpdateCluster',
  'ec2:AllocateHosts', 'ec2:CreateCapacityReservation', 'ec2:CreateFleet', 'ec2:ModifyFleet', 'ec2:ModifySpotFleetRequest', 'ec2:RequestSpotFleet',
  'ec2:RequestSpotInstances', 'ec2:RunInstances', 'ec2:RunScheduledInstances', 'ec2:StartInstances',
  'ecs:CreateService', 'ecs:CreateTaskSet', 'ecs:RunTask', 'ecs:StartTask', 'ecs:UpdateService',
  'eks:CreateCluster', 'eks:CreateFargateProfile', 'eks:CreateNodegroup', 'eks:UpdateNodegroupConfig',
  'elasticache:CreateCacheCluster', 'elasticache:CreateReplicationGroup', 'elasticache:CreateServerlessCache', 'elasticache:IncreaseReplicaCount',
  'elasticache:ModifyCacheCluster', 'elasticache:ModifyReplicationGroup', 'elasticache:ModifyReplicationGroupShardConfiguration',
  'elasticache:ModifyServerlessCache',
  'elasticmapreduce:AddInstanceFleet', 'elasticmapreduce:AddInstanceGroups', 'elasticmapreduce:ModifyInstanceFleet',
  'elasticmapreduce:ModifyInstanceGroups', 'elasticmapreduce:RunJobFlow',
  'es:CreateDomain', 'es:CreateElasticsearchDomain', 'es:UpdateDomainConfig', 'es:UpdateElasticsearchDomainConfig',
  'kafka:CreateCluster', 'kafka:CreateClusterV2', 'kafka:UpdateBrokerCount', 'kafka:UpdateBrokerType',
  'lightsail:CreateInstances', 'lightsail:CreateInstancesFromSnapshot', 'lightsail:CreateRelationalDatabase',
  'memorydb:CreateCluster', 'memorydb:UpdateCluster',
  'mq:CreateBroker', 'mq:UpdateBroker',
  'rds:CreateBlueGreenDeployment', 'rds:CreateDBCluster', 'rds:CreateDBInstance', 'rds:CreateDBInstanceReadReplica', 'rds:CreateDBShardGroup',
  'rds:ModifyDBCluster', 'rds:ModifyDBInstance', 'rds:ModifyDBShardGroup', 'rds:RestoreDBClusterFromS3', 'rds:RestoreDBClusterFromSnapshot',
  'rds:RestoreDBClusterToPointInTime', 'rds:RestoreDBInstanceFromDBSnapshot', 'rds:RestoreDBInstanceFromS3',
  'rds:RestoreDBInstanceToPointInTime', 'rds:StartDBCluster', 'rds:StartDBInstance',
  'redshift:CreateCluster', 'redshift:ModifyCluster', 'redshift:ResizeCluster', 'redshift:RestoreFromClusterSnapshot', 'redshift:ResumeCluster',
  'redshift-serverless:CreateWorkgroup', 'redshift-serverless:UpdateWorkgroup',
  'sagemaker:CreateCluster', 'sagemaker:CreateEndpoint', 'sagemaker:CreateHyperParameterTuningJob', 'sagemaker:CreateNotebookInstance',
  'sagemaker:CreateProcessingJob', 'sagemaker:CreateTrainingJob', 'sagemaker:CreateTransformJob', 'sagemaker:StartNotebookInstance',
  'sagemaker:UpdateCluster', 'sagemaker:UpdateEndpoint', 'sagemaker:UpdateEndpointWeightsAndCapacities',
];

/** The one statement of the policy that freezes an account; any partition, so that it reads the same wherever it is synthesized. */
export function freezeStatement(): iam.PolicyStatement {
  // somebody has to be able to reduce sizes, and to restore a database in an emergency
  return deny('BudgetOverrun', { actions: FROZEN_ACTIONS, conditions: unless('*', ADMINISTRATION_ROLE) });
}
