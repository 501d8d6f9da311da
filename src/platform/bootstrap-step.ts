import { Stack, Token } from 'aws-cdk-lib';
import { addFirstRunStep } from '../private/first-run';

/** The CDK's own preparation of an account and region, without which nothing can be deployed there. */
export function addBootstrapStep(stack: Stack): void {
  const { account, region } = stack;
  const version = `/cdk-bootstrap/${stack.synthesizer.bootstrapQualifier ?? 'hnb659fds'}/version`;
  if (Token.isUnresolved(account) || Token.isUnresolved(region)) { return; }
  addFirstRunStep(stack, {
    id: `bootstrap-${region}`,
    title: `account ${account} is bootstrapped for the AWS CDK in ${region}`,
    why: 'The CDK deploys through the roles and the bucket of its bootstrap stack.',
    beforeDeployment: true,
    check: { command: ['ssm', 'get-parameter', '--name', version, '--query', 'Parameter.Name'], expected: version },
    manual: `As OrganizationAccountAccessRole of the account: npx cdk bootstrap aws://${account}/${region}`,
  });
}
