import { Stack, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { BoundHost } from './bound-host';
import { VendorTarget } from './vendor-target';

/** Operators of IAM's conditions, each with its keys and values. */
export type Conditions = Record<string, Record<string, string>>;

export interface BastionRoleProps {
  /** Who comes in, as the documents' descriptions call it. */
  readonly owner: string;
  readonly description: string;
  /** Tells the sessions of one kind of role from everybody else's. */
  readonly path: string;
  /** Who takes the role. */
  readonly principal: iam.IPrincipal;
  readonly targets: VendorTarget[];
  readonly host: BoundHost;
  /** Conditions of everything that the role allows. @default - none */
  readonly within?: Conditions;
  /** What the role denies besides shells and other targets. @default - nothing */
  readonly denials?: iam.PolicyStatement[];
}

/** What one vendor, or one permission set, may do: forward a port to its targets, through the bastion's host only. */
export class BastionRole extends Construct {
  public readonly role: iam.Role;

  private readonly documents = new Map<string, ssm.CfnDocument>();

  constructor(scope: Construct, id: string, private readonly props: BastionRoleProps) {
    super(scope, id);
    for (const target of props.targets) { this.documents.set(target.name, this.createSessionDocument(target)); }
    this.role = new iam.Role(this, 'Role', {
      path: props.path,
      description: props.description,
      assumedBy: props.principal,
      managedPolicies: [
        new iam.ManagedPolicy(this, 'Policy', { statements: this.permissions() }),
        new iam.ManagedPolicy(this, 'Limits', { statements: this.limits() }),
      ],
    });
  }

  /** The name of the Session document that forwards a port to a target. */
  public documentName(targetName: string): string | undefined {
    return this.documents.get(targetName)?.ref;
  }

  /** @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html */
  private createSessionDocument(target: VendorTarget): ssm.CfnDocument {
    return new ssm.CfnDocument(this, `Target-${target.name}`, {
      documentType: 'Session',
      documentFormat: 'JSON',
      content: {
        schemaVersion: '1.0',
        description: `Forwards a port of ${this.props.owner} to ${target.name}`,
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

  private permissions(): iam.PolicyStatement[] {
    const { host } = this.props;
    const ownSessions = Stack.of(this).formatArn({ service: 'ssm', resource: 'session', resourceName: '*' });
    return [
      this.allow({
        sid: 'StartSessionOnBastion',
        actions: ['ssm:StartSession'],
        resources: host.resources,
        // without this check a session without a document opens the default one: a shell
        conditions: { ...host.conditions, BoolIfExists: { 'ssm:SessionDocumentAccessCheck': 'true' } },
      }),
      this.allow({ sid: 'StartSessionToTargets', actions: ['ssm:StartSession'], resources: this.documentArns() }),
      this.allow({
        sid: 'OwnSessions',
        actions: ['ssm:TerminateSession', 'ssm:ResumeSession'],
        // a session's id starts with the session name of the role, which no policy variable holds; its tag holds the user id
        resources: [ownSessions],
        conditions: { StringEquals: { 'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}' } },
      }),
      this.allow({
        sid: 'DataChannelOfOwnSessions',
        actions: ['ssmmessages:OpenDataChannel'],
        // opens only with the token that StartSession or ResumeSession gave for the session
        resources: [ownSessions],
      }),
      ...host.find.map(statement => this.allow(statement)),
    ];
  }

  /** Denied whatever else the role is granted, in a policy of its own because a policy has room for 6,144 characters. */
  private limits(): iam.PolicyStatement[] {
    return [
      new iam.PolicyStatement({
        sid: 'OnlyTheTargets',
        effect: iam.Effect.DENY,
        actions: ['ssm:StartSession'],
        notResources: [...this.props.host.resources, ...this.documentArns()],
      }),
      new iam.PolicyStatement({
        sid: 'NoShell',
        effect: iam.Effect.DENY,
        actions: [
          'ecs:ExecuteCommand', 'ssm:SendCommand', 'ssm:StartAutomationExecution',
          'ec2-instance-connect:SendSSHPublicKey', 'ec2-instance-connect:SendSerialConsoleSSHPublicKey', 'ec2-instance-connect:OpenTunnel',
        ],
        resources: ['*'],
      }),
      ...this.props.denials ?? [],
    ];
  }

  private allow({ conditions, ...statement }: iam.PolicyStatementProps): iam.PolicyStatement {
    const all = { ...conditions, ...this.props.within };
    return new iam.PolicyStatement({ ...statement, conditions: Object.keys(all).length ? all : undefined });
  }

  private documentArns(): string[] {
    return [...this.documents.values()].map(({ ref }) => Stack.of(this).formatArn({ service: 'ssm', resource: 'document', resourceName: ref }));
  }
}
