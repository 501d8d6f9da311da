import { CostRow, EnvironmentCosts, Estimate, StackCosts, UseRow } from './estimate';
import { HOURS_PER_MONTH } from './price-table';

/** What every estimate takes for granted. */
export const ASSUMPTIONS = [
  `A month has ${HOURS_PER_MONTH} hours; prices are list prices in US dollars, on demand, without tax, discounts, free tiers and credits.`,
  'Groups and services that scale are counted with their smallest size; what Karpenter launches is not in it (the node budget limits that).',
  'A regional NAT gateway is billed in every zone of its VPC, with one public address in each.',
  'A key that is rotated costs more in the years after.',
  'Instances run Linux; throughput and IOPS of disks beyond the free part, and detailed monitoring, are not counted.',
];

/** The estimate as tables for a terminal. */
export function asText(estimate: Estimate): string {
  return [
    ...section('Without a region, so not counted where prices are by region; name it with --region', estimate.withoutRegion),
    ...estimate.environments.flatMap(environmentText),
    `Total: ${usd(estimate.monthlyUsd)} a month${without(estimate)}`,
    '',
    ...section('By use, not counted', estimate.byUse.map(useText)),
    ...section('Not priced: this command does not know these types', estimate.notPriced.map(({ type, count }) => `${type} (${count})`)),
    ...section('Assumptions', [...ASSUMPTIONS, ...estimate.notices]),
    ...section('Prices', estimate.sources.map(({ title, date }) => `${date ?? 'undated   '}  ${title}`)),
  ].join('\n');
}

function without({ environments }: Estimate): string {
  const rows = environments.flatMap(({ stacks }) => stacks).flatMap(({ items }) => items).filter(({ monthlyUsd }) => monthlyUsd === undefined).length;
  return rows === 0 ? '' : `, without ${rows === 1 ? 'the line' : `the ${rows} lines`} that could not be counted`;
}

function environmentText({ name, monthlyUsd, stacks, byService }: EnvironmentCosts): string[] {
  const charged = stacks.filter(({ items }) => items.length > 0);
  const rows = charged.map(stack => stack.items.map(rowCells));
  const widths = [0, 1, 2].map(column => Math.max(...rows.flat().map(cells => cells[column].length), 0));
  const services = Object.entries(byService).filter(([, total]) => total > 0).map(([service, total]) => `${service} ${usd(total)}`);
  return [
    `${name}: ${usd(monthlyUsd)} a month`,
    ...services.length ? [`  ${services.join(', ')}`] : [],
    ...charged.flatMap((stack, index) => [stackTitle(stack), ...rows[index].map(cells => rowText(cells, widths))]),
    '',
  ];
}

function stackTitle({ name, account, region, monthlyUsd }: StackCosts): string {
  return `  ${name} (${account ?? 'any account'}, ${region ?? 'any region'}): ${usd(monthlyUsd)}`;
}

function rowCells({ service, item, quantity, unit, unitUsd, per, monthlyUsd, problem }: CostRow): string[] {
  const price = unitUsd === undefined ? 'no price' : `${unitPrice(unitUsd)} per ${unit} and ${per}`;
  return [service, item, `${quantity === undefined ? '?' : amount(quantity)} × ${price}`, monthlyUsd === undefined ? `not counted: ${problem}` : usd(monthlyUsd)];
}

function rowText([service, item, units, result]: string[], [serviceWidth, itemWidth, unitWidth]: number[]): string {
  return `    ${service.padEnd(serviceWidth)}  ${item.padEnd(itemWidth)}  ${units.padEnd(unitWidth)}  ${result.startsWith('$') ? result.padStart(10) : result}`;
}

function useText({ type, count, counted, unitPrices }: UseRow): string {
  const prices = unitPrices.map(({ region, unit, usd: price }) => `${unitPrice(price)} per ${unit}${region === 'any region' ? '' : ` in ${region}`}`);
  return `${type} (${count}): ${counted}${prices.length ? `; ${prices.join(', ')}` : ''}`;
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map(line => `  ${line}`), ''];
}

function usd(value: number): string {
  return `$${value.toFixed(2).replace(/\B(?=(\d{3})+(?!\d))/g, ',')}`;
}

/** A price with as many digits as it has, two at least. */
function unitPrice(value: number): string {
  return `$${value.toFixed(Math.max(2, (String(value).split('.')[1] ?? '').length))}`;
}

function amount(quantity: number): string {
  return String(Math.round(quantity * 10_000) / 10_000);
}
