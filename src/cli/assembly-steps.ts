import { readStacks, Template } from './assembly';
import { FIRST_RUN_METADATA, RecordedStep } from '../private/first-run';

/** The first-run steps of a cloud assembly: first those without which the deployment fails, each in the order its construct gave. */
export function readSteps(assembly: string): RecordedStep[] {
  const recorded = readStacks(assembly).flatMap(({ template }) => stepsOf(template));
  const steps = [...new Map(recorded.map(step => [`${step.account} ${step.id}`, step])).values()];
  return [...steps.filter(step => step.beforeDeployment), ...steps.filter(step => !step.beforeDeployment)];
}

function stepsOf({ Metadata }: Template): RecordedStep[] {
  const steps = (Metadata?.[FIRST_RUN_METADATA] ?? {}) as Record<string, Omit<RecordedStep, 'id'>>;
  return Object.entries(steps).map(([id, content]) => ({ id, ...content }));
}
