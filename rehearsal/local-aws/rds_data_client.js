/** Stands for `@aws-sdk/client-rds-data`, which the machine of AWS Lambda has and this one has not. */
const PATHS = { BeginTransaction: '/BeginTransaction', CommitTransaction: '/CommitTransaction', ExecuteStatement: '/Execute', RollbackTransaction: '/RollbackTransaction' };

class RDSDataClient {
  async send({ operation, input }) {
    const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: key, AWS_REGION: region } = process.env;
    const authorization = `AWS4-HMAC-SHA256 Credential=${key}/20260101/${region}/rds-data/aws4_request, SignedHeaders=host, Signature=local`;
    const response = await fetch(endpoint + PATHS[operation], {
      method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(input),
    });
    const answer = await response.json();
    if (response.ok) { return answer; }
    throw Object.assign(new Error(answer.message), { name: answer.__type });
  }
}

exports.RDSDataClient = RDSDataClient;
for (const operation of Object.keys(PATHS)) {
  exports[`${operation}Command`] = class {
    constructor(input) { Object.assign(this, { operation, input }); }
  };
}
