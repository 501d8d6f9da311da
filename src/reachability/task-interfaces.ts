/** Network interfaces of ECS tasks, whoever starts them. */
import { InterfaceReader } from './interface-holders';
import { bySubnet, flag } from './public-address';

type Path = [string, ...string[]];

/** On instances, without a network of its own, a task is as open as they are. */
function taskReader(...network: Path): InterfaceReader {
  return starter => {
    const at = (property: string) => starter.at(...network, property).filter(value => value !== undefined);
    const assigned = flag(at('AssignPublicIp'), false, value => value === 'ENABLED');
    const hasOwn = at('Subnets').length > 0;
    return {
      subnets: at('Subnets'), groups: at('SecurityGroups'),
      publicAddress: (subnet, family) => !hasOwn ? undefined : family === 6 ? bySubnet(subnet, 6) : assigned && { hop: 'public address by AssignPublicIp', ...assigned },
    };
  };
}

export const TASK_READERS: Record<string, InterfaceReader> = {
  'AWS::ECS::Service': taskReader('NetworkConfiguration', 'AwsvpcConfiguration'),
  'AWS::ECS::TaskSet': taskReader('NetworkConfiguration', 'AwsVpcConfiguration'),
  'AWS::Events::Rule': taskReader('Targets', 'EcsParameters', 'NetworkConfiguration', 'AwsVpcConfiguration'),
  'AWS::Scheduler::Schedule': taskReader('Target', 'EcsParameters', 'NetworkConfiguration', 'AwsvpcConfiguration'),
  'AWS::Pipes::Pipe': taskReader('TargetParameters', 'EcsTaskParameters', 'NetworkConfiguration', 'AwsvpcConfiguration'),
};
