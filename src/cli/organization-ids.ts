import { AwsCli } from './aws-cli';
import { CommandError } from './command-error';
import { CALLER_ACCOUNT, MANAGEMENT_ACCOUNT, ORGANIZATION_ID, ROOT_ID } from '../private/first-run';

/** The account that asks, and what is known of its organization. */
export interface OrganizationIds {
  /** Who asks, as an ARN. */
  readonly caller: string;
  readonly callerAccount: string;
  /** Undefined where the account is in no organization yet. */
  readonly organizationId?: string;
  readonly rootId?: string;
  readonly managementAccount: string;
  /** Account ids by name. */
  readonly accounts: ReadonlyMap<string, string>;
}

/** Asks AWS for the ids that no configuration had to name. */
export async function readOrganizationIds(aws: AwsCli): Promise<OrganizationIds> {
  const { Arn: caller, Account: callerAccount } = await aws.read<{ Arn: string; Account: string }>(['sts', 'get-caller-identity']);
  const organization = await readOrganization(aws);
  if (!organization) { return { caller, callerAccount, managementAccount: callerAccount, accounts: new Map() }; }
  const [rootId, members] = await Promise.all([
    aws.read<string>(['organizations', 'list-roots', '--query', 'Roots[0].Id']),
    // an account that was closed keeps its name for three months
    aws.read<{ name: string; id: string }[]>(['organizations', 'list-accounts', '--query', "Accounts[?State=='ACTIVE' || Status=='ACTIVE'].{name:Name,id:Id}"]),
  ]);
  return {
    caller,
    callerAccount,
    organizationId: organization.Id,
    rootId,
    managementAccount: organization.MasterAccountId,
    accounts: new Map(members.map(({ name, id }) => [name, id])),
  };
}

async function readOrganization(aws: AwsCli): Promise<{ Id: string; MasterAccountId: string } | undefined> {
  try {
    return await aws.read(['organizations', 'describe-organization', '--query', 'Organization']);
  } catch (error) {
    if (error instanceof CommandError && error.message.includes('AWSOrganizationsNotInUseException')) { return undefined; }
    throw error;
  }
}

/** Puts real ids in the place of the names that stand for them; a name that nothing answers to stays. */
export function withRealIds<T>(value: T, ids: OrganizationIds): T {
  const texts = new Map([
    [ORGANIZATION_ID, ids.organizationId], [ROOT_ID, ids.rootId], [MANAGEMENT_ACCOUNT, ids.managementAccount],
    [CALLER_ACCOUNT, ids.callerAccount],
    ...[...ids.accounts].map(([name, id]) => [`{account:${name}}`, id] as const),
  ]);
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) => typeof inner === 'string'
    ? inner.replace(/\{\w+(:[^}]+)?\}/g, name => texts.get(name) ?? name)
    : inner) as T;
}

/** The first name in a value that nothing answers to yet. */
export function missingId(value: unknown): string | undefined {
  return /\{(organizationId|rootId|account:[^}]+)\}/.exec(JSON.stringify(value))?.[1];
}
