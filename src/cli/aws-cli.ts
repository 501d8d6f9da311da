import { execFile } from 'node:child_process';
import { CommandError } from './command-error';

/** What a call of the AWS CLI said. */
export interface AwsAnswer {
  readonly succeeded: boolean;
  /** What it printed: JSON on success, its message otherwise. */
  readonly output: string;
}

/** The AWS CLI in one account: as configured, or in a role of another account. */
export class AwsCli {
  private readonly inOtherAccounts = new Map<string, Promise<AwsCli>>();

  constructor(private readonly environment: NodeJS.ProcessEnv) {}

  /** Calls `aws` with these arguments. */
  public call(args: string[], region?: string): Promise<AwsAnswer> {
    const env = { ...this.environment, AWS_PAGER: '', ...region ? { AWS_REGION: region, AWS_DEFAULT_REGION: region } : {} };
    return new Promise((resolve, reject) => {
      execFile('aws', [...args, '--output', 'json'], { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
        const code = (error as NodeJS.ErrnoException | null)?.code;
        if (code === 'ENOENT') {
          reject(new CommandError('The AWS CLI is not installed; see https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html.'));
        } else if (typeof code === 'string') {
          reject(new CommandError(`The AWS CLI cannot be run: ${error!.message}`));
        } else {
          resolve({ succeeded: !error, output: (error ? stderr || stdout : stdout).trim() });
        }
      });
    });
  }

  /** The JSON that a call answers. */
  public async read<T>(args: string[]): Promise<T> {
    const { succeeded, output } = await this.call(args);
    if (!succeeded) { throw new CommandError(`AWS does not answer \`aws ${args.slice(0, 2).join(' ')}\`: ${output}`); }
    return JSON.parse(output) as T;
  }

  /** The same CLI with a profile of its configuration, whatever credentials the environment has. */
  public withProfile(name: string): AwsCli {
    return new AwsCli({ ...withoutCredentials(this.environment), AWS_PROFILE: name });
  }

  /** The same CLI in a role, once for each role. */
  public inRole(roleArn: string): Promise<AwsCli> {
    const known = this.inOtherAccounts.get(roleArn) ?? this.assume(roleArn);
    this.inOtherAccounts.set(roleArn, known);
    return known;
  }

  private async assume(roleArn: string): Promise<AwsCli> {
    const { succeeded, output } = await this.call(['sts', 'assume-role', '--role-arn', roleArn, '--role-session-name', 'first-run', '--query', 'Credentials']);
    if (!succeeded) { throw new CommandError(output); }
    const credentials = JSON.parse(output) as { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
    return new AwsCli({
      ...withoutCredentials(this.environment),
      AWS_ACCESS_KEY_ID: credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: credentials.SessionToken,
    });
  }
}

/** Keys in the environment win over a profile, so one of them has to go. */
function withoutCredentials(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE, AWS_DEFAULT_PROFILE, ...rest } = environment;
  return rest;
}
