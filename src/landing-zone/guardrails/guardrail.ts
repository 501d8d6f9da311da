import * as iam from 'aws-cdk-lib/aws-iam';
import { dailyBackups } from './backup-policy';
import { renderStatements } from './control-statements';
import {
  aiServicesOptOut, bucketPublicAccessBlock, imagePublicAccessBlock, instanceMetadataDefaults, internetIngressBlock, serialConsoleOff,
  snapshotPublicAccessBlock,
} from './declarative-policies';
import { inspectorScans, securityHub } from './detection-policies';
import { GuardrailContext } from './guardrail-context';
import { GuardrailPolicyType } from './guardrail-policy-type';
import { CostAllocationTagsProps, CustomGuardrailProps, CustomPolicyGuardrailProps, OrganizationPerimeterProps } from './guardrail-props';
import { perimeterStatements, tlsStatements } from './resource-control-statements';
import {
  accountSettingsStatements, auditStatements, encryptedStorageStatements, externalShareStatements, iamUserStatements, identityProviderStatements,
  instanceMetadataStatements, leavingStatements, permittedRegionsStatements, privilegedRoleStatements, productionDataStatements,
  publicDatabaseStatements, rootUserStatements,
} from './service-control-statements';
import { costAllocationTags } from './tag-policy';
import { reject } from '../../private/validation';
import { OrganizationalUnit } from '../organization/organizational-unit';

/**
 * One rule that nobody in a workload account can break, its administrators included.
 *
 * A guardrail is written as one kind of organization policy, `policyType`:
 * - Service control policies take permissions away from identities. They do not reach the management account and service-linked roles.
 * - Resource control policies take them away from whoever comes to a resource, from inside or outside.
 * - Declarative policies set a service itself; backup and tag policies say what is backed up and how tags are written.
 *
 * Each kind has to be switched on for the organization once. Where a guardrail names the administration role, that is
 * `OrganizationAccountAccessRole`, which only the management account can assume. CloudFormation's role of the AWS CDK is
 * `cdk-*-cfn-exec-role-*`: what is deployed as code. Both names are kept by `PROTECT_PRIVILEGED_ROLES`, without which the
 * exceptions of the other guardrails are open to every administrator of an account.
 *
 * @example
 * import * as iam from 'aws-cdk-lib/aws-iam';
 * import { Guardrail } from 'cdk-innovate-platform';
 *
 * const guardrails = [
 *   Guardrail.DENY_LEAVING,
 *   Guardrail.PERMITTED_REGIONS,
 *   Guardrail.PROTECT_AUDIT,
 *   Guardrail.TLS_ONLY,
 *   Guardrail.organizationPerimeter({ trustedAccounts: ['444444444444'] }),
 *   Guardrail.IMDS_V2_BY_DEFAULT,
 *   Guardrail.custom({
 *     name: 'no marketplace',
 *     statements: [new iam.PolicyStatement({
 *       sid: 'NoMarketplace', effect: iam.Effect.DENY, actions: ['aws-marketplace:Subscribe'], resources: ['*'],
 *     })],
 *   }),
 * ];
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html
 */
export class Guardrail {
  /** The account can neither leave the organization nor be closed from inside. */
  public static readonly DENY_LEAVING = Guardrail.ofIdentities('deny leaving the organization', leavingStatements);

  /** The root user can do nothing. Sessions that the management account opens by `sts:AssumeRoot` still work. */
  public static readonly DENY_ROOT_USER = Guardrail.ofIdentities('deny the root user', rootUserStatements);

  /**
   * Nothing outside `permittedRegions`, the global services excepted. Where us-east-1 is not permitted
   * it admits what a CloudFront stack needs, detection and quotas, and no machine, cluster or database.
   */
  public static readonly PERMITTED_REGIONS = Guardrail.ofIdentities('permitted regions', permittedRegionsStatements);

  /**
   * Trails, detectors, recorders, scanners and analyzers cannot be stopped or deleted but by the administration role;
   * their settings, and the rules by which findings are suppressed, are changed by CloudFormation's role of the AWS CDK as well.
   * A single finding can still be archived, and the EventBridge rules that report findings can be switched off:
   * they cannot be told from those of a workload.
   */
  public static readonly PROTECT_AUDIT = Guardrail.ofIdentities('protect audit and detection', auditStatements);

