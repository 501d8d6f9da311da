/** The day as one SVG: pods, nodes, vCPUs and dollars an hour over the same time, each with its cap. */
import type { Budget } from './budget';
import type { Sample } from './sampling';

const WIDTH = 960;
const LEFT = 64;
const RIGHT = 150;
const TOP = 64;
const PANEL = 130;
const GAP = 34;
const COLORS = { ink: '#1f2933', faint: '#7b8794', grid: '#e4e7eb', cap: '#c81e1e', blue: '#2563eb', green: '#0f9d58', amber: '#d98e04', gray: '#9aa5b1', shade: '#f5f7fa' };

interface Line {
  readonly label: string;
  readonly color: string;
  readonly value: (sample: Sample) => number;
  /** Filled down to zero, or to the line before it in the list. */
  readonly filled?: boolean;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly cap?: { readonly value: number; readonly label: string };
  readonly unit?: string;
}

export function draw(title: string, samples: readonly Sample[], budget: Budget): string {
  const nodes = ({ machines }: Sample) => machines.baseline + machines.onDemand + machines.spot;
  const panels: Panel[] = [
    {
      title: 'Pods',
      lines: [
        { label: 'wanted', color: COLORS.gray, value: ({ pods }) => pods.wanted },
        { label: 'ready', color: COLORS.blue, value: ({ pods }) => pods.ready, filled: true },
        { label: 'pending', color: COLORS.amber, value: ({ pods }) => pods.pending },
      ],
    },
    {
      title: 'Nodes',
      lines: [
        { label: 'Spot', color: COLORS.green, value: nodes, filled: true },
        { label: 'on demand', color: COLORS.blue, value: ({ machines }) => machines.baseline + machines.onDemand, filled: true },
        { label: 'baseline', color: COLORS.gray, value: ({ machines }) => machines.baseline, filled: true },
      ],
    },
    {
      title: 'vCPUs of Karpenter\'s nodes',
      lines: [{ label: 'vCPUs', color: COLORS.blue, value: ({ vcpus }) => vcpus, filled: true }],
      cap: { value: budget.vcpus, label: `limit ${budget.vcpus}` },
    },
    {
      title: 'Dollars an hour, on demand, volumes included',
      lines: [{ label: '$ an hour', color: COLORS.blue, value: ({ usdPerHour }) => usdPerHour, filled: true }],
      cap: { value: budget.usdPerHour, label: `budget $${budget.usdPerHour.toFixed(2)}` },
      unit: '$',
    },
  ];
  const end = samples.at(-1)!.second;
  const x = (second: number) => LEFT + second / end * (WIDTH - LEFT - RIGHT);
  const height = TOP + panels.length * (PANEL + GAP) + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="${COLORS.ink}">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="18" font-size="16" font-weight="bold">${escape(title)}</text>`,
    ...phasesOf(samples).flatMap(({ name, from, to }, index) => phase(name, x(from), x(to), height, index)),
    ...panels.flatMap((panel, index) => drawPanel(panel, samples, x, TOP + index * (PANEL + GAP))),
    ...minutes(end).map(minute => `<text x="${x(minute * 60).toFixed(1)}" y="${height - 12}" text-anchor="middle" fill="${COLORS.faint}">${minute} min</text>`),
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ title, lines, cap, unit = '' }: Panel, samples: readonly Sample[], x: (second: number) => number, top: number): string[] {
  const most = Math.max(cap?.value ?? 0, ...lines.flatMap(({ value }) => samples.map(value)), 1);
  const ticks = ticksOf(most);
  const scale = Math.max(most * 1.05, ticks.at(-1)!);
  const y = (value: number) => top + 16 + (PANEL - 16) * (1 - value / scale);
  const points = (value: (sample: Sample) => number) => samples.map(sample => `${x(sample.second).toFixed(1)},${y(value(sample)).toFixed(1)}`).join(' ');
  const right = WIDTH - RIGHT;
  return [
    `<text x="${LEFT}" y="${top + 6}" font-weight="bold">${escape(title)}</text>`,
    ...ticks.flatMap(tick => [
      `<line x1="${LEFT}" x2="${right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="${COLORS.grid}"/>`,
      `<text x="${LEFT - 8}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end" fill="${COLORS.faint}">${unit}${tick}</text>`,
    ]),
    ...lines.flatMap(({ color, value, filled }) => [
      ...filled ? [`<polygon points="${x(samples[0].second).toFixed(1)},${y(0).toFixed(1)} ${points(value)} ${x(samples.at(-1)!.second).toFixed(1)},${y(0).toFixed(1)}" fill="${color}" fill-opacity="0.18"/>`] : [],
      `<polyline points="${points(value)}" fill="none" stroke="${color}" stroke-width="1.8" stroke-linejoin="round"/>`,
    ]),
    ...cap ? [
      `<line x1="${LEFT}" x2="${right}" y1="${y(cap.value).toFixed(1)}" y2="${y(cap.value).toFixed(1)}" stroke="${COLORS.cap}" stroke-width="1.5" stroke-dasharray="6 4"/>`,
      `<text x="${right + 10}" y="${(y(cap.value) + 4).toFixed(1)}" fill="${COLORS.cap}">${escape(cap.label)}</text>`,
    ] : [],
    ...lines.flatMap(({ label, color }, index) => {
      const line = top + 46 + index * 18;
      return [`<rect x="${right + 10}" y="${line - 9}" width="10" height="10" fill="${color}"/>`, `<text x="${right + 26}" y="${line}">${escape(label)}</text>`];
    }),
  ];
}

/** Shaded by turns; a name stands one line lower where the one before it would touch it. */
function phase(name: string, from: number, to: number, height: number, index: number): string[] {
  return [
    ...index % 2 ? [] : [`<rect x="${from.toFixed(1)}" y="${TOP - 14}" width="${(to - from).toFixed(1)}" height="${height - TOP - 14}" fill="${COLORS.shade}"/>`],
    `<text x="${(from + 3).toFixed(1)}" y="${index % 2 ? TOP - 30 : TOP - 18}" font-size="11" fill="${COLORS.faint}">${escape(name)}</text>`,
  ];
}

function phasesOf(samples: readonly Sample[]): { name: string; from: number; to: number }[] {
  const phases: { name: string; from: number; to: number }[] = [];
  for (const { phase: name, second } of samples) {
    const last = phases.at(-1);
    if (last) { last.to = second; }
    if (last?.name !== name) { phases.push({ name, from: second, to: second }); }
  }
  return phases;
}

/** Three to six round numbers from zero. */
function ticksOf(most: number): number[] {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(candidate => candidate >= rough)!;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => Number((index * step).toFixed(6)));
}

function minutes(end: number): number[] {
  const step = end > 900 ? 2 : 1;
  return Array.from({ length: Math.floor(end / 60 / step) + 1 }, (_, index) => index * step);
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
