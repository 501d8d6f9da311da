import { App, Aws, Stack } from 'aws-cdk-lib';
import { GitHubRepository, GitHubRepositoryOptions } from '../../../src/delivery/github/github-repository';
import { testStack } from '../../support/stacks';
import { connectionArn } from '../targets';

test('a repository is its owner, its name and its connection', () => {
  const repository = GitHubRepository.of('innovate-inc/notes.api', { connectionArn: connectionArn() });
  expect(repository).toMatchObject({ owner: 'innovate-inc', name: 'notes.api', connectionArn: connectionArn() });
});

test.each(['notes', '/notes', 'innovate-inc/', 'https://github.com/innovate-inc/notes', 'innovate-inc/notes/main', 'innovate inc/notes', '-inc/notes', ''])(
  'refuses %j as a name', fullName => {
    expect(() => GitHubRepository.of(fullName, { connectionArn: connectionArn() })).toThrow(/`repository` is ".*", but .* Give "owner\/name"/);
  },
);

test.each(['codeconnections', 'codestar-connections'])('takes an ARN of %s', service => {
  const repository = GitHubRepository.of('innovate-inc/notes', { connectionArn: connectionArn({ service }) });
  expect(repository.connectionArnFor(testStack())).toBe(connectionArn({ service }));
});

test.each(['', 'connection/1', connectionArn({ service: 'codecommit' }), connectionArn({ account: '2222' }), `${connectionArn()}/`])('refuses %j as an ARN', arn => {
  expect(() => GitHubRepository.of('innovate-inc/notes', { connectionArn: arn })).toThrow(/`connectionArn` is ".*", but it is not the ARN of a connection/);
  expect(() => GitHubRepository.of('innovate-inc/notes', { connectionArn: connectionArn(), otherConnectionArns: [arn] })).toThrow(/`otherConnectionArns\[0\]`/);
});

test.each<[string, GitHubRepositoryOptions, RegExp]>([
  ['a wildcard', { ownerId: '*', repositoryId: '2' }, /`ownerId` is "\*", but it is not a number of GitHub/],
  ['a token', { ownerId: '1', repositoryId: Aws.ACCOUNT_ID }, /`repositoryId` is .*, but it is not a number of GitHub/],
  ['an empty number', { ownerId: '', repositoryId: '2' }, /`ownerId` is ""/],
  ['the owner alone', { ownerId: '1' }, /`repositoryId` is .*, but a repository is known by both numbers. Give `ownerId` and `repositoryId`, or neither/],
  ['the repository alone', { repositoryId: '2' }, /`ownerId` is .*, but a repository is known by both numbers/],
])('refuses %s', (_, options, message) => {
  expect(() => GitHubRepository.of('innovate-inc/notes', options)).toThrow(message);
});

describe('the connection of a stack', () => {
  const elsewhere = { account: '333333333333', region: 'us-east-1' };

  test('is the one of its account and region', () => {
    const repository = GitHubRepository.of('innovate-inc/notes', { connectionArn: connectionArn(elsewhere), otherConnectionArns: [connectionArn()] });
    expect(repository.connectionArnFor(testStack())).toBe(connectionArn());
  });

  test.each([{ account: elsewhere.account }, { region: elsewhere.region }])('is refused where every one is elsewhere: %j', other => {
    const repository = GitHubRepository.of('innovate-inc/notes', { connectionArn: connectionArn(other) });
    expect(() => repository.connectionArnFor(testStack())).toThrow(
      /Test: `repository.connectionArn` is "arn:.*", but the pipeline is in account 222222222222 and region eu-west-1.*`otherConnectionArns`/,
    );
  });

  test('is the first where account and region, or the ARN, are known at deployment only', () => {
    const anywhere = new Stack(new App(), 'Anywhere');
    expect(GitHubRepository.of('innovate-inc/notes', { connectionArn: connectionArn(elsewhere) }).connectionArnFor(anywhere)).toBe(connectionArn(elsewhere));
    const token = `arn:aws:codeconnections:eu-west-1:${Aws.ACCOUNT_ID}:connection/1`;
    expect(GitHubRepository.of('innovate-inc/notes', { connectionArn: token }).connectionArnFor(testStack())).toBe(token);
  });
});