  /**
   * Contacts, regions and the account-wide public access blocks are changed by the administration role and by
   * CloudFormation's role of the AWS CDK only.
   */
  public static readonly PROTECT_ACCOUNT_SETTINGS = Guardrail.ofIdentities('protect account settings', accountSettingsStatements);

  /**
   * The administration role and CloudFormation's role of the AWS CDK are made, changed and deleted by the administration role only,
   * the role of AWS Backup by CloudFormation's role as well. The exceptions of other guardrails rely on these names.
   *
   * `cdk bootstrap` therefore runs as the administration role, for every account and after every change of the bootstrap stack; a stack set
   * has to take that role, too. Roles that had one of these names before stay as they are. What CloudFormation's role deploys counts as code, whoever started
   * the deployment.
   */
  public static readonly PROTECT_PRIVILEGED_ROLES = Guardrail.ofIdentities('protect privileged roles', privilegedRoleStatements);

  /**
   * EBS volumes, EFS file systems, replication groups of ElastiCache and databases of RDS, Aurora, DocumentDB and Neptune are created
   * encrypted or not at all.
   *
   * Not covered, because no condition key tells: databases that are restored from a snapshot or a point in time, or replicated, which are as
   * encrypted as their source; single cache clusters without a replication group; OpenSearch domains, Redshift and MSK clusters.
   */
  public static readonly ENCRYPTED_STORAGE = Guardrail.ofIdentities('encrypted storage', encryptedStorageStatements);

  /** No IAM users, and no password, access key or other long-lived credential for one. */
  public static readonly DENY_IAM_USERS = Guardrail.ofIdentities('deny IAM users and long-lived keys', iamUserStatements);

  /** SAML and OpenID Connect providers are made and changed by the administration role and by CloudFormation's role of the AWS CDK only. */
  public static readonly PROTECT_IDENTITY_PROVIDERS = Guardrail.ofIdentities('protect identity providers', identityProviderStatements);

  /** No machine is started with version 1 of the metadata service, and no keys that came from it are accepted. */
  public static readonly DENY_IMDS_V1 = Guardrail.ofIdentities('deny version 1 of the metadata service', instanceMetadataStatements);

  /**
   * No database instance is created, replicated or restored with a public address, and no snapshot of a database is shared with another account
   * but by the administration role. `ModifyDBInstance`, and Multi-AZ clusters of RDS, can still give an address: no condition key tells.
   */
  public static readonly DENY_PUBLIC_DATABASES = Guardrail.ofIdentities('deny public databases', publicDatabaseStatements);

  /** Nothing is shared through Resource Access Manager with accounts outside the organization. */
  public static readonly DENY_EXTERNAL_SHARES = Guardrail.ofIdentities('deny shares outside the organization', externalShareStatements);

  /**
   * In production, what holds data is deleted by the administration role only: database clusters and standalone instances, tables, caches,
   * search domains, warehouses, Kafka and Kubernetes clusters, buckets, file systems, user pools, hosted zones, keys, backups and snapshots.
   * The instances of an Aurora, DocumentDB or Neptune cluster are not held back: their data is the cluster's.
   *
   * AWS Backup expires its snapshots of RDS by the role of any plan; they are told by their names, so the guardrail does not keep anybody else from
   * them either. Its volume snapshots, continuous backups of RDS, and backups of DynamoDB, FSx and Redshift it expires by
   * `innovate-landing-zone-backup` only: plans of your own have to use that role. Snapshots of Data Lifecycle Manager, or of the EBS driver
   * of a cluster, are deleted by the administration role only.
   */
  public static readonly PROTECT_PRODUCTION_DATA = Guardrail.ofIdentities(
    'protect production data', productionDataStatements, OrganizationalUnit.PRODUCTION,
  );

  /** Buckets, queues, keys, secrets, tables, logs, images and roles are reached by TLS or not at all. */
  public static readonly TLS_ONLY = Guardrail.ofResources('TLS only', tlsStatements);

