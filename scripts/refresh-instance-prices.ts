/**
 * Writes src/cli/costs/instance-prices.json: what the instances that the `costs` command may meet cost by the hour in each region, on demand with Linux,
 * from a public package. Run it to bring prices up to date: `npx tsx scripts/refresh-instance-prices.ts`. Needs `go` and `unzip`.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { downloadGoModule } from './go-module';

const TABLE = path.join(__dirname, '..', 'src', 'cli', 'costs', 'instance-prices.json');

const SOURCE = { module: 'github.com/cristim/ec2-instances-info', version: 'v0.0.0-20250528091325-32acf84f42eb', file: 'data/instances.json' };

/** Graviton and the small types that bastions and baseline workers use. */
const LISTED = /^(?:[cmr][678]g|t3|t4g)\.(?:nano|micro|small|medium|large|xlarge|2xlarge|4xlarge)$/;
const COMMERCIAL_REGION = /^(?!us-gov-|cn-|us-iso)[a-z]{2}-[a-z]+-\d$/;

interface Instance {
  readonly instance_type: string;
  readonly pricing: Record<string, { readonly linux?: { readonly ondemand?: string } }>;
}

function readInstances({ module, version, file }: typeof SOURCE): Instance[] {
  const archive = downloadGoModule(module, version);
  return JSON.parse(execFileSync('unzip', ['-p', archive, `${module}@${version}/${file}`], { encoding: 'utf8', maxBuffer: 2 ** 28 })) as Instance[];
}

function pricesByRegion(instances: Instance[]): Record<string, Record<string, number>> {
  const prices: Record<string, Record<string, number>> = {};
  for (const { instance_type: type, pricing } of instances.filter(instance => LISTED.test(instance.instance_type)).sort(byType)) {
    for (const region of Object.keys(pricing).filter(name => COMMERCIAL_REGION.test(name))) {
      const price = Number(pricing[region].linux?.ondemand);
      if (price > 0) { (prices[region] ??= {})[type] = price; }
    }
  }
  return Object.fromEntries(Object.entries(prices).sort(([a], [b]) => a < b ? -1 : 1));
}

function byType(a: Instance, b: Instance): number {
  return a.instance_type < b.instance_type ? -1 : 1;
}

const [, year, month, day] = /-(\d{4})(\d{2})(\d{2})\d{6}-/.exec(SOURCE.version)!;
const regions = Object.entries(pricesByRegion(readInstances(SOURCE))).map(([region, prices]) => `    ${JSON.stringify(region)}: ${JSON.stringify(prices)}`);
fs.writeFileSync(TABLE, [
  '{',
  `  "date": "${year}-${month}-${day}",`,
  `  "source": "${SOURCE.module} ${SOURCE.version}, ${SOURCE.file}",`,
  '  "usdPerHour": {',
  regions.join(',\n'),
  '  }',
  '}',
  '',
].join('\n'));
