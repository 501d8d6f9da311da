import { charge, Charge, ChargeRule } from './charge';
import { fixedItem, instanceItem, PricedItem, unpricedItem } from './price-table';
import { asNumber, StackResource } from '../stack-resources';

/** Machines and containers, as far as their number is fixed. */
export const COMPUTE_CHARGES: Record<string, ChargeRule> = {
  'AWS::EC2::Instance': instance,
  'AWS::EC2::Volume': resource => [volume(resource.at('VolumeType'), resource.number(['Size']), 1)],
  'AWS::AutoScaling::AutoScalingGroup': autoScalingGroup,
  'AWS::ECS::Service': service,
  'AWS::EKS::Cluster': () => [{ item: fixedItem('eksCluster'), quantity: 1 }],
  'AWS::EKS::Nodegroup': nodegroup,
};

/** What a launch template or an instance says of a machine. */
interface Machine {
  readonly type?: string;
  readonly spot: boolean;
  readonly disks?: unknown[];
  readonly publicAddress: boolean;
}

const IN_TEMPLATE = ['LaunchTemplateData'];
const NO_SIZE = 'the number of instances is not in the template';
/** EC2 and EKS take these where nothing is said. */
const DEFAULT_VOLUME_TYPE = 'gp2';
const DEFAULT_NODE = { type: 't3.medium', diskGib: 20 };

function instance(resource: StackResource): Charge[] {
  const template = resource.named('LaunchTemplate', 'LaunchTemplateId');
  const own = machineOf(resource, []);
  const inherited = template && machineOf(template, IN_TEMPLATE);
  return machines({ ...own, type: own.type ?? inherited?.type, disks: own.disks?.length ? own.disks : inherited?.disks ?? own.disks }, 1);
}

/** The number that always runs: the group's minimum. */
function autoScalingGroup(resource: StackResource): Charge[] {
  const template = resource.named('LaunchTemplate', 'LaunchTemplateId');
  if (!template) { return [{ item: unpricedItem('EC2', 'Instances of an auto scaling group'), problem: 'it has no launch template in the same template' }]; }
  return machines(machineOf(template, IN_TEMPLATE), resource.number(['MinSize']));
}

/** The number that always runs: the group's minimum. Without a launch template that says otherwise, EKS chooses type and disk. */
function nodegroup(resource: StackResource): Charge[] {
  const template = resource.named('LaunchTemplate', 'Id');
  if (resource.at('LaunchTemplate') !== undefined && !template) {
    return [{ item: unpricedItem('EC2', 'Instances of a node group'), problem: 'its launch template is not in the same template' }];
  }
  const machine = template ? machineOf(template, IN_TEMPLATE) : undefined;
  const types = resource.list('InstanceTypes');
  const disk = { Ebs: { VolumeSize: resource.number(['DiskSize'], DEFAULT_NODE.diskGib), VolumeType: 'gp3' } };
  const only = types?.length === 1 && typeof types[0] === 'string' ? types[0] : undefined;
  return machines({
    type: types?.length === 0 ? machine?.type ?? DEFAULT_NODE.type : only,
    spot: resource.at('CapacityType') === 'SPOT' || machine?.spot === true,
    disks: machine ? machine.disks : [disk],
    publicAddress: machine?.publicAddress ?? false,
  }, resource.number(['ScalingConfig', 'MinSize']));
}

function machineOf(resource: StackResource, path: string[]): Machine {
  const interfaces = resource.list(...path, 'NetworkInterfaces') ?? [];
  return {
    type: resource.text(...path, 'InstanceType'),
    spot: resource.text(...path, 'InstanceMarketOptions', 'MarketType') === 'spot',
    disks: resource.list(...path, 'BlockDeviceMappings'),
    publicAddress: interfaces.some(item => (item as { AssociatePublicIpAddress?: unknown }).AssociatePublicIpAddress === true),
  };
}

function machines(machine: Machine, count: number | undefined): Charge[] {
  return [
    charge(itemOf(machine), count, NO_SIZE),
    ...machine.publicAddress ? [charge(fixedItem('publicIpv4'), count, NO_SIZE)] : [],
    ...disksOf(machine, count),
  ];
}

function itemOf({ type, spot }: Machine): PricedItem {
  if (spot) { return unpricedItem('EC2', `Spot instance ${type ?? 'of any type'}`); }
  return type === undefined ? unpricedItem('EC2', 'Instance whose type is not in the template') : instanceItem(type);
}

function disksOf({ disks }: Machine, count: number | undefined): Charge[] {
  if (!disks?.length) { return [{ item: unpricedItem('EC2', 'Root volume'), problem: 'its size is the image\'s' }]; }
  return disks.flatMap(disk => {
    const { Ebs } = disk as { Ebs?: { VolumeSize?: unknown; VolumeType?: unknown } };
    return Ebs ? [volume(Ebs.VolumeType, asNumber(Ebs.VolumeSize), count)] : [];
  });
}

function volume(type: unknown = DEFAULT_VOLUME_TYPE, sizeGib: number | undefined, count: number | undefined): Charge {
  const item = type === 'gp3' || type === 'gp2' ? fixedItem(type) : unpricedItem('EC2', `EBS volume ${typeof type === 'string' ? type : 'of any type'}`);
  const size = sizeGib === undefined || count === undefined ? undefined : sizeGib * count;
  return charge(item, size, 'the size is not in the template');
}

/** Tasks on Fargate that a service keeps alive. Those on instances cost what the instances cost. */
function service(resource: StackResource): Charge[] {
  const providers = resource.list('CapacityProviderStrategy') ?? [];
  const spot = providers.some(provider => (provider as { CapacityProvider?: unknown }).CapacityProvider === 'FARGATE_SPOT');
  if (spot) { return [{ item: unpricedItem('Fargate', 'Spot task'), problem: 'the price of Spot changes' }]; }
  if (resource.at('LaunchType') !== 'FARGATE' && providers.length === 0) { return []; }
  const task = resource.named('TaskDefinition');
  if (!task) { return [{ item: unpricedItem('Fargate', 'Task'), problem: 'its task definition is not in the same template' }]; }
  const count = resource.number(['DesiredCount'], 1);
  if (!(task.text('RuntimePlatform', 'OperatingSystemFamily') ?? 'LINUX').startsWith('LINUX')) {
    return [charge(unpricedItem('Fargate', 'Windows task'), count, 'the number of tasks is not in the template')];
  }
  const arm = task.at('RuntimePlatform', 'CpuArchitecture') === 'ARM64';
  const problem = 'the size or the number of tasks is not in the template';
  return [
    charge(fixedItem(arm ? 'fargateArmCpu' : 'fargateCpu'), times(count, task.number(['Cpu']), 1 / 1024), problem),
    charge(fixedItem(arm ? 'fargateArmMemory' : 'fargateMemory'), times(count, task.number(['Memory']), 1 / 1024), problem),
    ...resource.at('NetworkConfiguration', 'AwsvpcConfiguration', 'AssignPublicIp') === 'ENABLED'
      ? [charge(fixedItem('publicIpv4'), count, problem)] : [],
  ];
}

function times(count: number | undefined, size: number | undefined, factor: number): number | undefined {
  return count === undefined || size === undefined ? undefined : count * size * factor;
}
