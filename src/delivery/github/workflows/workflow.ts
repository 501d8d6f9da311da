import { stringify } from 'yaml';
import * as pins from './pins.json';

/** What `GITHUB_TOKEN` may do. */
export type Permissions = Record<string, 'read' | 'write'>;

/** A step of a job: an action or a script. */
export interface Step {
  readonly 'name'?: string;
  readonly 'id'?: string;
  readonly 'if'?: string;
  readonly 'uses'?: string;
  readonly 'with'?: Record<string, string | number | boolean>;
  readonly 'env'?: Record<string, string>;
  readonly 'working-directory'?: string;
  readonly 'run'?: string;
}

export interface Job {
  /** Also the name by which a ruleset requires the job. */
  readonly 'name': string;
  readonly 'needs'?: string | string[];
  readonly 'if'?: string;
  readonly 'runs-on': string;
  readonly 'timeout-minutes': number;
  readonly 'permissions': Permissions;
  readonly 'concurrency'?: Concurrency;
  readonly 'outputs'?: Record<string, string>;
  readonly 'steps': Step[];
}

interface Concurrency {
  readonly 'group': string;
  readonly 'cancel-in-progress': boolean;
}

/** A workflow as its file has it. */
export interface Workflow {
  readonly name: string;
  readonly on: {
    readonly push?: { readonly branches: string[] };
    readonly pull_request?: { readonly branches?: string[]; readonly types?: string[] };
    readonly schedule?: { readonly cron: string }[];
    readonly workflow_dispatch?: Record<string, never>;
  };
  readonly permissions: Permissions;
  readonly concurrency?: Concurrency;
  readonly jobs: Record<string, Job>;
}

/** An image of fixed contents: `ubuntu-latest` changes under its users. */
export const RUNNER = 'ubuntu-24.04';
/** The images are built for Graviton. */
export const ARM_RUNNER = 'ubuntu-24.04-arm';

export type ActionName = keyof typeof pins.actions;

/** A step that runs an action, pinned by its commit: a tag can be moved. */
export function action(name: ActionName, rest: Omit<Step, 'uses' | 'run'> = {}): Step {
  return { ...rest.name ? { name: rest.name } : {}, uses: `${name}@${pins.actions[name].commit}`, ...rest };
}

/** Nothing that runs later finds the token in the configuration of git. */
export function checkout(inputs: Record<string, string | number> = {}): Step {
  return action('actions/checkout', { with: { 'persist-credentials': false, ...inputs } });
}

/** Why a job may do more than read the repository. */
const REASONS: Record<string, string> = {
  'actions: read': 'the run, which findings in a private repository refer to',
  'actions: write': 'runs of the other branches',
  'contents: write': 'the tag and the release',
  'deployments: write': 'deployments and their states',
  'id-token: write': 'the role in AWS, without a key',
  'security-events: write': 'findings of the scan',
};

/** The text of a workflow's file, with the version beside each pin and a reason beside each permission. */
export function workflowText(header: string, workflow: Workflow): string {
  const versions = new Map(Object.values(pins.actions).map(({ commit, version }) => [commit, version]));
  const text = stringify(workflow, { lineWidth: 0, aliasDuplicateObjects: false })
    .replace(/(uses: \S+@)([0-9a-f]{40})$/gm, (_, uses: string, commit: string) => `${uses}${commit} # ${versions.get(commit)}`)
    .replace(/^ +([a-z-]+: (?:read|write))$/gm, (line, permission: string) => permission in REASONS ? `${line} # ${REASONS[permission]}` : line);
  return `# ${header}\n${text}`;
}