  /** A launch that does not say gets version 2 of the metadata service, in one network hop. */
  public static readonly IMDS_V2_BY_DEFAULT = Guardrail.ofContent(
    'version 2 of the metadata service', GuardrailPolicyType.DECLARATIVE_EC2, instanceMetadataDefaults,
  );

  /** No EBS snapshot is public, not even one that was. */
  public static readonly BLOCK_PUBLIC_SNAPSHOTS = Guardrail.ofContent(
    'no public snapshots', GuardrailPolicyType.DECLARATIVE_EC2, snapshotPublicAccessBlock,
  );

  /** No machine image is made public. */
  public static readonly BLOCK_PUBLIC_IMAGES = Guardrail.ofContent('no public images', GuardrailPolicyType.DECLARATIVE_EC2, imagePublicAccessBlock);

  /** No serial console. */
  public static readonly DENY_SERIAL_CONSOLE = Guardrail.ofContent('no serial console', GuardrailPolicyType.DECLARATIVE_EC2, serialConsoleOff);

  /**
   * Nothing is reached from the internet through an internet gateway, but for the networks that an account excludes.
   * Not one of the defaults: in every other network it also stops public load balancers, NAT instances, Global Accelerator and
   * the VPC origins of CloudFront, which are the only way into this library's platform.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html
   */
  public static readonly BLOCK_INTERNET_INGRESS = Guardrail.ofContent(
    'no way in from the internet', GuardrailPolicyType.DECLARATIVE_EC2, internetIngressBlock,
  );

  /** No bucket is public. An account's own setting cannot be changed any more, not by CloudFormation either. */
  public static readonly BLOCK_PUBLIC_BUCKETS = Guardrail.ofContent('no public buckets', GuardrailPolicyType.S3, bucketPublicAccessBlock);

  /**
   * What has the tag `innovate:backup` with the value `daily` is backed up every day and kept for 35 days, in every permitted region.
   * The account's baseline makes the vault and the role.
   */
  public static readonly DAILY_BACKUPS = Guardrail.ofContent('daily backups', GuardrailPolicyType.BACKUP, dailyBackups);

  /** AWS neither stores nor uses what its AI services are given to improve them. */
  public static readonly AI_SERVICES_OPT_OUT = Guardrail.ofContent(
    'no use of content by AI services', GuardrailPolicyType.AI_SERVICES_OPT_OUT, aiServicesOptOut,
  );

  /**
   * Inspector scans machines, images and functions in every permitted region. Not one of the defaults:
   * Organizations wants a delegated administrator of Inspector first.
   */
  public static readonly INSPECTOR_SCANS = Guardrail.ofContent('Inspector scans', GuardrailPolicyType.INSPECTOR, inspectorScans);

  /**
   * Security Hub is on in every permitted region. Not one of the defaults:
   * Organizations wants a delegated administrator of Security Hub first.
   */
  public static readonly SECURITY_HUB = Guardrail.ofContent('Security Hub', GuardrailPolicyType.SECURITY_HUB, securityHub);

  /**
   * The guardrails that belong on every organization, which need nothing but their kinds of policy switched on.
   *
   * @param perimeter who may come in from outside
   */
  public static defaults(perimeter: OrganizationPerimeterProps = {}): Guardrail[] {
    return [
      Guardrail.DENY_LEAVING, Guardrail.DENY_ROOT_USER, Guardrail.PERMITTED_REGIONS, Guardrail.PROTECT_AUDIT, Guardrail.PROTECT_ACCOUNT_SETTINGS,
      Guardrail.PROTECT_PRIVILEGED_ROLES, Guardrail.ENCRYPTED_STORAGE, Guardrail.DENY_IAM_USERS, Guardrail.PROTECT_IDENTITY_PROVIDERS,
      Guardrail.DENY_IMDS_V1, Guardrail.DENY_PUBLIC_DATABASES, Guardrail.DENY_EXTERNAL_SHARES, Guardrail.PROTECT_PRODUCTION_DATA,
      Guardrail.TLS_ONLY, Guardrail.organizationPerimeter(perimeter),
      Guardrail.IMDS_V2_BY_DEFAULT, Guardrail.BLOCK_PUBLIC_SNAPSHOTS, Guardrail.BLOCK_PUBLIC_IMAGES, Guardrail.DENY_SERIAL_CONSOLE,
      Guardrail.BLOCK_PUBLIC_BUCKETS, Guardrail.DAILY_BACKUPS, Guardrail.costAllocationTags(), Guardrail.AI_SERVICES_OPT_OUT,
    ];
  }

