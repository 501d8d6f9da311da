import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One event of a pipeline, as EventBridge hands it to a function. */
export interface PipelineEvent {
  readonly 'detail-type': string;
  readonly 'time': string;
  readonly 'resources': string[];
  readonly 'detail': { readonly [name: string]: any };
}

export interface EventFixture {
  /** Recorded from a pipeline, copied from AWS's documentation, or built by its schema, because neither was found. */
  readonly origin: 'recorded' | 'documented' | 'built';
  readonly source: string;
  readonly event: PipelineEvent;
}

const FOLDER = join(__dirname, 'events');

/** Every kind of event that a pipeline sends, by what it says; all of the same pipeline and execution. */
export const PIPELINE_EVENTS: Readonly<Record<string, EventFixture>> = Object.fromEntries(readdirSync(FOLDER).sort().map(file =>
  [file.replace(/\.json$/, ''), JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))]));

/** The pipeline and the execution of all of them. */
export const PIPELINE = 'notes-production';
export const EXECUTION = '11111111-2222-4333-8444-555555555555';

export function pipelineEvent(name: string): PipelineEvent {
  const fixture = PIPELINE_EVENTS[name];
  if (!fixture) { throw new Error(`there is no event ${name} in ${FOLDER}`); }
  return fixture.event;
}
