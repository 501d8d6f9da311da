import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import { Construct } from 'constructs';
import { artifactKeys, grantGetObjects, grantPutObjects } from './artifact-access';

export interface BuildActionProps {
  readonly actionName: string;
  readonly project: codebuild.Project;
  readonly input: codepipeline.Artifact;
  /** @default - nothing is handed on */
  readonly outputs?: codepipeline.Artifact[];
  /** @default 1 */
  readonly runOrder?: number;
  /** @default - none */
  readonly environmentVariables?: { readonly [name: string]: { readonly value: string } };
}

/**
 * A build of a pipeline that reads its own input and writes its own outputs. That of aws-cdk-lib lets it read every artifact and, where it has
 * outputs, write and delete every one: a dependency that it installs could exchange what somebody has approved.
 */
export class BuildAction extends actions.CodeBuildAction {
  constructor(private readonly own: BuildActionProps) {
    // known by its name, it has no role that permissions could be added to
    super({ ...own, project: codebuild.Project.fromProjectName(own.project, 'Named', own.project.projectName) });
  }

  protected bound(scope: Construct, stage: codepipeline.IStage, options: codepipeline.ActionBindOptions): codepipeline.ActionConfig {
    const { project, input, outputs = [] } = this.own;
    grantGetObjects(project, options.bucket, artifactKeys(input));
    for (const output of outputs) { grantPutObjects(project, options.bucket, artifactKeys(output)); }
    return super.bound(scope, stage, options);
  }
}
