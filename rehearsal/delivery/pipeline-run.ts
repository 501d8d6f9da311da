/** A pipeline of a template, action by action in its order; artifacts and variables go from one action to the next as CodePipeline hands them on. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { AssemblyStack } from '../assembly';
import type { ApplicationRepository } from './application-repository';
import { type BuildSpec, type Built, runBuild } from './build-run';
import { ONLY_DEPLOYED, TemplateValues } from './template-values';
import { Failure } from '../failure';

export interface Action {
  readonly Name: string;
  readonly Namespace?: string;
  readonly RunOrder?: number;
  readonly ActionTypeId: { readonly Category: string; readonly Provider: string };
  readonly Configuration?: Record<string, unknown>;
  readonly InputArtifacts?: readonly { readonly Name: string }[];
  readonly OutputArtifacts?: readonly { readonly Name: string }[];
}

export interface Stage {
  readonly Name: string;
  readonly Actions: readonly Action[];
}

export interface PipelineOptions {
  readonly stack: AssemblyStack;
  readonly repository: ApplicationRepository;
  readonly commit: string;
  readonly branch: string;
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Variables of builds that only a deployment knows. */
  readonly known: Readonly<Record<string, string>>;
  /** Does what the action for EKS does, with its resolved configuration and its input; returns what was seen. */
  readonly deployToEks: (configuration: Record<string, string>, input: string) => Promise<string>;
}

/** What became of an action. */
export interface Outcome {
  readonly stage: string;
  readonly action: string;
  readonly seconds: number;
  readonly problem?: string;
  readonly details?: string;
  readonly built?: Built;
  /** What is worth saying. */
  readonly seen: string;
}

export class PipelineRun {
  readonly variables = new Map<string, string>();
  readonly artifacts = new Map<string, string>();
  readonly outcomes: Outcome[] = [];
  private readonly values: TemplateValues;
  private readonly stages: readonly Stage[];
  private readonly logicalId: string;

  constructor(private readonly options: PipelineOptions) {
    this.values = new TemplateValues(options.stack);
    const [found] = pipelinesOf(options.stack);
    if (!found) { throw new Failure(`${options.stack.displayName} has no pipeline that deploys.`); }
    [this.logicalId, { Stages: this.stages }] = found;
    fs.mkdirSync(options.directory, { recursive: true });
    this.variables.set('codepipeline.PipelineExecutionId', '11111111-2222-3333-4444-555555555555');
  }

  /** To its end, or to the first stage with an action that fails. `until` is the last stage. */
  async run(until?: string): Promise<readonly Outcome[]> {
    for (const stage of this.stages) {
      const orders = [...new Set(stage.Actions.map(({ RunOrder = 1 }) => RunOrder))].sort((a, b) => a - b);
      for (const order of orders) {
        const together = stage.Actions.filter(({ RunOrder = 1 }) => RunOrder === order);
        this.outcomes.push(...await Promise.all(together.map(action => this.act(stage.Name, action))));
        if (this.outcomes.some(({ problem }) => problem)) { return this.outcomes; }
      }
      if (stage.Name === until) { break; }
    }
    return this.outcomes;
  }

  get stageNames(): string[] {
    return this.stages.map(({ Name }) => Name);
  }

  private async act(stage: string, action: Action): Promise<Outcome> {
    const startedAt = Date.now();
    const done = (rest: Partial<Outcome>): Outcome => ({ stage, action: action.Name, seconds: (Date.now() - startedAt) / 1000, seen: '', ...rest });
    try {
      const { Category, Provider } = action.ActionTypeId;
      switch (`${Category}/${Provider}`) {
        case 'Source/CodeStarSourceConnection': return done({ seen: await this.source(action) });
        case 'Build/CodeBuild':
        case 'Test/CodeBuild': {
          const built = await this.build(stage, action);
          const problem = built.exitCode === 0 ? undefined : `the build ended with ${built.exitCode}`;
          return done({ built, problem, details: built.output, seen: describe(built) });
        }
        case 'Deploy/EKS': return done({ seen: await this.options.deployToEks(this.configuration(action), this.input(action)) });
        case 'Approval/Manual': return done({ seen: `asks: ${this.configuration(action).CustomData ?? ''}` });
        default: throw new Failure(`No stand-in knows the action ${Category}/${Provider}.`);
      }
    } catch (error) {
      const { message, details } = error as Failure;
      return done({ problem: message, details });
    }
  }

  private async source(action: Action): Promise<string> {
    const { commit, branch, repository } = this.options;
    const { OutputArtifactFormat, FullRepositoryId } = this.configuration(action);
    const [{ Name: artifact }] = action.OutputArtifacts!;
    const folder = path.join(this.options.directory, `artifact-${artifact}`);
    const clones = OutputArtifactFormat === 'CODEBUILD_CLONE_REF';
    await (clones ? repository.cloneAt(commit, folder) : repository.archiveAt(commit, folder));
    this.artifacts.set(artifact, folder);
    const described = await repository.describe(commit);
    const variables: Record<string, string> = { CommitId: commit, BranchName: branch, FullRepositoryName: FullRepositoryId, ...described };
    for (const [name, value] of Object.entries(variables)) { this.variables.set(`${action.Namespace}.${name}`, value); }
    return `${commit.slice(0, 7)} on ${branch}, ${clones ? 'cloned with its history' : 'as an archive'}`;
  }

