import { SlackChannel } from '../delivery/messages/slack-channel';

/** Where the platform's messages go. */
export interface PlatformAlerts {
  /** Address for budgets, releases and alarms; it has to confirm each subscription once. */
  readonly email: string;
  /**
   * The team's Slack channel.
   *
   * @default - e-mail only
   */
  readonly slack?: SlackChannel;
}
