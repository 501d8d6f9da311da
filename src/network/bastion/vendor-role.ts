import { Stack, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { VendorAccess } from './vendor-access';
import { VendorTarget } from './vendor-target';

/** The path of the vendors' roles, by which their sessions are told from everybody else's. */
export const VENDOR_ROLE_PATH = '/vendor-bastion/';

export interface VendorRoleProps {
  readonly access: VendorAccess;
  /** Name and value of the tag that the bastion's instances carry. */
  readonly instanceTag: { readonly key: string; readonly value: string };
}

/** What one vendor may do until its access expires: forward a port to its targets, through the bastion's instances only. */
export class VendorRole extends Construct {
  public readonly role: iam.Role;

  private readonly documents = new Map<string, ssm.CfnDocument>();
  private readonly untilExpiry: Record<string, Record<string, string>>;

  constructor(scope: Construct, id: string, { access, instanceTag }: VendorRoleProps) {
    super(scope, id);
    this.untilExpiry = { DateLessThan: { 'aws:CurrentTime': `${access.accessUntil}T23:59:59Z` } };
    for (const target of access.targets) { this.documents.set(target.name, this.createSessionDocument(access, target)); }
    this.role = new iam.Role(this, 'Role', {
      path: VENDOR_ROLE_PATH,
      description: `Vendor ${access.name}, until ${access.accessUntil}`,
      assumedBy: new iam.ArnPrincipal(access.principalArn).withConditions({
        StringEquals: { 'sts:ExternalId': access.externalId },
        // a role's session never says whether its user gave a second factor; a user's does
        ...(access.principalArn.includes(':user/') ? { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } : {}),
        ...this.untilExpiry,
      }),
      managedPolicies: [new iam.ManagedPolicy(this, 'Policy', { statements: this.statements(instanceTag) })],
    });
  }

  /** The name of the Session document that forwards a port to a target. */
  public documentName(targetName: string): string | undefined {
    return this.documents.get(targetName)?.ref;
  }

  /** @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html */
  private createSessionDocument(access: VendorAccess, target: VendorTarget): ssm.CfnDocument {
    return new ssm.CfnDocument(this, `Target-${target.name}`, {
      documentType: 'Session',
      documentFormat: 'JSON',
      content: {
        schemaVersion: '1.0',
        description: `Forwards a port of vendor ${access.name} to ${target.name}`,
        sessionType: 'Port',
        inputs: { idleSessionTimeout: '20', maxSessionDuration: '60' },
        parameters: {
          localPortNumber: {
            type: 'String',
            description: 'Port on the machine of the vendor; 0 takes a free one',
            allowedPattern: '^[0-9]{1,5}$',
            default: '0',
          },
        },
        properties: {
          type: 'LocalPortForwarding',
          host: target.address,
          portNumber: Tokenization.stringifyNumber(target.port),
          localPortNumber: '{{ localPortNumber }}',
        },
      },
    });
  }

  private statements(instanceTag: VendorRoleProps['instanceTag']): iam.PolicyStatement[] {
    const stack = Stack.of(this);
    const ownSessions = stack.formatArn({ service: 'ssm', resource: 'session', resourceName: '*' });
    return [
      new iam.PolicyStatement({
        sid: 'StartSessionOnBastion',
        actions: ['ssm:StartSession'],
        // the auto scaling group replaces the instance, so its id is not known
        resources: [stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' })],
        conditions: {
          StringEquals: { [`ssm:resourceTag/${instanceTag.key}`]: instanceTag.value },
          // without this check a session without a document opens the default one: a shell
          BoolIfExists: { 'ssm:SessionDocumentAccessCheck': 'true' },
          ...this.untilExpiry,
        },
      }),
      new iam.PolicyStatement({
        sid: 'StartSessionToTargets',
        actions: ['ssm:StartSession'],
        resources: [...this.documents.values()].map(document => stack.formatArn({ service: 'ssm', resource: 'document', resourceName: document.ref })),
        conditions: this.untilExpiry,
      }),
      new iam.PolicyStatement({
        sid: 'OwnSessions',
        actions: ['ssm:TerminateSession', 'ssm:ResumeSession'],
        // a session's id starts with the session name of the role, which no policy variable holds; its tag holds the user id
        resources: [ownSessions],
        conditions: { StringEquals: { 'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}' }, ...this.untilExpiry },
      }),
      new iam.PolicyStatement({
        sid: 'DataChannelOfOwnSessions',
        actions: ['ssmmessages:OpenDataChannel'],
        // opens only with the token that StartSession or ResumeSession gave for the session
        resources: [ownSessions],
        conditions: this.untilExpiry,
      }),
      new iam.PolicyStatement({
        sid: 'FindBastion',
        actions: ['autoscaling:DescribeAutoScalingGroups'],
        // knows no resource-level permissions; of all that tells the instance's id, it tells the least else
        resources: ['*'],
        conditions: { StringEquals: { 'aws:RequestedRegion': stack.region }, ...this.untilExpiry },
      }),
    ];
  }
}