  private async build(stage: string, action: Action): Promise<Built> {
    const { stack, directory } = this.options;
    const name = `${stage}-${action.Name}`;
    const projectId = (action.Configuration!.ProjectName as { Ref: string }).Ref;
    const project = stack.template.Resources![projectId].Properties as {
      Source: { BuildSpec: unknown }; Environment: { EnvironmentVariables?: { Name: string; Value: unknown; Type?: string }[] };
    };
    const source = path.join(directory, name);
    fs.cpSync(this.input(action), source, { recursive: true, verbatimSymlinks: true });
    const outputs = new Map((action.OutputArtifacts ?? []).map(({ Name }) => [Name, path.join(directory, `artifact-${Name}`)] as const));
    const built = await runBuild({
      name, source, outputs,
      spec: JSON.parse(this.values.text(project.Source.BuildSpec)) as BuildSpec,
      environment: { ...this.options.environment, ...this.buildVariables(source), ...this.given(project.Environment.EnvironmentVariables ?? [], action) },
    });
    outputs.forEach((folder, artifact) => this.artifacts.set(artifact, folder));
    for (const [variable, value] of Object.entries(built.variables)) { this.variables.set(`${action.Namespace}.${variable}`, value); }
    return built;
  }

  /** What CodeBuild tells every build. */
  private buildVariables(source: string): Record<string, string> {
    return {
      CODEBUILD_SRC_DIR: source,
      CODEBUILD_BUILD_ID: 'rehearsal:11111111',
      CODEBUILD_BUILD_URL: `https://${this.options.stack.region}.console.aws.amazon.com/codesuite/codebuild/rehearsal`,
      CODEBUILD_RESOLVED_SOURCE_VERSION: this.options.commit,
      CODEBUILD_INITIATOR: `codepipeline/${this.values.nameOf(this.logicalId)}`,
    };
  }

  /** The project's variables, and over them the action's. */
  private given(ofProject: { Name: string; Value: unknown; Type?: string }[], action: Action): Record<string, string> {
    const text = action.Configuration!.EnvironmentVariables === undefined ? '[]' : this.values.text(action.Configuration!.EnvironmentVariables);
    const ofAction = (JSON.parse(text) as { name: string; value: string; type?: string }[])
      .map(({ name, value, type }) => ({ Name: name, Value: value, Type: type }));
    return Object.fromEntries([...ofProject, ...ofAction].map(({ Name, Value, Type = 'PLAINTEXT' }) => {
      if (Type !== 'PLAINTEXT') { throw new Failure(`The variable ${Name} is of type ${Type}, which is not rehearsed.`); }
      const value = this.options.known[Name] ?? this.replaced(this.values.text(Value));
      if (value.includes(ONLY_DEPLOYED)) { throw new Failure(`Only a deployment knows the variable ${Name} of ${action.Name}: ${value}`); }
      return [Name, value];
    }));
  }

  private configuration(action: Action): Record<string, string> {
    return Object.fromEntries(Object.entries(action.Configuration ?? {}).map(([key, value]) => [key, this.replaced(this.values.text(value))]));
  }

  private input(action: Action): string {
    const [{ Name }] = action.InputArtifacts!;
    const folder = this.artifacts.get(Name);
    if (folder === undefined) { throw new Failure(`${action.Name} takes the artifact ${Name}, which no action before it left.`); }
    return folder;
  }

  /** `#{Namespace.NAME}`; one that nobody set fails the action, as in CodePipeline. */
  private replaced(text: string): string {
    return text.replace(/#\{([^}]+)\}/g, (reference, name: string) => {
      const value = this.variables.get(name);
      if (value === undefined) { throw new Failure(`No action before set ${reference}.`); }
      return value;
    });
  }
}

/** Pipelines that deploy, by their logical ids. */
function pipelinesOf(stack: AssemblyStack): [string, { readonly Stages: readonly Stage[] }][] {
  return Object.entries(stack.template.Resources ?? {}).filter(([, { Type }]) => Type === 'AWS::CodePipeline::Pipeline')
    .map(([id, { Properties }]) => [id, Properties as unknown as { Stages: Stage[] }] as [string, { Stages: Stage[] }])
    .filter(([, { Stages }]) => Stages.some(({ Actions }) => Actions.some(({ ActionTypeId }) => ActionTypeId.Provider === 'EKS')));
}

function describe({ reports, artifacts, variables }: Built): string {
  return [
    ...reports.map(({ format, files, count }) => format.startsWith('COBERTURA') ? `coverage ${count}%` : `${count} tests in ${files} report`),
    ...Object.entries(artifacts).map(([name, files]) => `${name}: ${files} files`),
    ...Object.entries(variables).map(([name, value]) => `${name}=${value.slice(0, 40)}`),
  ].join(', ');
}
