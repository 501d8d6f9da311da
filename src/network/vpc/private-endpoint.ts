import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { deploymentAnswers, foreignBucketObjects } from './aws-owned-buckets';
import { EndpointNetwork } from './endpoint-network';
import { allow, PerimeterKeys, perimeterStatements } from './perimeter-statements';
import { reject } from '../../private/validation';

/** What is permitted beyond the perimeter, of one service. */
type Exceptions = (stack: Stack, keys: PerimeterKeys) => iam.PolicyStatement[];

/**
 * A private way from the VPC to a service of AWS, past NAT.
 *
 * Gateway endpoints are free. An interface endpoint is paid for in each zone by the hour, and by the gigabyte: it is bought so that traffic
 * stays inside, seldom to save.
 *
 * @example
 * import { NatGateways, PrivateEndpoint, SecureVpc } from 'cdk-innovate-platform';
 *
 * new SecureVpc(this, 'Network', { natGateways: NatGateways.none(), endpoints: PrivateEndpoint.forPrivateCluster() });
 *
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html
 */
export class PrivateEndpoint {
  /** Objects in S3, and layers of images in ECR: free. Every `SecureVpc` has it. */
  public static readonly S3 = new PrivateEndpoint('S3', ec2.GatewayVpcEndpointAwsService.S3, undefined, awsBuckets);

  /** DynamoDB: free. */
  public static readonly DYNAMODB = new PrivateEndpoint('DynamoDb', ec2.GatewayVpcEndpointAwsService.DYNAMODB);

  /** The API of EC2: nodes, Karpenter and the network plugin of EKS. */
  public static readonly EC2 = PrivateEndpoint.interface('Ec2', ec2.InterfaceVpcEndpointAwsService.EC2, publicImages);

  /** The API of ECR: logging in and asking for images. */
  public static readonly ECR_API = PrivateEndpoint.interface('EcrApi', ec2.InterfaceVpcEndpointAwsService.ECR, pulls);

  /** The registry of ECR, from which images are pulled; the layers themselves come from S3. */
  public static readonly ECR_DOCKER = PrivateEndpoint.interface('EcrDocker', ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER, pulls);

  /** The API of EKS; the Kubernetes API of a private cluster has addresses in the VPC anyway. */
  public static readonly EKS = PrivateEndpoint.interface('Eks', ec2.InterfaceVpcEndpointAwsService.EKS);

  /**
   * Credentials of EKS Pod Identity. It has AWS's open policy: that the service takes another one is not documented, and its one action gives
   * a pod the role of its own cluster's association only.
   */
  public static readonly EKS_AUTH = new PrivateEndpoint('EksAuth', undefined, ec2.InterfaceVpcEndpointAwsService.EKS_AUTH, undefined, true);

  /** Security Token Service in the region: roles of service accounts and of sessions. */
  public static readonly STS = PrivateEndpoint.interface('Sts', ec2.InterfaceVpcEndpointAwsService.STS, rolesOfServiceAccounts);

  /** The API of load balancers, for the load balancer controller. */
  public static readonly ELASTIC_LOAD_BALANCING = PrivateEndpoint.interface('LoadBalancing', ec2.InterfaceVpcEndpointAwsService.ELASTIC_LOAD_BALANCING);

  /** CloudWatch Logs. */
  public static readonly CLOUDWATCH_LOGS = PrivateEndpoint.interface('Logs', ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS);

  /** Systems Manager: parameters, and the registration of Session Manager's hosts. */
  public static readonly SSM = PrivateEndpoint.interface('Ssm', ec2.InterfaceVpcEndpointAwsService.SSM, publicParameters);

  /** The channels of Session Manager and ECS Exec. */
  public static readonly SSM_MESSAGES = PrivateEndpoint.interface('SsmMessages', ec2.InterfaceVpcEndpointAwsService.SSM_MESSAGES);

  /** SQS, where Karpenter hears that a spot instance will be taken away. */
  public static readonly SQS = PrivateEndpoint.interface('Sqs', ec2.InterfaceVpcEndpointAwsService.SQS);

  /** Secrets Manager. */
  public static readonly SECRETS_MANAGER = PrivateEndpoint.interface('SecretsManager', ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER);

  /** KMS. */
  public static readonly KMS = PrivateEndpoint.interface('Kms', ec2.InterfaceVpcEndpointAwsService.KMS);

  /** CodeBuild, for builds that run in the VPC. */
  public static readonly CODEBUILD = PrivateEndpoint.interface('CodeBuild', ec2.InterfaceVpcEndpointAwsService.CODEBUILD);

  /** The API of RDS. Connections to a database do not need it. */
  public static readonly RDS = PrivateEndpoint.interface('Rds', ec2.InterfaceVpcEndpointAwsService.RDS);

