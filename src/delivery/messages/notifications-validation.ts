import { IConstruct } from 'constructs';
import { DeliveryNotifications } from './delivery-notifications';
import { reject, validateEmail, validateMatch, validateUnique } from '../../private/validation';

export function validateNotifications(scope: IConstruct, { slack, emails = [], emailEvents }: DeliveryNotifications): void {
  validateMatch(scope, {
    prop: 'notifications.slack.workspaceId',
    value: slack?.workspaceId,
    pattern: /^T[A-Z0-9]{2,}$/,
    problem: 'the id of a Slack workspace is a T and capital letters or digits',
    remedy: 'Copy it from the address of Slack in a browser, "app.slack.com/client/T…", not the name of the workspace.',
  });
  validateMatch(scope, {
    prop: 'notifications.slack.channelId',
    value: slack?.channelId,
    pattern: /^[CG][A-Z0-9]{2,}$/,
    problem: 'the id of a Slack channel is a C or a G and capital letters or digits',
    remedy: 'Copy it from the bottom of the channel\'s details in Slack, not the name of the channel.',
  });
  validateMatch(scope, {
    prop: 'notifications.slack.onCallGroupId',
    value: slack?.onCallGroupId,
    pattern: /^S[A-Z0-9]{2,}$/,
    problem: 'the id of a Slack user group is an S and capital letters or digits',
    remedy: 'Copy it from the menu of the user group in Slack, not its handle such as "@on-call".',
  });
  validateEvents(scope, 'notifications.slack.events', slack?.events);
  emails.forEach((email, index) => validateEmail(scope, `notifications.emails[${index}]`, email));
  validateUnique(scope, 'notifications.emails', emails, 'address');
  validateEvents(scope, 'notifications.emailEvents', emailEvents);
  if (emailEvents && emails.length === 0) {
    reject(scope, {
      prop: 'notifications.emailEvents', value: emailEvents, problem: 'there is no address in `notifications.emails`', remedy: 'Give an address, or leave it out.',
    });
  }
}

function validateEvents(scope: IConstruct, prop: string, events: string[] | undefined): void {
  if (!events) { return; }
  if (events.length === 0) {
    reject(scope, { prop, value: events, problem: 'nobody would be told anything', remedy: 'Name at least one event, or leave it out for the default.' });
  }
  validateUnique(scope, prop, events, 'event');
}
