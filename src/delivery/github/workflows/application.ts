import { ApplicationFolders } from '../application-folders';
import { BranchingStrategy } from '../branching-strategy';
import { GitHubEnvironment } from '../github-environment';

/** What the workflows are written for. */
export interface Application {
  /** `owner/name`, where it is known. */
  readonly repository?: string;
  readonly branching: BranchingStrategy;
  readonly folders: ApplicationFolders;
  readonly environments: GitHubEnvironment[];
  /** Whether GitHub takes results of scans and reviews dependencies. */
  readonly codeSecurity: boolean;
}
