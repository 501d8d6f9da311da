import { DeliveryEvent } from './delivery-event';

/** Everything but what goes on by itself. */
export const SLACK_EVENTS = Object.values(DeliveryEvent).filter(event => event !== DeliveryEvent.SUPERSEDED);
/** What somebody has to act on, and how it ended. */
export const EMAIL_EVENTS = [DeliveryEvent.APPROVAL_REQUESTED, DeliveryEvent.SUCCEEDED, DeliveryEvent.FAILED, DeliveryEvent.ROLLED_BACK];
