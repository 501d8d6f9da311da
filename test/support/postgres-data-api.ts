import * as http from 'node:http';
import { AddressInfo } from 'node:net';
import { Template } from 'aws-cdk-lib/assertions';
import { Client } from 'pg';
import { PostgresServer } from './postgres';
import { USERS_FUNCTION } from '../../src/database/users-function/code';

/** An error of the Data API, as the SDK throws it. */
export class DataApiError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

interface Call { readonly name: string; readonly input: Record<string, any> }

/** The Data API in front of a server: a connection for each transaction, as the administrator. */
export class PostgresDataApi {
  /** Every call, in order. */
  public readonly calls: Call[] = [];
  /** Errors that the next calls are answered with; `undefined` lets one through. */
  public readonly answers: (DataApiError | undefined)[] = [];
  private readonly transactions = new Map<string, Client>();

  constructor(private readonly server: PostgresServer) {}

  /** What `require('@aws-sdk/client-rds-data')` gives. */
  public get sdk() {
    const command = (name: string) => class { public readonly call: Call; constructor(input: Call['input']) { this.call = { name, input }; } };
    const send = ({ call }: { call: Call }) => this.send(call);
    return {
      RDSDataClient: class { public readonly send = send; },
      BeginTransactionCommand: command('Begin'),
      CommitTransactionCommand: command('Commit'),
      ExecuteStatementCommand: command('Execute'),
      RollbackTransactionCommand: command('Rollback'),
    };
  }

  private async send(call: Call): Promise<object> {
    this.calls.push(call);
    const error = this.answers.shift();
    if (error) { throw error; }
    const { input } = call;
    if (!input.resourceArn || !input.secretArn) { throw new DataApiError('ValidationException', 'no cluster or no secret'); }
    if (call.name === 'Begin') {
      const transactionId = `transaction-${this.calls.length}`;
      const client = await this.server.connect('cluster_admin', input.database);
      await client.query('BEGIN');
      this.transactions.set(transactionId, client);
      return { transactionId };
    }
    const client = this.transactions.get(input.transactionId);
    if (!client) { throw new DataApiError('TransactionNotFoundException', 'no such transaction'); }
    if (call.name === 'Execute') { return this.execute(client, input.sql); }
    this.transactions.delete(input.transactionId);
    await client.query(call.name === 'Commit' ? 'COMMIT' : 'ROLLBACK');
    await client.end();
    return { transactionStatus: call.name };
  }

  /** One statement, without named parameters. */
  private async execute(client: Client, text: string): Promise<object> {
    if (text.includes(':')) { throw new DataApiError('ValidationException', 'a parameter has no value'); }
    try {
      // the extended protocol takes one statement only
      const result = await client.query({ text, queryMode: 'extended' } as { text: string });
      return { numberOfRecordsUpdated: result.rowCount };
    } catch (error) {
      const { message, code } = error as Error & { code: string };
      throw new DataApiError('DatabaseErrorException', `ERROR: ${message}; SQLState: ${code}`);
    }
  }
}

export interface CustomResource { readonly type: string; readonly properties: Record<string, any> }

/** The custom resources of a template, in the order in which CloudFormation makes them. */
export function databaseResources(template: Template): CustomResource[] {
  return ['Custom::DatabaseSchema', 'Custom::DatabaseUser'].flatMap(type => Object.values(template.findResources(type)).map(({ Properties }) => ({
    type, properties: Properties,
  })));
}

export interface CloudFormationAnswer {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
}

/** CloudFormation, Lambda and the function: sends events and tells what was answered. */
export class CustomResourceHost {
  /** Seconds that the function waited for, one number a pause. */
  public readonly pauses: number[] = [];
  /** Headers of the last answer. */
  public headers: http.IncomingHttpHeaders = {};
  /** Statuses with which answers are received; 200 when there are no more. */
  public readonly statuses: number[] = [];
  private answer?: CloudFormationAnswer;
  private readonly receiver = http.createServer((request, response) => {
    let body = '';
    request.on('data', chunk => { body += chunk; });
    request.on('end', () => {
      this.answer = JSON.parse(body);
      this.headers = request.headers;
      response.writeHead(request.method === 'PUT' ? this.statuses.shift() ?? 200 : 405).end();
    });
  });

  /** @param remaining milliseconds that the function has left */
  constructor(private readonly dataApi: PostgresDataApi, private readonly remaining = 300_000) {}

  public async start(): Promise<this> {
    await new Promise<void>(resolve => { this.receiver.listen(0, '127.0.0.1', resolve); });
    return this;
  }

  public stop(): void {
    this.receiver.closeAllConnections();
    this.receiver.close();
  }

  public async send(RequestType: 'Create' | 'Update' | 'Delete', properties: object, physicalId?: string): Promise<CloudFormationAnswer> {
    this.answer = undefined;
    const { port } = this.receiver.address() as AddressInfo;
    await this.load()({
      RequestType,
      ResponseURL: `http://127.0.0.1:${port}/answer`,
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'resource',
      PhysicalResourceId: physicalId,
      ResourceProperties: properties,
    }, { getRemainingTimeInMillis: () => this.remaining });
    return this.answer!;
  }

  /** Runs the very text that the template has. */
  private load(): (event: object, context: object) => Promise<void> {
    const exported: { handler?: (event: object, context: object) => Promise<void> } = {};
    const require = (name: string) => {
      if (name !== '@aws-sdk/client-rds-data') { throw new Error(`the runtime has no ${name}`); }
      return this.dataApi.sdk;
    };
    const setTimeout = (callback: () => void, milliseconds: number) => {
      this.pauses.push(milliseconds / 1000);
      setImmediate(callback);
    };
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, no-new-func
    new Function('require', 'exports', 'setTimeout', 'console', USERS_FUNCTION)(require, exported, setTimeout, { log: () => {} });
    return exported.handler!;
  }
}
