import { SlackChannel } from './slack-channel';

/** Who hears of releases: that one succeeded, failed or waits for an approval. */
export interface DeliveryNotifications {
  /**
   * The team's Slack channel.
   *
   * @default - no message on Slack
   */
  readonly slack?: SlackChannel;
  /**
   * Addresses that get a message; each has to confirm its subscription once.
   *
   * @default - no e-mail
   */
  readonly emails?: string[];
}
