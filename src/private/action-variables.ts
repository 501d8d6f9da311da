import { IResolveContext, Lazy } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';

/**
 * Sets the environment variables of an action. They belong to the action's declaration, not to its configuration,
 * and aws-cdk-lib has no property for them but on the CloudFormation resource.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-codepipeline-pipeline-actiondeclaration.html
 */
export function setActionVariables(stage: codepipeline.IStage, actionName: string, variables: { readonly [name: string]: string }): void {
  const environmentVariables = Object.keys(variables).sort().map(name => ({ name, value: variables[name], type: 'PLAINTEXT' }));
  if (environmentVariables.length === 0) { return; }
  const resource = stage.pipeline.node.defaultChild as codepipeline.CfnPipeline;
  const declared = resource.stages;
  // stages may still be added, before this one too: the action is found by its name when the template is written
  resource.stages = Lazy.uncachedAny({
    produce: (context: IResolveContext) => {
      const stages = context.resolve(declared) as codepipeline.CfnPipeline.StageDeclarationProperty[];
      return stages.map(declaration => declaration.name !== stage.stageName ? declaration : {
        ...declaration,
        actions: (declaration.actions as codepipeline.CfnPipeline.ActionDeclarationProperty[])
          .map(action => action.name === actionName ? { ...action, environmentVariables } : action),
      });
    },
  });
}
