/**
 * Writes src/site/firewall/managed-rule-groups.json: capacity, versions and rules of AWS's managed rule groups for CloudFront, as AWS WAF itself tells them.
 * Run it before a release: `npx tsx scripts/refresh-managed-rule-groups.ts`. Needs the AWS CLI with credentials of any account that may call `wafv2:List*` and `wafv2:Describe*`.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ManagedGroup } from '../src/site/firewall/firewall-managed-groups';

const TABLE = path.join(__dirname, '..', 'src', 'site', 'firewall', 'managed-rule-groups.json');
const SCOPE = ['--scope', 'CLOUDFRONT', '--region', 'us-east-1', '--output', 'json'];

/** What `aws wafv2 list-available-managed-rule-groups` answers of a group, as far as it is read here. */
export interface AvailableGroup {
  readonly VendorName: string;
  readonly Name: string;
  readonly VersioningSupported?: boolean;
}

/** What `aws wafv2 describe-managed-rule-group` answers, as far as it is read here. */
export interface DescribedGroup {
  readonly Capacity: number;
  readonly Rules: { readonly Name: string; readonly Action: { readonly [action: string]: object } }[];
}

/** A group as the table has it. */
export function groupOf({ VersioningSupported = false }: AvailableGroup, { Capacity, Rules }: DescribedGroup, versions: string[]): ManagedGroup {
  return {
    capacity: Capacity,
    versioned: VersioningSupported,
    versions: [...versions].sort((one, other) => one.localeCompare(other, 'en', { numeric: true })),
    rules: Object.fromEntries(Rules.map(({ Name, Action }) => [Name, Object.keys(Action)[0]])),
  };
}

/** The table as text, a property of a group on each line. */
export function tableOf(groups: Record<string, ManagedGroup>, readOn: string, source: string): string {
  const rows = Object.keys(groups).sort().map(name => {
    const properties = Object.entries(groups[name]).map(([property, value]) => `      ${JSON.stringify(property)}: ${oneLine(value)}`);
    return `    ${JSON.stringify(name)}: {\n${properties.join(',\n')}\n    }`;
  });
  return `{\n  "readOn": ${JSON.stringify(readOn)},\n  "source": ${JSON.stringify(source)},\n  "groups": {\n${rows.join(',\n')}\n  }\n}\n`;
}

function oneLine(value: unknown): string {
  return JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ').replace(/([[{]) /g, '$1').replace(/ ([\]}])/g, '$1');
}

function wafv2<T>(operation: string, ...args: string[]): T {
  return JSON.parse(execFileSync('aws', ['wafv2', operation, ...SCOPE, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 })) as T;
}

function refresh(): void {
  const { ManagedRuleGroups: available } = wafv2<{ ManagedRuleGroups: AvailableGroup[] }>('list-available-managed-rule-groups');
  const groups = available.filter(({ VendorName }) => VendorName === 'AWS').map(group => {
    const name = ['--vendor-name', 'AWS', '--name', group.Name];
    const versions = group.VersioningSupported
      ? wafv2<{ Versions: { Name: string }[] }>('list-available-managed-rule-group-versions', ...name).Versions.map(({ Name }) => Name) : [];
    return [group.Name, groupOf(group, wafv2<DescribedGroup>('describe-managed-rule-group', ...name), versions)] as const;
  });
  const readOn = new Date().toISOString().slice(0, 10);
  fs.writeFileSync(TABLE, tableOf(Object.fromEntries(groups), readOn, 'aws wafv2 describe-managed-rule-group'));
  process.stdout.write(`${groups.length} groups of ${readOn} in ${path.relative('.', TABLE)}\n`);
}

if (require.main === module) {
  try {
    refresh();
  } catch (error) {
    process.stderr.write(`AWS WAF tells nothing, and the table stays as it is: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
