import { DeliveryEvent } from './delivery-event';
import { SlackChannel } from './slack-channel';

/** Who hears of releases, and of what. */
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
  /**
   * What the addresses are told.
   *
   * @default - approvals that are requested, and releases that succeeded, failed or were rolled back
   */
  readonly emailEvents?: DeliveryEvent[];
}
