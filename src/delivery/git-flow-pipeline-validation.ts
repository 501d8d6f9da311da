import { Stack } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { Construct } from 'constructs';
import { GitFlowPipelineProps } from './git-flow-pipeline-props';
import { BranchingStrategy, EnvironmentKind } from './github/branching-strategy';
import { validateNotifications } from './messages/notifications-validation';
import { SourceFolders } from './source-folders';
import { isDeployTime, reject, validateMatch, validateRange } from '../private/validation';

/** Refuses what cannot be delivered, before anything is made. */
export function validateGitFlowPipeline(scope: Construct, props: GitFlowPipelineProps, strategy: BranchingStrategy, folders: Required<SourceFolders>): void {
  const { branch, environmentName, api, site, approval, continuousDeployment, notifications } = props;
  validateMatch(scope, {
    prop: 'branch',
    value: branch,
    pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]*$/,
    problem: 'it is not the name of one branch',
    remedy: 'Give the branch that the environment follows, such as "develop".',
  });
  if (!isDeployTime(branch) && strategy.deploysTo(branch) === undefined) {
    const deployed = strategy.deployedBranches.map(name => `"${name}"`).join(' or ');
    reject(scope, {
      prop: 'branch',
      value: branch,
      problem: strategy.ruleOf(branch) ? 'such branches are checked and never deployed' : 'the branching strategy has no such branch',
      remedy: `Give ${deployed}, or add a rule with \`branching: BranchingStrategy.simplifiedGitFlow().withBranch({ branch: '…', deploysTo: … })\`.`,
    });
  }
  validateMatch(scope, {
    prop: 'environmentName',
    value: environmentName,
    pattern: /^[a-z][a-z0-9-]{0,31}$/,
    problem: 'it is not a short name in lower case',
    remedy: 'Give a name such as "staging".',
  });
  if (!api && !site) {
    reject(scope, { prop: 'api', value: api, problem: 'there is no `site` either, so nothing would be delivered', remedy: 'Give `api`, `site` or both.' });
  }
  if (approval === false && strategy.deploysTo(branch) === EnvironmentKind.PRODUCTION && !continuousDeployment) {
    reject(scope, {
      prop: 'approval',
      value: approval,
      problem: `"${branch}" is the branch of production, which nobody would then hold back`,
      remedy: 'Leave `approval` out, or add `continuousDeployment: true` where this is meant.',
    });
  }
  for (const [name, folder] of Object.entries(folders)) {
    validateMatch(scope, {
      prop: `sourceFolders.${name}`,
      value: folder,
      pattern: /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
      problem: 'it is not a folder below the root of the repository',
      remedy: 'Give a path such as "services/api", without spaces and without a slash at either end.',
    });
  }
  validateExecution(scope, props, strategy);
  validateRollback(scope, props);
  validateNotifications(scope, notifications ?? {});
  props.repository.connectionArnFor(scope);
}

function validateExecution(scope: Construct, { executionMode, checks, ...props }: GitFlowPipelineProps, strategy: BranchingStrategy): void {
  if (executionMode === codepipeline.ExecutionMode.PARALLEL) {
    reject(scope, {
      prop: 'executionMode', value: executionMode, problem: 'releases that run side by side cannot be taken back', remedy: 'Give `SUPERSEDED` or `QUEUED`.',
    });
  }
  if (checks && strategy.checkedBranches.length + strategy.pullRequestBases.length === 0) {
    reject(scope, { prop: 'checks', value: checks, problem: 'the branching strategy has nothing to check', remedy: 'Leave it out, or add a branch that is checked.' });
  }
  for (const prop of ['filePaths', 'ignoredFilePaths'] as const) {
    const value = props[prop];
    if (value && (value.length === 0 || value.length > 8)) {
      reject(scope, { prop, value, problem: 'a trigger takes 1 to 8 patterns', remedy: 'Give fewer patterns, such as "api/**", or leave it out.' });
    }
  }
  if (props.gitHubOidcProviderArn !== undefined) {
    validateMatch(scope, {
      prop: 'gitHubOidcProviderArn',
      value: props.gitHubOidcProviderArn,
      pattern: /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/.+$/,
      problem: 'it is not the ARN of an OpenID Connect provider',
      remedy: 'Give "arn:aws:iam::<account>:oidc-provider/token.actions.githubusercontent.com", or leave it out.',
    });
  }
}

function validateRollback(scope: Construct, { smokeTest, site, rollbackAlarms = [], rollbackWait }: GitFlowPipelineProps): void {
  if (smokeTest && !site && smokeTest._isWithoutAddress) {
    reject(scope, {
      prop: 'smokeTest', value: 'SmokeTest.requests()', problem: 'without a `site` nobody knows where the application answers', remedy: 'Give its `url`.',
    });
  }
  if (rollbackAlarms.length > 5) {
    reject(scope, {
      prop: 'rollbackAlarms', value: rollbackAlarms.length, problem: 'a condition has at most 5 alarms', remedy: 'Put them into one `cloudwatch.CompositeAlarm`.',
    });
  }
  const { region } = Stack.of(scope);
  rollbackAlarms.forEach((alarm, index) => {
    if (!isDeployTime(region) && !isDeployTime(alarm.env.region) && alarm.env.region !== region) {
      reject(scope, {
        prop: `rollbackAlarms[${index}]`, value: alarm.env.region, problem: `the pipeline is in region ${region}`, remedy: 'Give an alarm of the pipeline\'s region.',
      });
    }
  });
  if (rollbackWait) {
    const minutes = rollbackWait.toMinutes({ integral: false });
    validateRange(scope, { prop: 'rollbackWait', value: minutes, min: 1, max: 1440, unit: 'minutes', step: 1 });
  }
}
