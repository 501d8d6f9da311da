/** Types of resources that hold what nobody can make again; a key belongs to what it encrypts, a cluster to what was applied to it. */
const STATEFUL_TYPES = [
  'Backup::BackupVault', 'Backup::LogicallyAirGappedBackupVault', 'CloudTrail::EventDataStore', 'Cognito::UserPool', 'DocDB::DBCluster', 'DynamoDB::GlobalTable',
  'DynamoDB::Table', 'EC2::Volume', 'ECR::Repository', 'EFS::FileSystem', 'EKS::Cluster', 'ElastiCache::ReplicationGroup', 'ElastiCache::ServerlessCache',
  'FSx::FileSystem', 'KMS::Key', 'Kinesis::Stream', 'Logs::LogGroup', 'MemoryDB::Cluster', 'Neptune::DBCluster', 'OpenSearchService::Domain',
  'Organizations::Account', 'RDS::DBCluster', 'RDS::DBInstance', 'RDS::GlobalCluster', 'Redshift::Cluster', 'S3::Bucket', 'S3Express::DirectoryBucket',
  'SQS::Queue', 'SecretsManager::Secret', 'Timestream::Database', 'Timestream::Table',
];

/** The text has to fit into the comment of an approval, which takes 1000 characters. */
const MAX_LENGTH = 900;

/**
 * Reads what `cdk diff` printed and prints two lines: how many resources that hold data would be lost, and what changes.
 * A program of its own, since it runs where only the command line's package is: without this library.
 */
export const CHANGE_SUMMARY_PROGRAM = `
const text = require('fs').readFileSync(process.argv[2], 'utf8');
const stateful = new Set(${JSON.stringify(STATEFUL_TYPES)}.map(type => 'AWS::' + type));
const counted = /Number of stacks with differences: (\\d+)/.exec(text);
const stacks = [];
for (const line of text.split('\\n')) {
  const [, stack] = /^Stack (\\S+)/.exec(line) || [];
  if (stack) { stacks.push({ name: stack.split('/').pop(), changes: [], other: false }); }
  const current = stacks[stacks.length - 1];
  if (!current) { continue; }
  const [, sign, type, rest] = /^\\[([-+~])\\] ((?:AWS|Alexa|Custom)::\\S+) (.*)$/.exec(line) || [];
  if (!sign) { current.other = current.other || /^\\[[-+~]\\] |^[│├┌]/.test(line); continue; }
  const [, words, impact = ''] = /^(.*?)(?: (replace|may be replaced|destroy|orphan))?$/.exec(rest);
  current.changes.push({ sign, type, path: words.split(' ')[0], impact });
}
const changed = stacks.filter(({ changes, other }) => changes.length > 0 || other);
if (!counted || Number(counted[1]) !== changed.length) {
  console.error('This version of the CDK CLI prints its diff in a way that cannot be read: ' + (counted ? counted[1] : 'no count of') + ' stacks differ and ' + changed.length + ' were read.');
  process.exit(1);
}
const WORDS = { 'replace': 'replaces', 'may be replaced': 'may replace', 'destroy': 'deletes', 'orphan': 'leaves behind' };
const all = changed.flatMap(({ name, changes }) => changes.map(change => ({ ...change, name })));
const lost = all.filter(({ type, impact }) => stateful.has(type) && impact && impact !== 'orphan');
const shown = ({ name, type, path, impact }) => WORDS[impact] + ' ' + type + ' ' + (path.startsWith(name + '/') ? path : name + '/' + path);
const count = (changes, sign) => changes.filter(change => change.sign === sign).length;
const listed = (items, limit) => items.slice(0, limit).map(shown).join(', ') + (items.length > limit ? ' and ' + (items.length - limit) + ' more' : '');
const others = all.filter(change => change.impact && !lost.includes(change));
const sentences = [
  lost.length > 0 ? 'DATA: ' + listed(lost, 5) + '.' : '',
  changed.length === 0 ? 'Nothing changes.' : changed.length + ' of ' + stacks.length + ' stacks change: '
    + changed.map(({ name, changes }) => name + ' +' + count(changes, '+') + ' ~' + count(changes, '~') + ' -' + count(changes, '-')).join(', ') + '.',
  others.length > 0 ? 'Besides: ' + listed(others, 5) + '.' : '',
].filter(sentence => sentence !== '').join(' ');
console.log(lost.length);
console.log(sentences.length > ${MAX_LENGTH} ? sentences.slice(0, ${MAX_LENGTH - 1}) + '…' : sentences);
`.trim();
