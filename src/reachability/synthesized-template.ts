/** What `cdk synth` writes for a stack, and which construct each part of it is of. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { CfnResource, Stack, Stage } from 'aws-cdk-lib';

export interface TemplateBody {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Condition?: string;
}

export interface Template {
  readonly Transform?: string | string[];
  readonly Resources?: Record<string, TemplateBody>;
  readonly Outputs?: Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>;
  readonly Parameters?: Record<string, { readonly Type: string; readonly Default?: string }>;
  readonly Mappings?: Record<string, Record<string, Record<string, unknown>>>;
}

/** The template of a stack, of a nested one from the assembly. */
export function readTemplate(stack: Stack): Template {
  const stage = Stage.of(stack)!;
  (stack.node.root as Stage).synth();
  const assembly = stage.synth();
  return stack.nestedStackParent
    ? JSON.parse(fs.readFileSync(join(assembly.directory, stack.templateFile), 'utf8')) as Template
    : assembly.getStackArtifact(stack.artifactId).template as Template;
}

/** Construct path by logical id. */
export function constructPaths(stack: Stack): Map<string, string> {
  const resources = stack.node.findAll().filter((node): node is CfnResource => CfnResource.isCfnResource(node) && Stack.of(node) === stack);
  return new Map(resources.map(resource => [stack.resolve(resource.logicalId) as string, resource.node.path.replace(/\/(Resource|Default)$/, '')]));
}
