/** The picture of a platform: accounts, networks and tiers, cluster, database, edge and pipelines, drawn from its cloud assembly. */
import { AccountFacts, platformFacts } from './platform-facts';
import { readAssembly } from '../assembly';

const COLUMN = 420;
const GAP = 24;
const TOP = 92;
const PADDING = 16;
const WIDTH = COLUMN - 2 * PADDING;

/** An SVG document; the same assembly gives the same bytes. */
export function drawPlatform(assemblyDirectory: string): string {
  const columns = platformFacts(readAssembly(assemblyDirectory)).map(drawAccount);
  const height = Math.max(...columns.map(column => column.height)) + TOP + GAP;
  const width = columns.length * (COLUMN + GAP) + GAP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="The platform: ${columns.length} accounts">`,
    STYLE,
    `<rect class="page" width="${width}" height="${height}"/>`,
    ...columns.map((column, index) => `<g transform="translate(${GAP + index * (COLUMN + GAP)},0)">${column.svg(height - TOP - GAP)}</g>`),
    '</svg>',
    '',
  ].join('\n');
}

const STYLE = `<style>
  .page { fill: #ffffff } .account { fill: #f6f8fa; stroke: #57606a } .vpc { fill: #eef6ee; stroke: #2da44e } .tier { fill: #ffffff; stroke: #2da44e; stroke-dasharray: 4 3 }
  .box { fill: #ffffff; stroke: #0969da } .edge { fill: #fff8f0; stroke: #bc4c00 } .data { fill: #f5f0ff; stroke: #8250df } .delivery { fill: #fffbe6; stroke: #9a6700 }
  .outside { fill: none; stroke: #57606a; stroke-dasharray: 3 3 } .flow { stroke: #57606a; fill: none; marker-end: url(#arrow) } #arrow path { fill: #57606a }
  rect { stroke-width: 1.2 } text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 14px } .head { font-weight: 600 } .small { font-size: 11px; fill: #57606a }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .account { fill: #161b22; stroke: #8b949e } .vpc { fill: #0f1f14; stroke: #3fb950 } .tier { fill: #0d1117; stroke: #3fb950 }
    .box { fill: #0d1117; stroke: #58a6ff } .edge { fill: #22160c; stroke: #f0883e } .data { fill: #1b1230; stroke: #a371f7 } .delivery { fill: #221c08; stroke: #d29922 }
    .outside, .flow { stroke: #8b949e } #arrow path { fill: #8b949e } text { fill: #e6edf3 } .small { fill: #8b949e }
  }
</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>`;

interface Column {
  readonly height: number;
  readonly svg: (height: number) => string;
}

/** A block stacked into a column; an arrow leads into it where something flows from the one above. */
interface Block {
  readonly kind: string;
  readonly head: string;
  readonly lines: string[];
  readonly fedFromAbove?: boolean;
}

function drawAccount(facts: AccountFacts): Column {
  const visitors = facts.edge ? ['Users on the internet', ...facts.bastion ? ['Vendors (Session Manager)'] : []] : [];
  const parts: string[] = [];
  let y = TOP + 58;
  for (const block of accountBlocks(facts)) {
    if (block.fedFromAbove) { parts.push(arrow(COLUMN / 2, y - 12, y - 1)); }
    parts.push(drawBlock(block, PADDING, y, WIDTH));
    y += blockHeight(block) + 14;
  }
  if (facts.network) {
    const network = drawNetwork(facts, y);
    if (facts.loadBalancer && facts.edge) { parts.push(arrow(COLUMN / 2, y - 13, y - 1)); }
    parts.push(network.svg);
    y += network.height + 14;
  }
  for (const pipeline of facts.pipelines) {
    const block: Block = { kind: 'delivery', head: `CodePipeline, on ${pipeline.startedBy}`, lines: wrap(pipeline.stages.join(' → '), 58) };
    parts.push(drawBlock(block, PADDING, y, WIDTH));
    y += blockHeight(block) + 14;
  }
  return {
    height: y - TOP,
    svg: height => [
      `<rect class="account" y="${TOP}" width="${COLUMN}" height="${height}" rx="8"/>`,
      label(PADDING, TOP + 24, `${facts.title} · ${facts.account}`, 'title'),
      label(PADDING, TOP + 42, `${facts.regions.join(', ')} · ${facts.stacks} stack${facts.stacks === 1 ? '' : 's'} · ${facts.resources} resources`, 'small'),
      ...visitors.map((visitor, index) => drawVisitor(visitor, index, visitors.length)),
      ...parts,
    ].join('\n'),
  };
}

function accountBlocks({ organization, edge }: AccountFacts): Block[] {
  return [
    ...organization ? [{
      kind: 'box',
      head: 'Organization',
      lines: [
        `Organizational units: ${organization.units.join(', ')}`,
        ...organization.trail ? ['Organization trail, encrypted with a customer key'] : [],
        ...organization.workloads ? [] : ['No workloads'],
      ],
    }, {
      kind: 'edge', head: 'Guardrails', lines: organization.policies,
    }, {
      kind: 'delivery', head: 'Budgets, a month', lines: organization.budgets,
    }] : [],
    ...edge ? [{
      kind: 'edge',
      head: `WAF (${edge.firewallRules} rules) → CloudFront`,
      lines: [edge.names.join(', ') || 'CloudFront’s own name', `Paths ${edge.behaviours.join('  ')}`, 'Site: private S3 bucket, origin access control',
        ...edge.vpcOrigin ? ['API: VPC origin, the only door inwards'] : []],
      fedFromAbove: true,
    }] : [],
  ];
}

function drawNetwork(facts: AccountFacts, top: number): { svg: string; height: number } {
  const network = facts.network!;
  const parts: string[] = [];
  let y = top + 48;
  for (const tier of [...network.tiers].sort((a, b) => rank(a.name) - rank(b.name))) {
    const blocks = tierBlocks(tier.name, facts);
    const height = 44 + blocks.reduce((sum, block) => sum + blockHeight(block) + 12, 0);
    if (tier.name === 'application' && facts.loadBalancer && entranceTier(facts) === 'entrance') { parts.push(arrow(COLUMN / 2, y - 12, y - 1)); }
    parts.push(`<rect class="tier" x="${PADDING + 10}" y="${y}" width="${WIDTH - 20}" height="${height}" rx="6"/>`);
    parts.push(label(PADDING + 20, y + 18, `${tier.name} tier`, 'head'), label(PADDING + 20, y + 34, tier.cidrs.join('  '), 'small'));
    let inner = y + 44;
    for (const block of blocks) {
      if (block.fedFromAbove) { parts.push(arrow(COLUMN / 2, inner - 12, inner - 1)); }
      parts.push(drawBlock(block, PADDING + 20, inner, WIDTH - 40));
      inner += blockHeight(block) + 12;
    }
    y += height + 12;
  }
  const height = y - top;
  return {
    height,
    svg: [
      `<rect class="vpc" x="${PADDING}" y="${top}" width="${WIDTH}" height="${height}" rx="6"/>`,
      label(PADDING + 10, top + 20, `VPC ${network.cidr}`, 'head'),
      label(PADDING + 10, top + 37, `${network.nat} · nothing inbound from the internet`, 'small'),
      ...parts,
    ].join('\n'),
  };
}

/** What stands in a tier, top to bottom as a request travels. */
function tierBlocks(tier: string, facts: AccountFacts): Block[] {
  const { loadBalancer, cluster, database, bastion } = facts;
  const loadBalancerBlock: Block[] = loadBalancer && tier === entranceTier(facts)
    ? [{ kind: 'box', head: `Load balancer (${loadBalancer.scheme})`, lines: [loadBalancer.listeners.join(', ')] }] : [];
  if (tier === 'entrance') { return loadBalancerBlock; }
  if (tier === 'data') {
    return database ? [{ kind: 'data', head: database.engine, lines: [`${database.instances} instances · ${database.capacity}`, ...wrap(database.guards.join(' · '), 54)] }] : [];
  }
  if (tier !== 'application') { return []; }
  return [
    ...loadBalancerBlock,
    ...cluster ? [{
      kind: 'box',
      head: `EKS ${cluster.version}`,
      lines: [`Baseline: ${cluster.workers}`, ...cluster.karpenter ? ['Karpenter adds nodes, within the budget'] : []],
      fedFromAbove: loadBalancerBlock.length > 0,
    }] : [],
    ...bastion ? [{ kind: 'box', head: 'Bastion', lines: ['Session Manager only, named targets, expiring access'] }] : [],
  ];
}

/** Where the load balancer is: in a tier of its own, if there is one. */
function entranceTier({ network }: AccountFacts): string {
  return network!.tiers.some(({ name }) => name === 'entrance') ? 'entrance' : 'application';
}

function rank(tier: string): number {
  return ['egress', 'entrance', 'application', 'data'].indexOf(tier) + 1 || 9;
}

function blockHeight(block: Block): number {
  return 26 + block.lines.length * 16;
}

function drawBlock(block: Block, x: number, y: number, width: number): string {
  return [
    `<rect class="${block.kind}" x="${x}" y="${y}" width="${width}" height="${blockHeight(block)}" rx="5"/>`,
    label(x + 10, y + 18, block.head, 'head'),
    ...block.lines.map((line, index) => label(x + 10, y + 35 + index * 16, line, 'small')),
  ].join('\n');
}

function drawVisitor(name: string, index: number, count: number): string {
  const width = (COLUMN - GAP * (count - 1)) / count;
  const x = index * (width + GAP);
  return [
    `<rect class="outside" x="${x}" y="14" width="${width}" height="30" rx="15"/>`,
    `<text x="${x + width / 2}" y="33" text-anchor="middle">${escape(name)}</text>`,
    arrow(x + width / 2, 46, TOP - 2),
  ].join('\n');
}

function arrow(x: number, from: number, to: number): string {
  return `<path class="flow" d="M${x} ${from}V${to}"/>`;
}

function label(x: number, y: number, content: string, kind: string): string {
  return `<text x="${x}" y="${y}" class="${kind}">${escape(content)}</text>`;
}

function wrap(content: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < columns) { lines[lines.length - 1] = `${last} ${word}`; } else { lines.push(word); }
  }
  return lines;
}

function escape(content: string): string {
  return content.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
}
