/** The example application in a repository of its own, with the branches of the strategy; a folder stands for GitHub. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../failure';
import { run } from '../process';

const EXAMPLE = 'examples/application';

export class ApplicationRepository {
  static async create(directory: string): Promise<ApplicationRepository> {
    const repository = new ApplicationRepository(path.join(directory, 'github.git'), path.join(directory, 'clone'));
    await repository.git(directory, 'init', '--quiet', '--bare', '--initial-branch', 'main', repository.origin);
    await repository.git(directory, 'clone', '--quiet', repository.origin, repository.clone);
    await repository.git(repository.clone, 'checkout', '--quiet', '-B', 'main');
    await repository.addExample();
    return repository;
  }

  private number = 0;

  private constructor(readonly origin: string, private readonly clone: string) {}

  /** A commit on a branch, which is made where there is none. */
  async commit(branch: string, from: string, subject: string): Promise<string> {
    await this.git(this.clone, 'checkout', '--quiet', '-B', branch, from);
    // a file of its own, so that nothing is in the way of a merge
    fs.writeFileSync(path.join(this.clone, `${branch.replace(/\W/g, '-')}.md`), `${subject}\n`);
    await this.git(this.clone, 'add', '--all');
    await this.git(this.clone, 'commit', '--quiet', '--message', subject);
    return this.push(branch);
  }

  /** What the button of a pull request does. */
  async merge(branch: string, into: string): Promise<string> {
    await this.git(this.clone, 'checkout', '--quiet', into);
    await this.git(this.clone, 'merge', '--quiet', '--no-ff', branch, '--message', `Merge pull request #${++this.number} from innovate-inc/${branch}`);
    return this.push(into);
  }

  /** Takes a branch back to a commit. */
  async reset(branch: string, commit: string): Promise<void> {
    await this.git(this.clone, 'checkout', '--quiet', '-B', branch, commit);
    await this.git(this.clone, 'push', '--quiet', '--force', 'origin', branch);
  }

  /** A repository with its history at a commit, as CodeBuild clones it. */
  async cloneAt(commit: string, folder: string): Promise<void> {
    await this.git(path.dirname(folder), 'clone', '--quiet', '--no-checkout', this.origin, folder);
    await this.git(folder, 'checkout', '--quiet', '--detach', commit);
  }

  /** The files of a commit, as the source action archives them. */
  async archiveAt(commit: string, folder: string): Promise<void> {
    fs.mkdirSync(folder, { recursive: true });
    const archive = `${folder}.tar`;
    await this.git(this.clone, 'archive', '--output', archive, commit);
    const unpacked = await run('tar', ['--extract', '--file', archive, '--directory', folder]);
    if (unpacked.exitCode !== 0) { throw new Failure('The archive of the source cannot be unpacked.', unpacked.output); }
    fs.rmSync(archive);
  }

  async describe(commit: string): Promise<Record<'AuthorDate' | 'CommitMessage', string>> {
    const [date, ...message] = (await this.git(this.clone, 'show', '--no-patch', '--format=%aI%n%B', commit)).split('\n');
    return { AuthorDate: date, CommitMessage: message.join('\n').trim() };
  }

  private async addExample(): Promise<void> {
    const listed = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z', EXAMPLE]);
    if (listed.exitCode !== 0) { throw new Failure(`git does not list ${EXAMPLE}.`, listed.output); }
    for (const file of listed.output.split('\0').filter(name => name !== '' && fs.existsSync(name))) {
      const target = path.join(this.clone, path.relative(EXAMPLE, file));
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.copyFileSync(file, target);
    }
    await this.git(this.clone, 'add', '--all');
    await this.git(this.clone, 'commit', '--quiet', '--message', 'feat: the notes application');
    await this.push('main');
  }

  private async push(branch: string): Promise<string> {
    await this.git(this.clone, 'push', '--quiet', 'origin', branch);
    return (await this.git(this.clone, 'rev-parse', 'HEAD')).trim();
  }

  private async git(cwd: string, ...args: string[]): Promise<string> {
    const settings = Object.entries({ 'user.name': 'Ada', 'user.email': 'ada@innovate.example', 'commit.gpgsign': 'false', 'core.hooksPath': '/dev/null', 'advice.detachedHead': 'false' });
    const { exitCode, output } = await run('git', [...settings.flatMap(([key, value]) => ['-c', `${key}=${value}`]), ...args], { cwd });
    if (exitCode !== 0) { throw new Failure(`git ${args[0]} failed.`, output); }
    return output;
  }
}
