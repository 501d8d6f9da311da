import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Stack, Stage } from 'aws-cdk-lib';

/** A directory that is removed after the tests of the file. */
export function temporaryDirectory(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'first-run-'));
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Synthesizes stacks of an app, one of them inside a stage, into a cloud assembly. */
export function assemblyOf(outdir: string, fill: (management: Stack, workload: Stack) => void): string {
  const app = new App({ outdir });
  const management = new Stack(app, 'Management', { env: { account: '111111111111', region: 'eu-west-1' } });
  const stage = new Stage(app, 'Staging', { env: { account: '222222222222', region: 'eu-central-1' } });
  fill(management, new Stack(stage, 'Workload'));
  app.synth();
  return outdir;
}
