import * as fs from 'node:fs';
import * as path from 'node:path';
import { CommandError } from './command-error';
import { FIRST_RUN_METADATA, RecordedStep } from '../private/first-run';

interface Manifest {
  readonly artifacts?: Record<string, { readonly type: string; readonly properties?: { readonly templateFile?: string; readonly directoryName?: string } }>;
}

interface Template {
  readonly Metadata?: Record<string, Record<string, Omit<RecordedStep, 'id'>>>;
}

/** The first-run steps of a cloud assembly: first those without which the deployment fails, each in the order its construct gave. */
export function readSteps(assembly: string): RecordedStep[] {
  if (!fs.existsSync(path.join(assembly, 'manifest.json'))) {
    throw new CommandError(`${assembly} is not a cloud assembly; synthesize the app first (\`npx cdk synth\`), or name its directory with --app.`);
  }
  const steps = [...new Map(templatesOf(assembly).flatMap(stepsOf).map(step => [`${step.account} ${step.id}`, step])).values()];
  return [...steps.filter(step => step.beforeDeployment), ...steps.filter(step => !step.beforeDeployment)];
}

function templatesOf(assembly: string): Template[] {
  const { artifacts = {} } = readJson<Manifest>(path.join(assembly, 'manifest.json'));
  return Object.values(artifacts).flatMap(({ type, properties }) => {
    switch (type) {
      case 'aws:cloudformation:stack':
        return [readJson<Template>(path.join(assembly, properties!.templateFile!))];
      case 'cdk:cloud-assembly':
        return templatesOf(path.join(assembly, properties!.directoryName!));
      default:
        return [];
    }
  });
}

function stepsOf(template: Template): RecordedStep[] {
  return Object.entries(template.Metadata?.[FIRST_RUN_METADATA] ?? {}).map(([id, content]) => ({ id, ...content }));
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}. Synthesize the app again.`);
  }
}
