/** Macros, which may add to a template whatever they like when it is deployed. */
import { PathEntrance, ReachablePath } from './reachable-path';
import { ALL_PORTS, Route } from './route';
import { StackTemplates } from './stack-templates';

/** Macros of AWS that add nothing with an address. What SAM makes is found by its types. */
const HARMLESS = /^AWS::(LanguageExtensions|Serverless-|SecretsManager-|CodeDeployBlueGreen)/;

export function transformPaths(app: StackTemplates): ReachablePath[] {
  return app.stacks.flatMap(stack => stack.macros.filter(name => !HARMLESS.test(name)).map(name =>
    new Route(PathEntrance.SERVICE_ENDPOINT, 'internet', ALL_PORTS, [{ hop: 'internet' }, { hop: `macro ${name}`, unknown: `what it adds to ${stack.stackName}` }])
      .to({ path: stack.path, type: 'AWS::CloudFormation::Stack' })));
}
