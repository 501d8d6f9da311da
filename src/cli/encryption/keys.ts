import { KeyFinding, NO_KEY } from './finding';
import { AssemblyStack } from '../assembly';
import { readResources, StackResource } from '../stack-resources';
import { ResourceReference, TemplateValues } from '../template-values';

const KEY_TYPES = ['AWS::KMS::Key', 'AWS::KMS::ReplicaKey'];
const VAULT_TYPES = ['AWS::Backup::BackupVault', 'AWS::Backup::LogicallyAirGappedBackupVault'];

/** A stack with its resources, those of its nested stacks included. */
export interface ReadStack {
  readonly stack: AssemblyStack;
  readonly resources: StackResource[];
}

export function readStackResources(stack: AssemblyStack): ReadStack {
  return { stack, resources: readResources(stack, stack.region) };
}

/** Finds the keys that templates name, also those that another stack of the app exports, and the vaults that it copies to. */
export class Keys {
  private readonly exports: ReadonlyMap<string, StackResource>;

  constructor(own: AssemblyStack, private readonly all: readonly ReadStack[]) {
    this.exports = new Map(all.filter(({ stack }) => samePlace(stack, own)).flatMap(exportsOf));
  }

  /** The key at a path of a resource's properties. */
  public at(resource: StackResource, ...path: string[]): KeyFinding {
    const value = resource.at(...path);
    if (value === undefined || value === '') { return NO_KEY; }
    if (typeof value === 'string') { return literal(value); }
    const named = resource.named(...path);
    if (named) { return keyOf(named); }
    const imported = (resource.asWritten(...path) as Record<string, unknown> | undefined)?.['Fn::ImportValue'];
    const exported = typeof imported === 'string' ? this.exports.get(imported) : undefined;
    return exported ? keyOf(exported) : { kind: 'open', name: 'a key that the deployment is given' };
  }

  /** The key of the vault with this ARN, in whichever stack of the app it is. */
  public ofVault(arn: unknown): KeyFinding {
    const open: KeyFinding = { kind: 'open', name: 'the key of a vault that is not in this app' };
    const [, region, account, name] = typeof arn === 'string' ? /^arn:[\w-]+:backup:([^:]+):([^:]+):backup-vault:(.+)$/.exec(arn) ?? [] : [];
    if (name === undefined) { return open; }
    for (const place of this.all.filter(({ stack }) => stack.region === region && stack.account === account)) {
      const vault = place.resources.find(resource => VAULT_TYPES.includes(resource.type) && resource.text('BackupVaultName') === name);
      if (vault) { return new Keys(place.stack, this.all).at(vault, 'EncryptionKeyArn'); }
    }
    return open;
  }
}

function exportsOf({ stack, resources }: ReadStack): [string, StackResource][] {
  const values = new TemplateValues(stack.template, {});
  return Object.values(stack.template.Outputs ?? {}).flatMap(output => {
    const name = output?.Export?.Name;
    const value = values.resolve(output?.Value);
    const resource = value instanceof ResourceReference ? resources.find(({ logicalId }) => logicalId === value.logicalId) : undefined;
    return typeof name === 'string' && resource ? [[name, resource]] : [];
  });
}

function samePlace(one: AssemblyStack, other: AssemblyStack): boolean {
  return one.account === other.account && one.region === other.region;
}

function keyOf(resource: StackResource): KeyFinding {
  if (!KEY_TYPES.includes(resource.type)) { return { kind: 'open', name: `what ${resource.logicalId} gives` }; }
  const rotated = resource.type === 'AWS::KMS::ReplicaKey' ? 'a replica' : resource.at('EnableKeyRotation') === true ? 'rotated' : 'not rotated';
  return { kind: 'customer', name: `${resource.logicalId}, ${rotated}` };
}

/** A key by its ARN or id, or by the alias that AWS gives to its own. */
function literal(value: string): KeyFinding {
  return /(^|:)alias\/aws\//.test(value) ? { kind: 'aws', name: value } : { kind: 'customer', name: value };
}
