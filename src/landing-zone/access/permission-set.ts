import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import {
  auditStatements, bastionStatements, billingStatements, noAccessChangeStatements, noDataStatements, noTelemetryStatements, operateStatements,
  releaseApprovalStatements, telemetryStatements, trailStatements, viewStatements,
} from './access-statements';
import { TrailAccess } from './trail-access';

/** A permission set of your own. */
export interface CustomPermissionSetProps {
  /**
   * What people choose in the access portal: 1 to 32 letters, digits and `+=,.@_-`. No other permission set of the
   * Identity Center may have it. A new name makes a new set and new roles in every account.
   */
  readonly name: string;

  /** What the set is for: 1 to 700 characters. */
  readonly description: string;

  /**
   * A permission set whose policies this one has as well, its denials included.
   *
   * @default - none
   */
  readonly basedOn?: PermissionSet;

  /**
   * How long a session lasts, from 1 to 12 hours.
   *
   * @default - that of `basedOn`, or one hour
   */
  readonly sessionDuration?: Duration;

  /**
   * Names of AWS's managed policies with their path, e.g. `SecurityAudit` or `job-function/ViewOnlyAccess`. They change without notice.
   *
   * @default - none
   */
  readonly managedPolicyNames?: string[];

  /**
   * What is allowed and denied besides, without principals. With those of `basedOn` at most 10,240 characters.
   *
   * @default - none
   */
  readonly statements?: iam.PolicyStatement[];
}

/** The policies of a permission set. */
interface Permissions {
  readonly managedPolicyNames?: string[];
  /** @param trail the organization's trail, for those who may read it; undefined where there is none */
  readonly statements?: (trail?: TrailAccess) => iam.PolicyStatement[];
  /** Whether the set has no place in the management account. */
  readonly workloadsOnly?: boolean;
}

/**
 * What a group of people may do in an account. IAM Identity Center makes a role of it in each account where it is assigned.
 *
 * But for `ADMINISTRATOR`, every set of the library denies what is stored, keys, changes of access and the step into other roles (a bastion's excepted):
 * no policy of a bucket or a key can give it back. The organization's trail is the one exception, for `AUDITOR`.
 *
 * @example
 * import { Duration } from 'aws-cdk-lib';
 * import * as iam from 'aws-cdk-lib/aws-iam';
 * import { PermissionSet } from 'cdk-innovate-platform';
 *
 * const onCall = PermissionSet.custom({
 *   name: 'OnCall',
 *   description: 'Developers on call restart what serves customers',
 *   basedOn: PermissionSet.DEVELOPER_VIEW,
 *   sessionDuration: Duration.hours(1),
 *   statements: [new iam.PolicyStatement({ actions: ['rds:RebootDBInstance'], resources: ['*'] })],
 * });
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
 */
export class PermissionSet {
  /** Everything that the guardrails leave, for one hour. */
  public static readonly ADMINISTRATOR = new PermissionSet(
    'InnovateAdministrator', 'Everything that the guardrails leave, for one hour', Duration.hours(1), { managedPolicyNames: ['AdministratorAccess'] },
  );

  /**
   * See configuration, metrics, logs and traces; start, retry and stop pipelines; restart what runs; take the bastion's role that is made
   * for the set. No data. For non-production.
   */
  public static readonly DEVELOPER = new PermissionSet(
    'InnovateDeveloper', 'See configuration, metrics, logs and traces, run pipelines, restart, come in at the bastion; no data', Duration.hours(8), {
      statements: () => [...viewStatements(), ...telemetryStatements(), ...operateStatements(), ...bastionStatements(), ...guardStatements()],
      workloadsOnly: true,
    },
  );

  /** See configuration, state and metrics. No data, and no logs or traces, in which applications write about customers. For production. */
  public static readonly DEVELOPER_VIEW = new PermissionSet(
    'InnovateDeveloperView', 'See configuration, state and metrics; no data, no logs', Duration.hours(2), {
      statements: () => [...viewStatements(), ...noTelemetryStatements(), ...guardStatements()], workloadsOnly: true,
    },
  );

