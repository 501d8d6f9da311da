/** What a custom resource that did not come to be is called, so that its removal has nothing to do. */
export const NOT_MADE = 'not-made';

/**
 * Runs the statements of a custom resource in one transaction, through the Data API and with the SDK of the runtime.
 * As text, because CloudFormation puts 4,096 characters into a function without a bucket, and jsii packages nothing but compiled TypeScript.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 * @see https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_Operations.html
 */
export const USERS_FUNCTION = `const {
  RDSDataClient, BeginTransactionCommand, CommitTransactionCommand, ExecuteStatementCommand, RollbackTransactionCommand,
} = require('@aws-sdk/client-rds-data');

const client = new RDSDataClient({});

// the database wakes up or fails over, its endpoint was enabled or this role made a moment ago, somebody holds a lock
const PASSING = [
  'AccessDeniedException', 'DatabaseResumingException', 'DatabaseUnavailableException', 'ForbiddenException', 'HttpEndpointNotEnabledException',
  'InternalServerErrorException', 'InvalidResourceStateException', 'InvalidSecretException', 'SecretsErrorException', 'ServiceUnavailableError',
  'StatementTimeoutException', 'ThrottlingException', 'TransactionNotFoundException',
];
// no instance to log in to; or no Data API, which goes with the last user: what remains of it is a user that no policy lets in
const GONE = ['DatabaseNotFoundException', 'HttpEndpointNotEnabledException'];
const PASSING_SQL = /SQLState: (40001|40P01|55P03)/;

exports.handler = async (event, context) => {
  const { RequestType: type, ResourceProperties: given } = event;
  const answer = { Status: 'SUCCESS', PhysicalResourceId: given.Name };
  try {
    if (type !== 'Delete') {
      await persist(given, given.Statements, context, PASSING);
    } else if (given.RemovalStatements && event.PhysicalResourceId !== '${NOT_MADE}') {
      await persist(given, given.RemovalStatements, context, PASSING.filter(name => !GONE.includes(name)));
    }
  } catch (error) {
    if (type !== 'Delete' || !GONE.includes(error.name)) {
      answer.Status = 'FAILED';
      answer.Reason = (error.name + ': ' + error.message).slice(0, 1000);
    }
    // its transaction was rolled back
    if (type === 'Create') { answer.PhysicalResourceId = '${NOT_MADE}'; }
  }
  console.log(JSON.stringify({ type, ...answer }));
  await respond(event, answer);
};

async function persist(given, statements, context, passingErrors) {
  const end = Date.now() + context.getRemainingTimeInMillis() - 90000;
  for (let pause = 1000; ; pause = Math.min(pause * 2, 15000)) {
    try {
      return await run(given, statements);
    } catch (error) {
      const passing = passingErrors.includes(error.name) || PASSING_SQL.test(error.message);
      if (!passing || Date.now() + pause > end) { throw error; }
      console.log('again, after ' + error.name + ': ' + error.message);
      await new Promise(resolve => setTimeout(resolve, pause));
    }
  }
}

async function run({ ClusterArn: resourceArn, SecretArn: secretArn, Database: database }, statements) {
  const { transactionId } = await client.send(new BeginTransactionCommand({ resourceArn, secretArn, database }));
  const transaction = { resourceArn, secretArn, transactionId };
  try {
    for (const sql of statements) { await client.send(new ExecuteStatementCommand({ ...transaction, database, sql })); }
    await client.send(new CommitTransactionCommand(transaction));
  } catch (error) {
    await client.send(new RollbackTransactionCommand(transaction)).catch(() => {});
    throw error;
  }
}

async function respond({ ResponseURL, StackId, RequestId, LogicalResourceId }, answer) {
  const body = Buffer.from(JSON.stringify({ ...answer, StackId, RequestId, LogicalResourceId }));
  // the address is signed for an empty type
  const response = await fetch(ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body });
  // Lambda then calls again, and every statement may run again
  if (!response.ok) { throw new Error('CloudFormation answered ' + response.status); }
}
`;