  /**
   * Nobody outside the organization reaches a bucket, queue, key, secret, table, log, image or role inside, whatever their policies say.
   *
   * AWS services are admitted, for accounts of the organization. Whoever signs in through an identity provider is admitted by
   * the role's own trust policy, and what a public CloudFront distribution serves is served by CloudFront.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
   */
  public static organizationPerimeter(props: OrganizationPerimeterProps = {}): Guardrail {
    return Guardrail.ofResources('organization perimeter', context => perimeterStatements(context, props));
  }

  /** The tags that costs are told apart by, `innovate:environment` and `innovate:platform`, are written this way. */
  public static costAllocationTags(props: CostAllocationTagsProps = {}): Guardrail {
    return Guardrail.ofContent('cost allocation tags', GuardrailPolicyType.TAG, context => costAllocationTags(context, props.enforcedFor ?? []));
  }

  /** A guardrail of your own for identities, composed into the same service control policies. */
  public static custom(props: CustomGuardrailProps): Guardrail {
    return Guardrail.ofIdentities(props.name, () => props.statements, props.organizationalUnit);
  }

  /** A guardrail of your own for resources, composed into the same resource control policies. */
  public static customResourceControl(props: CustomGuardrailProps): Guardrail {
    return Guardrail.ofResources(props.name, () => props.statements, props.organizationalUnit);
  }

  /** A guardrail of your own of any other kind, merged with the guardrails of the same kind. */
  public static customPolicy(props: CustomPolicyGuardrailProps): Guardrail {
    return Guardrail.ofContent(props.name, props.policyType, () => props.content, props.organizationalUnit);
  }

  private static ofIdentities(name: string, statements: Statements, unit?: OrganizationalUnit): Guardrail {
    return new Guardrail(name, GuardrailPolicyType.SERVICE_CONTROL, unit, { statements });
  }

  private static ofResources(name: string, statements: Statements, unit?: OrganizationalUnit): Guardrail {
    return new Guardrail(name, GuardrailPolicyType.RESOURCE_CONTROL, unit, { statements });
  }

  private static ofContent(name: string, policyType: GuardrailPolicyType, content: Content, unit?: OrganizationalUnit): Guardrail {
    return new Guardrail(name, policyType, unit, { content });
  }

  private constructor(
    /** What the guardrail does, in a few words. */
    public readonly name: string,
    /** The kind of policy that it is written as. */
    public readonly policyType: GuardrailPolicyType,
    /** The unit that the guardrail applies to; undefined is every workload account. */
    public readonly organizationalUnit: OrganizationalUnit | undefined,
    private readonly rule: Rule,
  ) {}

  /** @internal */
  public _render(context: GuardrailContext, prop: string): { statements?: object[]; content?: object } {
    const { statements, content } = this.rule;
    if (statements) { return { statements: renderStatements(context.scope, prop, this.policyType, statements(context)) }; }
    const rendered = content!(context);
    if (this.policyType._policyOfAws) {
      reject(context.scope, {
        prop,
        value: this.policyType.name,
        problem: 'this kind of policy is written in statements',
        remedy: 'Use `Guardrail.custom` or `Guardrail.customResourceControl`.',
      });
    }
    if (Object.keys(rendered).length === 0) {
      reject(context.scope, { prop, value: rendered, problem: 'a guardrail without content does nothing', remedy: 'Give the content of the policy.' });
    }
    return { content: rendered };
  }
}

type Statements = (context: GuardrailContext) => iam.PolicyStatement[];
type Content = (context: GuardrailContext) => object;

interface Rule {
  readonly statements?: Statements;
  readonly content?: Content;
}
