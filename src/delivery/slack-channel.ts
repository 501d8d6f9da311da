/**
 * A channel that AWS may write to. Somebody consents once in each account, in the console of Amazon Q Developer in chat applications.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/slack-setup.html
 */
export interface SlackChannel {
  /** Id of the workspace: `T` and capital letters or digits. */
  readonly workspaceId: string;
  /** Id of the channel: `C` (or `G` for an old private one) and capital letters or digits. */
  readonly channelId: string;
}
