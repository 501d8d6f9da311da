/** What was claimed of the site, and whether it is so. */
export interface Finding {
  readonly name: string;
  readonly passed: boolean;
  /** What was seen; where it failed, what is wrong. */
  readonly evidence: readonly string[];
  /** Files. */
  readonly screenshots: readonly string[];
}

export interface Outcome {
  readonly problems: readonly string[];
  readonly evidence?: readonly string[];
  readonly screenshots?: readonly string[];
}

export class Checklist {
  readonly findings: Finding[] = [];

  constructor(private readonly onFinding: (finding: Finding) => void) {}

  get passed(): boolean {
    return this.findings.every(({ passed }) => passed);
  }

  /** A check that throws has failed; the others go on. */
  async check(name: string, work: () => Promise<Outcome>): Promise<void> {
    const { problems, evidence = [], screenshots = [] } = await work().catch((error: Error): Outcome => ({ problems: [error.message.split('\n').slice(0, 4).join(' ')] }));
    const finding = { name, passed: problems.length === 0, evidence: problems.length === 0 ? evidence : problems, screenshots };
    this.findings.push(finding);
    this.onFinding(finding);
  }
}

/** The sentences whose condition does not hold. */
export function unless(conditions: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(conditions).filter(([, holds]) => !holds).map(([problem]) => problem);
}
