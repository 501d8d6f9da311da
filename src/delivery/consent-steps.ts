import { IConstruct } from 'constructs';
import { GitHubRepository } from './github/github-repository';
import { DeliveryNotifications } from './messages/delivery-notifications';
import { addFirstRunStep, addSubscriptionStep } from '../private/first-run';
import { isDeployTime } from '../private/validation';

/** Where the API of Slack workspaces answers, whatever region the channel's topics are in. */
const CHAT_REGION = 'us-east-2';

export interface ConsentStepsProps {
  readonly repository: GitHubRepository;
  /** @default - no channel that needs a consent */
  readonly notifications?: DeliveryNotifications;
  /** The provider that GitHub's workflows log in with. @default - none logs in */
  readonly oidcProviderArn?: string;
}

/** What a person has to agree to, in a browser or by mail, once in each account. */
export function addConsentSteps(scope: IConstruct, { repository, notifications, oidcProviderArn }: ConsentStepsProps): void {
  const connectionArn = repository.connectionArnFor(scope);
  if (!isDeployTime(connectionArn)) {
    addFirstRunStep(scope, {
      id: `github-consent-${connectionArn.split('/').pop()}`,
      title: `GitHub lets AWS read ${repository.owner}/${repository.name}`,
      why: 'Without the consent the connection stays PENDING and no push starts a pipeline.',
      beforeDeployment: false,
      check: {
        command: ['codeconnections', 'get-connection', '--connection-arn', connectionArn, '--query', 'Connection.ConnectionStatus'],
        expected: 'AVAILABLE',
      },
      manual: 'In the console: Developer Tools > Settings > Connections > the connection > Update pending connection, as an owner of the GitHub organization.',
    });
  }
  if (oidcProviderArn !== undefined) {
    addFirstRunStep(scope, {
      id: 'github-oidc-provider',
      title: 'The account knows the workflows of GitHub',
      why: 'Without the provider no workflow can log in, and GitHub hears of no release.',
      beforeDeployment: true,
      check: { command: ['iam', 'list-open-id-connect-providers', '--query', 'OpenIDConnectProviderList[].Arn'], expected: oidcProviderArn },
      commands: [['iam', 'create-open-id-connect-provider', '--url', 'https://token.actions.githubusercontent.com', '--client-id-list', 'sts.amazonaws.com']],
    });
  }
  for (const email of notifications?.emails ?? []) { addSubscriptionStep(scope, email); }
  const workspaceId = notifications?.slack?.workspaceId;
  if (workspaceId !== undefined && !isDeployTime(workspaceId)) {
    addFirstRunStep(scope, {
      id: `slack-consent-${workspaceId}`,
      title: `Slack workspace ${workspaceId} lets AWS write to it`,
      why: 'Without the consent CloudFormation cannot make the channel configuration.',
      region: CHAT_REGION,
      beforeDeployment: true,
      check: { command: ['chatbot', 'describe-slack-workspaces', '--query', 'SlackWorkspaces[].SlackTeamId'], expected: workspaceId },
      manual: 'In the console: Amazon Q Developer in chat applications > Configure new client > Slack > Allow, as somebody who may add apps to the workspace.',
    });
  }
}