  /** Approve or reject a release and see what it would change; start nothing. */
  public static readonly RELEASE_APPROVER = new PermissionSet(
    'InnovateReleaseApprover', 'Approve or reject releases', Duration.hours(1), {
      statements: () => [...releaseApprovalStatements(), ...noTelemetryStatements(), ...guardStatements()], workloadsOnly: true,
    },
  );

  /** See costs, pay invoices, keep purchase orders and tax data. Budgets cannot be changed. For the management account. */
  public static readonly BILLING = new PermissionSet(
    'InnovateBilling', 'See costs and pay for them', Duration.hours(1), {
      statements: () => [...billingStatements(), ...noTelemetryStatements(), ...guardStatements()],
    },
  );

  /**
   * See every configuration, identity, finding and audit event. No data, no logs of applications. Where it is assigned in the management
   * account, the organization's trail can be read there: its files, and its log group by CloudWatch Logs Insights.
   */
  public static readonly AUDITOR = new PermissionSet(
    'InnovateAuditor', 'See every configuration, identity, finding and audit event; no data', Duration.hours(4), {
      managedPolicyNames: ['SecurityAudit', 'job-function/ViewOnlyAccess'],
      statements: trail => [
        ...auditStatements(), ...trail ? trailStatements(trail) : [], ...noTelemetryStatements(trail), ...guardStatements(trail),
      ],
    },
  );

  /** A permission set of your own, or one of the library with more in it. */
  public static custom(props: CustomPermissionSetProps): PermissionSet {
    const base = props.basedOn;
    return new PermissionSet(props.name, props.description, props.sessionDuration ?? base?.sessionDuration ?? Duration.hours(1), {
      managedPolicyNames: [...new Set([...base?._managedPolicyNames ?? [], ...props.managedPolicyNames ?? []])],
      statements: trail => [...base?._statements(trail) ?? [], ...props.statements ?? []],
      workloadsOnly: base?._workloadsOnly,
    });
  }

  private constructor(
    /** The name in the access portal and in the names of the roles. */
    public readonly name: string,
    /** What the set is for. */
    public readonly description: string,
    /** How long a session lasts. */
    public readonly sessionDuration: Duration,
    private readonly permissions: Permissions,
  ) {}

  /** @internal */
  public get _managedPolicyNames(): string[] {
    return this.permissions.managedPolicyNames ?? [];
  }

  /** Whether a policy of it allows the step into some role. @internal */
  public get _mayTakeRoles(): boolean {
    const isAllowed = ({ effect, actions }: iam.PolicyStatement) =>
      effect === iam.Effect.ALLOW && actions.some(action => ['*', 'sts:*', 'sts:assume*', 'sts:assumerole'].includes(action.toLowerCase()));
    return this._managedPolicyNames.includes('AdministratorAccess') || this._statements().some(isAllowed);
  }

  /** @internal */
  public get _workloadsOnly(): boolean {
    return this.permissions.workloadsOnly ?? false;
  }

  /** @internal */
  public _statements(trail?: TrailAccess): iam.PolicyStatement[] {
    return this.permissions.statements?.(trail) ?? [];
  }

  /**
   * The document in the role of each account; undefined where a set has managed policies only.
   *
   * @param trail the organization's trail, for those who may read it
   * @internal
   */
  public _inlinePolicy(trail?: TrailAccess): object | undefined {
    const statements = this._statements(trail).map(statement => statement.toStatementJson());
    return statements.length ? { Version: '2012-10-17', Statement: statements } : undefined;
  }
}

/** What nobody but an administrator may do in any account. */
function guardStatements(trail?: TrailAccess): iam.PolicyStatement[] {
  return [...noDataStatements(trail), ...noAccessChangeStatements()];
}
