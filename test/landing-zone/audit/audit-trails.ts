import { Duration, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { AuditTrail, AuditTrailProps } from '../../../src/landing-zone/audit/audit-trail';

/** The trail of an organization that is prepared for it. */
export function auditTrail(stack: Stack, props: Partial<AuditTrailProps> = {}): AuditTrail {
  return new AuditTrail(stack, 'AuditTrail', {
    organizationId: 'o-exampleorgid', encryptionKey: new kms.Key(stack, 'Key'), retention: Duration.days(2557),
    isOrganizationPrepared: true, alarmEmail: 'ops@innovate.example', ...props,
  });
}
