import { administrationRoleArn, StepState } from './checklist';
import { OrganizationIds } from './organization-ids';
import { RecordedStep } from '../private/first-run';
import { shellCommand } from '../private/shell-command';

/** A step's commands as a shell takes them. */
export function commandLines(step: RecordedStep): string[] {
  const region = step.region ? ['--region', step.region] : [];
  return (step.commands ?? []).map(command => shellCommand(['aws', ...command, ...region]));
}

/** The checklist as a Markdown page: every step, with the commands of those that are open. */
export function renderPage(states: StepState[], ids: OrganizationIds): string {
  return [
    '# First run: what CloudFormation cannot do',
    '',
    `${states.filter(({ status }) => status === 'done').length} of ${states.length} steps are done. \`npx cdk-innovate-platform preflight\` asks again, \`--apply\` runs the commands of the open ones.`,
    ...section('Before the deployment', states.filter(({ step }) => step.beforeDeployment), ids),
    ...section('After the deployment', states.filter(({ step }) => !step.beforeDeployment), ids),
    ...ids.organizationId ? ['', '## For the configuration', '', ...configuration(ids).filter(line => line).map(line => `- \`${line}\``)] : [],
    '',
  ].join('\n');
}

function section(title: string, states: StepState[], ids: OrganizationIds): string[] {
  return states.length === 0 ? [] : ['', `## ${title}`, ...states.flatMap(state => renderStep(state, ids))];
}

function renderStep({ step, status, detail }: StepState, ids: OrganizationIds): string[] {
  const heading = ['', `- [${status === 'done' ? 'x' : ' '}] **${step.title}**`];
  if (status === 'done') { return heading; }
  const lines = commandLines(step);
  const elsewhere = lines.length > 0 && step.account !== ids.callerAccount && /^\d{12}$/.test(step.account);
  const block = elsewhere ? ['(', credentialsOf(step.account, ids), ...lines, ')'] : lines;
  return [
    ...heading,
    `  ${step.why}${detail ? ` (${detail})` : ''}`,
    ...step.manual ? ['', `  ${step.manual}`] : [],
    ...lines.length ? ['', '  ```sh', ...block.map(line => `  ${line}`), '  ```'] : [],
  ];
}

/** Takes the administration role of another account for what follows in the same subshell. */
function credentialsOf(account: string, ids: OrganizationIds): string {
  const assume = `aws sts assume-role --role-arn ${administrationRoleArn(account, ids)} --role-session-name first-run`;
  return `export $(printf "AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_SESSION_TOKEN=%s" $(${assume} --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text))`;
}

/** The ids that the app's configuration takes. */
export function configuration({ organizationId, rootId, accounts }: OrganizationIds): string[] {
  return organizationId === undefined ? [] : [
    `organization: { organizationId: '${organizationId}', rootId: '${rootId}' }`,
    ...[...accounts].sort(([a], [b]) => a < b ? -1 : 1).map(([name, id]) => `account of ${name}: '${id}'`),
    '',
  ];
}