  /**
   * What the nodes and controllers of a `KarpenterCluster` call: 10 interface endpoints.
   *
   * Images of public registries still need NAT, or a pull-through cache in ECR. AWS's price list, which Karpenter reads, and the certificates
   * that the load balancer controller looks up have no such endpoint.
   *
   * @see https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
   */
  public static forPrivateCluster(): PrivateEndpoint[] {
    return [
      PrivateEndpoint.EC2, PrivateEndpoint.ECR_API, PrivateEndpoint.ECR_DOCKER, PrivateEndpoint.EKS, PrivateEndpoint.EKS_AUTH, PrivateEndpoint.STS,
      PrivateEndpoint.ELASTIC_LOAD_BALANCING, PrivateEndpoint.CLOUDWATCH_LOGS, PrivateEndpoint.SSM, PrivateEndpoint.SQS,
    ];
  }

  /** What a host of Session Manager, such as a `VendorBastion`, calls: 2 interface endpoints. */
  public static forSessionManager(): PrivateEndpoint[] {
    return [PrivateEndpoint.SSM, PrivateEndpoint.SSM_MESSAGES];
  }

  /**
   * An interface endpoint of any other service, which has to support endpoint policies.
   *
   * @param name part of the construct's id: letters and digits, such as `Kinesis`
   * @param service such as `ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS`
   */
  public static of(name: string, service: ec2.IInterfaceVpcEndpointService): PrivateEndpoint {
    return PrivateEndpoint.interface(name, service);
  }

  private static interface(name: string, service: ec2.IInterfaceVpcEndpointService, exceptions?: Exceptions): PrivateEndpoint {
    return new PrivateEndpoint(name, undefined, service, exceptions);
  }

  private constructor(
    /** Names the endpoint among those of a VPC. */
    public readonly name: string,
    private readonly gatewayService?: ec2.IGatewayVpcEndpointService,
    private readonly interfaceService?: ec2.IInterfaceVpcEndpointService,
    private readonly exceptions?: Exceptions,
    private readonly openPolicy: boolean = false,
  ) {}

  /** @internal */
  public _validate(scope: Construct): void {
    if (/^[A-Za-z][A-Za-z0-9]*$/.test(this.name)) { return; }
    reject(scope, {
      prop: 'endpoints', value: this.name, problem: 'a name consists of letters and digits', remedy: 'Call `PrivateEndpoint.of()` with a name such as "Kinesis".',
    });
  }

  /** @internal */
  public _bind(network: EndpointNetwork): ec2.VpcEndpoint {
    const endpoint = this.gatewayService
      ? network.vpc.addGatewayEndpoint(this.name, { service: this.gatewayService, subnets: network.gatewaySubnets })
      : network.vpc.addInterfaceEndpoint(`${this.name}Endpoint`, {
        service: this.interfaceService!, subnets: network.interfaceSubnets, securityGroups: [network.securityGroup()], open: false,
      });
    if (!this.openPolicy) { this.policy(network).forEach(statement => endpoint.addToPolicy(statement)); }
    return endpoint;
  }

  private policy({ vpc, perimeter }: EndpointNetwork): iam.PolicyStatement[] {
    const keys = perimeter._keys(vpc);
    const statements = perimeterStatements(keys, this.gatewayService !== undefined);
    return keys && this.exceptions ? [...statements, ...this.exceptions(Stack.of(vpc), keys)] : statements;
  }
}

/** Packages are read without a signature and layers with one of ECR's, so that no principal can be asked for. */
function awsBuckets(stack: Stack): iam.PolicyStatement[] {
  return [
    allow('PublicObjectsOfAwsAndKubernetes', ['s3:GetObject'], foreignBucketObjects(stack)),
    // without it, a deployment waits an hour for a custom resource whose function is in the VPC
    allow('AnswersToCloudFormation', ['s3:PutObject'], deploymentAnswers(stack)),
  ];
}

/** The registries of add-ons and node images are of another account in each region. Pulling brings data in and none out. */
function pulls(_stack: Stack, { principal }: PerimeterKeys): iam.PolicyStatement[] {
  const actions = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
  return [allow('PullFromRegistriesOfOthers', actions, ['*'], { StringEquals: principal })];
}

/** Machines start from images and snapshots of AWS. */
function publicImages(stack: Stack, { principal }: PerimeterKeys): iam.PolicyStatement[] {
  const of = (resource: string) => stack.formatArn({ service: 'ec2', account: '', resource, resourceName: '*' });
  return [allow('ImagesOfOthers', ['ec2:CreateFleet', 'ec2:RunInstances'], [of('image'), of('snapshot')], { StringEquals: principal })];
}

/** A web identity is nobody's principal before it has the role. */
function rolesOfServiceAccounts(_stack: Stack, { resource }: PerimeterKeys): iam.PolicyStatement[] {
  return [allow('OwnRolesOfServiceAccounts', ['sts:AssumeRoleWithWebIdentity'], ['*'], { StringEquals: resource })];
}

/** Ids of current images, and the documents of AWS. */
function publicParameters(stack: Stack, { principal }: PerimeterKeys): iam.PolicyStatement[] {
  const of = (resource: string) => stack.formatArn({ service: 'ssm', account: '', resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
  return [
    allow('PublicParameters', ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'], [of('parameter/aws/*')], { StringEquals: principal }),
    allow('PublicDocuments', ['ssm:DescribeDocument', 'ssm:GetDocument'], [of('document/*')], { StringEquals: principal }),
  ];
}
