import { EksDeployConfiguration, HelmRelease } from '../../private/native-eks-deploy-action';
import { explain } from '../../private/validation';

const RELEASE_NAME = /^(?=.{1,53}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** A Helm release, made from a chart in the action's input artifact. */
export interface HelmDeploymentOptions {
  /** Name of the release: lower case, at most 53 characters. */
  readonly releaseName: string;
  /** Folder of the chart in the artifact, e.g. `deploy/chart`. */
  readonly chart: string;
  /**
   * Values files, as paths from the chart's folder, e.g. `../staging.yaml`.
   *
   * @default - the chart's own values
   */
  readonly valuesFiles?: string[];
}

/**
 * What an EKS deploy action applies: a Helm release or plain manifests.
 *
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EKS.html
 *
 * @example
 * import { EksDeployment } from 'cdk-innovate-platform';
 *
 * const release = EksDeployment.helm({ releaseName: 'notes', chart: 'deploy/chart', valuesFiles: ['../staging.yaml'] });
 * const manifests = EksDeployment.manifests(['deploy/namespace.yaml', 'deploy/quota.yaml']);
 */
export abstract class EksDeployment {
  /**
   * Installs a chart, or upgrades its release.
   *
   * @throws where the release's name is not one
   */
  public static helm(options: HelmDeploymentOptions): EksDeployment {
    if (!RELEASE_NAME.test(options.releaseName)) {
      throw new Error(explain({
        prop: 'releaseName',
        value: options.releaseName,
        problem: 'Helm takes lower-case letters, digits and hyphens, 53 at most',
        remedy: 'Give a name such as "notes-api".',
      }));
    }
    return new HelmDeployment(options);
  }

  /**
   * Applies manifests, paths inside the artifact.
   *
   * @throws where there is none
   */
  public static manifests(files: string[]): EksDeployment {
    if (files.length === 0) {
      throw new Error(explain({
        prop: 'files', value: files, problem: 'there is nothing to apply', remedy: 'Name at least one manifest, such as "deploy/namespace.yaml".',
      }));
    }
    return new ManifestDeployment(files);
  }

  /** @internal */
  public abstract _bind(): Pick<EksDeployConfiguration, 'helm' | 'manifests'>;
}

class HelmDeployment extends EksDeployment {
  constructor(private readonly release: HelmRelease) { super(); }

  public _bind() { return { helm: this.release }; }
}

class ManifestDeployment extends EksDeployment {
  constructor(private readonly manifests: string[]) { super(); }

  public _bind() { return { manifests: this.manifests }; }
}
