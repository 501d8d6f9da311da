import { Annotations, AspectPriority, Aspects, IAspect } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, IConstruct } from 'constructs';
import { VpcFinding } from './vpc-finding';
import { examine, Examined } from './vpc-requirements';
import { addFirstRunStep } from '../../private/first-run';
import { shellCommand } from '../../private/shell-command';
import { reject } from '../../private/validation';

/** Properties of `SecureVpc.fromVpc`. */
export interface ForeignVpcProps {
  /** The VPC: imported by `ec2.Vpc.fromVpcAttributes`, or made by the app. */
  readonly vpc: ec2.IVpc;

  /**
   * Its subnets for workloads and internal load balancers.
   *
   * @default - the private subnets with a way to the internet
   */
  readonly applicationSubnets?: ec2.SubnetSelection;

  /**
   * Its subnets for databases.
   *
   * @default - the isolated subnets
   */
  readonly dataSubnets?: ec2.SubnetSelection;

  /**
   * The cluster whose Karpenter finds the application subnets by the tag `karpenter.sh/discovery`.
   *
   * @default - none: the clusters of this library name their subnets
   */
  readonly karpenterCluster?: string;
}

/**
 * A VPC that is not of this library: taken as it is, and examined. `SecureVpc.fromVpc` makes it.
 *
 * What a VPC of the app lacks is a warning, with the line that mends it. Of an imported VPC the app knows ids only: for each requirement it tells
 * the command that asks AWS and the one that mends, in `findings` and as a notice. Nothing is looked up and nothing is changed.
 *
 * @example
 * import { SecureVpc } from 'cdk-innovate-platform';
 * import { aws_ec2 as ec2 } from 'aws-cdk-lib';
 *
 * const network = SecureVpc.fromVpc(this, 'Network', {
 *   vpc: ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
 *     vpcId: 'vpc-0123456789abcdef0',
 *     vpcCidrBlock: '10.40.0.0/16',
 *     availabilityZones: ['eu-west-1a', 'eu-west-1b'],
 *     privateSubnetIds: ['subnet-0a', 'subnet-0b'],
 *     privateSubnetRouteTableIds: ['rtb-0a', 'rtb-0b'],
 *     isolatedSubnetIds: ['subnet-0c', 'subnet-0d'],
 *     isolatedSubnetRouteTableIds: ['rtb-0c', 'rtb-0d'],
 *   }),
 * });
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/what-is-amazon-vpc.html
 */
export class ForeignVpc extends Construct {
  /** The VPC. */
  public readonly vpc: ec2.IVpc;

  /** Selects the subnets for workloads and internal load balancers. */
  public readonly applicationSubnets: ec2.SubnetSelection;

  /** Selects the subnets for databases. */
  public readonly dataSubnets: ec2.SubnetSelection;

  private readonly karpenterCluster?: string;

  /** Called by `SecureVpc.fromVpc`. */
  constructor(scope: Construct, id: string, props: ForeignVpcProps) {
    super(scope, id);
    this.vpc = props.vpc;
    this.applicationSubnets = props.applicationSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
    this.dataSubnets = props.dataSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    this.karpenterCluster = props.karpenterCluster;
    this.validateSubnets('applicationSubnets', this.applicationSubnets);
    this.validateSubnets('dataSubnets', this.dataSubnets);
    Aspects.of(this).add(new Report(this), { priority: AspectPriority.READONLY });
  }

  /** What the VPC lacks, and what the app cannot tell: as of now, so that a tag or a route that is added later counts once it is there. */
  public get findings(): VpcFinding[] {
    return this._examine().map(asFinding);
  }

  /** @internal */
  public _examine(): Examined[] {
    return examine({
      scope: this,
      vpc: this.vpc,
      applicationSubnets: this.vpc.selectSubnets(this.applicationSubnets).subnets,
      dataSubnets: this.vpc.selectSubnets(this.dataSubnets).subnets,
      karpenterCluster: this.karpenterCluster,
    });
  }

  private validateSubnets(prop: string, selection: ec2.SubnetSelection): void {
    const remedy = 'Select subnets in two zones at least, or add them to the attributes that the VPC is imported with.';
    const zones = selectedZones(this.vpc, selection);
    if (zones < 2) { reject(this, { prop, value: zones, problem: 'that is how many zones the selected subnets are in', remedy }); }
  }
}

/** `selectSubnets` throws where the VPC has no such group. */
function selectedZones(vpc: ec2.IVpc, selection: ec2.SubnetSelection): number {
  try {
    return new Set(vpc.selectSubnets(selection).subnets.map(subnet => subnet.availabilityZone)).size;
  } catch {
    return 0;
  }
}

function asFinding({ check, commands, ...finding }: Examined): VpcFinding {
  return { ...finding, check: awsCommand([...check, '--output', 'json']), commands: commands.map(awsCommand) };
}

function awsCommand(command: string[]): string {
  return shellCommand(['aws', ...command]);
}

/** What the app cannot tell, AWS can: `preflight` asks. It mends what only adds; whether something may go, a person decides. */
function addStep(scope: ForeignVpc, { id, requirement, why, check, expected, commands }: Examined): void {
  const isHarmless = commands.every(([, verb, ...rest]) => !verb.startsWith('delete-') && !rest.some(isPlaceholder));
  if (check.some(isPlaceholder)) { return; }
  addFirstRunStep(scope, {
    id: `vpc-${id}-${scope.node.path}`,
    title: requirement.charAt(0).toUpperCase() + requirement.slice(1),
    why,
    beforeDeployment: true,
    check: { command: check, expected },
    ...isHarmless ? { commands } : { manual: commands.map(command => `\`${awsCommand(command)}\``).join(', then ') },
  });
}

function isPlaceholder(argument: string): boolean {
  return /<[a-z-]+>/.test(argument);
}

/** Tells the findings once everything that the app adds to the VPC is there. */
class Report implements IAspect {
  constructor(private readonly network: ForeignVpc) {}

  public visit(node: IConstruct): void {
    if (node !== this.network) { return; }
    const annotations = Annotations.of(node);
    for (const examined of this.network._examine()) {
      const { id, requirement, why, missing, check, expected, commands, code } = asFinding(examined);
      const mend = [...code ? [code] : [], ...commands].join(' ; ');
      if (missing) {
        annotations.addWarningV2(`cdk-innovate-platform:vpc-${id}`, `Not so: ${requirement}. ${why} Mend it: ${mend}`);
      } else {
        annotations.addInfoV2(`cdk-innovate-platform:vpc-${id}`, `To be checked: ${requirement}. ${why} \`${check}\` has to print ${expected}. Else: ${mend}`);
        addStep(this.network, examined);
      }
    }
  }
}
