import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { type Check, unlessProblems } from '../check';
import { deployed, environmentOf, models } from './resources';

const EXPECTED: Readonly<Record<string, { branch: string; approval: boolean }>> = {
  Staging: { branch: 'develop', approval: false },
  Production: { branch: 'main', approval: true },
};

export const pipelinesFollowTheirBranches: Check = {
  name: 'pipelines follow their branches',
  proves: 'develop deploys staging, main deploys production behind an approval, feature and bugfix branches are checked and deploy nothing.',
  needs: Object.keys(EXPECTED).map(environment => new RegExp(`/${environment}/Delivery$`)),
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack, model } of await models(context, 'AWS::CodePipeline::Pipeline', /\/Delivery$/)) {
      const actions = model.Stages.flatMap((stage: any) => stage.Actions);
      const pushes = model.Triggers.flatMap((trigger: any) => trigger.GitConfiguration.Push ?? []).flatMap((push: any) => push.Branches.Includes);
      const deploys = model.Stages.some((stage: any) => stage.Name === 'Deploy');
      const approval = actions.some((action: any) => action.ActionTypeId.Category === 'Approval');
      const expected = EXPECTED[environmentOf(stack)];
      if (deploys && (pushes.join() !== expected.branch || approval !== expected.approval)) {
        problems.push(`${environmentOf(stack)} deploys ${pushes.join(', ')}${approval ? ' behind an approval' : ''}`);
      }
      if (!deploys && !pushes.every((branch: string) => /^(feature|bugfix)\//.test(branch))) {
        problems.push(`${environmentOf(stack)} only checks ${pushes.join(', ')}`);
      }
      if (model.PipelineType !== 'V2') { problems.push(`${environmentOf(stack)} has a pipeline of type ${model.PipelineType}`); }
      evidence.push(`${pushes.join(', ')} → ${model.Stages.map((stage: any) => stage.Name).join(' → ')} (${environmentOf(stack)})`);
    }
    for (const environment of Object.keys(EXPECTED)) {
      if (!evidence.some(line => line.includes('Deploy') && line.includes(environment))) { problems.push(`${environment} has no pipeline that deploys`); }
    }
    return unlessProblems(problems, ...evidence);
  },
};

export const imagesAreImmutable: Check = {
  name: 'images are immutable and scanned',
  proves: 'No tag of an image repository can be moved, each image is scanned when it is pushed, and a customer key encrypts it.',
  needs: [/\/Delivery$/],
  async run(context) {
    const problems: string[] = [];
    const found = await deployed(context, 'AWS::ECR::Repository');
    for (const { stack, resource } of found) {
      const answer = await context.client(ECRClient, stack).send(new DescribeRepositoriesCommand({ repositoryNames: [resource.physicalId] }));
      const [repository] = answer.repositories ?? [];
      if (repository?.imageTagMutability !== 'IMMUTABLE') { problems.push(`${resource.physicalId}: tags are ${repository?.imageTagMutability}`); }
      if (!repository?.imageScanningConfiguration?.scanOnPush) { problems.push(`${resource.physicalId}: images are not scanned`); }
      if (repository?.encryptionConfiguration?.encryptionType !== 'KMS') { problems.push(`${resource.physicalId}: no customer key`); }
    }
    return unlessProblems(problems, `DescribeRepositories: ${found.length} repositories`);
  },
};
