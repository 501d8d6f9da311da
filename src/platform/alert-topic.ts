import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { ALARMS_SERVICE, allowAlarmsToPublish } from '../private/alarm-topic';
import { createEncryptionKey } from '../private/encryption-key';
import { addSubscriptionStep } from '../private/first-run';

/** Where an environment's alarms go: an encrypted topic that CloudWatch of this account may publish to. */
export class AlertTopic extends Construct {
  public readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, email: string) {
    super(scope, id);
    const encryptionKey = createEncryptionKey(this, 'Key', { description: 'Alerts of the environment', services: [ALARMS_SERVICE] });
    this.topic = new sns.Topic(this, 'Topic', { masterKey: encryptionKey, enforceSSL: true });
    allowAlarmsToPublish(this, this.topic);
    this.topic.addSubscription(new subscriptions.EmailSubscription(email));
    addSubscriptionStep(this, email);
  }
}
