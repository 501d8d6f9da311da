/** What a check needs of `@aws-sdk/client-rds-data`, which is not among the development dependencies: one statement, and its rows. */

interface Query {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly sql: string;
}

interface Field {
  readonly stringValue?: string;
  readonly booleanValue?: boolean;
}

/** The two questions that the local Data API answers. */
export const ROLES = 'SELECT rolname, rolcanlogin FROM pg_roles';
export const MEMBERSHIPS = 'SELECT member::regrole, roleid::regrole FROM pg_auth_members';

export class QueryCommand {
  constructor(readonly input: Query) {}
}

export class RDSDataClient {
  constructor(private readonly configuration: { endpoint: string; region: string; credentials: { accessKeyId: string } }) {}

  async send({ input }: QueryCommand): Promise<string[][]> {
    const { endpoint, region, credentials } = this.configuration;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20260101/${region}/rds-data/aws4_request, SignedHeaders=host, Signature=local`;
    const response = await fetch(`${endpoint}/Execute`, { method: 'POST', headers: { authorization }, body: JSON.stringify(input) });
    const answer = await response.json() as { readonly records?: Field[][]; readonly message?: string };
    if (!response.ok) { throw new Error(answer.message); }
    return (answer.records ?? []).map(row => row.map(({ stringValue, booleanValue }) => stringValue ?? String(booleanValue)));
  }
}
