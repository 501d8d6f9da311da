import { DeliveryEvent } from './delivery-event';

/**
 * A channel that AWS may write to. Somebody consents once in each account, in the console of Amazon Q Developer in chat applications.
 *
 * An account has one configuration a channel: pipelines of one stack share it, pipelines of other stacks of the account need channels of their own.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/slack-setup.html
 */
export interface SlackChannel {
  /** Id of the workspace: `T` and capital letters or digits. */
  readonly workspaceId: string;
  /** Id of the channel: `C` (or `G` for an old private one) and capital letters or digits. */
  readonly channelId: string;
  /**
   * Id of the user group that failures and rollbacks mention: `S` and capital letters or digits.
   *
   * @default - nobody is mentioned
   */
  readonly onCallGroupId?: string;
  /**
   * What the channel is told.
   *
   * @default - everything but releases that gave way to a newer commit
   */
  readonly events?: DeliveryEvent[];
  /**
   * Whether whoever is in the channel may approve and reject releases there, with a button. Others find the link to the approval in the message.
   *
   * @default false
   */
  readonly answersApprovals?: boolean;
}
