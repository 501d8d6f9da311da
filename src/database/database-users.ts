import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IDependable } from 'constructs';
import { DatabasePrivileges } from './database-privileges';
import { groupRole, LONGEST_GROUP_SUFFIX, MadePrivileges, removalStatements, schemaStatements, userStatements } from './database-user-sql';
import { validateDatabaseName } from './postgres-name';
import { USERS_FUNCTION } from './users-function/code';
import { addFirstRunStep } from '../private/first-run';
import { createLogGroup } from '../private/log-group';
import { isDeployTime, reject } from '../private/validation';

/** What it takes to be the administrator of a database. */
export interface DatabaseAdministration {
  readonly clusterArn: string;
  /** User name and password of the administrator. */
  readonly secret: secretsmanager.ISecret;
  /** What has to exist before SQL can be run. */
  readonly after: IDependable[];
  /** Key of the function's log. */
  readonly encryptionKey: () => kms.IKey;
  /** @default - one year */
  readonly logRetention?: logs.RetentionDays;
  /** Turns the Data API on, or says who has to; called once, and only where a user is made. */
  readonly enableDataApi: () => void;
}

/** Why users cannot be made here. */
export interface CannotAdminister {
  readonly cannot: string;
  /** A sentence that `DatabasePrivileges.MADE_ELSEWHERE` ends. */
  readonly remedy: string;
}

/** Longer than a lock, a failover and a pause together. */
const TIMEOUT = Duration.minutes(5);
/** Schemas that PostgreSQL makes in every database. */
const SYSTEM_SCHEMAS = ['information_schema', 'public'];

/**
 * The users of one database, and the schema that they work in: made by a function outside the VPC that speaks the Data API.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.html
 */
export class DatabaseUsers extends Construct {
  private readonly function: lambda.Function;
  private readonly schema: CustomResource;

  constructor(scope: Construct, id: string, private readonly databaseName: string, private readonly administration: DatabaseAdministration) {
    super(scope, id);
    this.validate();
    administration.enableDataApi();
    this.function = this.addFunction();
    this.schema = this.addResource('Schema', 'Custom::DatabaseSchema', { Name: databaseName, Statements: schemaStatements(databaseName) });
    this.schema.node.addDependency(this.function.role!, ...administration.after);
  }

  /** Makes the user once; the caller has seen to it that its privileges are always the same. */
  public add(user: string, privileges: MadePrivileges): void {
    this.validateUser(user);
    if (this.node.tryFindChild(user)) { return; }
    const resource = this.addResource(user, 'Custom::DatabaseUser', {
      Name: user,
      Statements: userStatements(this.databaseName, user, privileges),
      RemovalStatements: removalStatements(this.databaseName, user),
    });
    resource.node.addDependency(this.schema);
  }

  private validate(): void {
    const { databaseName } = this;
    validateDatabaseName(this, 'databaseName', databaseName);
    if (isDeployTime(databaseName)) { return; }
    const longest = 63 - LONGEST_GROUP_SUFFIX;
    if (databaseName.length > longest) {
      reject(this, {
        prop: 'databaseName',
        value: databaseName,
        problem: 'roles are called after it and a suffix, and PostgreSQL cuts names at 63 characters',
        remedy: `Give a name of at most ${longest} characters, or \`privileges: DatabasePrivileges.MADE_ELSEWHERE\`.`,
      });
    }
    if (SYSTEM_SCHEMAS.includes(databaseName)) {
      reject(this, {
        prop: 'databaseName', value: databaseName, problem: 'the application\'s schema is called after it and PostgreSQL has one of this name',
        remedy: 'Give a name such as "app" or "orders".',
      });
    }
  }

  private validateUser(user: string): void {
    if (isDeployTime(user)) {
      reject(this, {
        prop: 'user', value: user, problem: 'a user that the deployment makes has to be known at synthesis',
        remedy: 'Give a literal name, or `privileges: DatabasePrivileges.MADE_ELSEWHERE`.',
      });
    }
    const privileges = [DatabasePrivileges.OWNER, DatabasePrivileges.READ_WRITE, DatabasePrivileges.READ_ONLY] as const;
    if (privileges.some(each => groupRole(this.databaseName, each) === user)) {
      reject(this, {
        prop: 'user', value: user, problem: 'the role that holds the privileges has this name',
        remedy: 'Give a user of the application, such as "app_user".',
      });
    }
  }

  private addResource(id: string, resourceType: string, properties: Record<string, unknown>): CustomResource {
    const { clusterArn, secret } = this.administration;
    return new CustomResource(this, id, {
      resourceType,
      serviceToken: this.function.functionArn,
      // three calls of the function, which Lambda repeats when the answer does not get through
      serviceTimeout: Duration.minutes(20),
      properties: { ClusterArn: clusterArn, SecretArn: secret.secretArn, Database: this.databaseName, ...properties },
    });
  }

  private addFunction(): lambda.Function {
    const logGroup = createLogGroup(this, 'Log', {
      encryptionKey: this.administration.encryptionKey(),
      retention: this.administration.logRetention,
    });
    return new lambda.Function(this, 'Function', {
      description: `Makes the users of the database ${this.databaseName}`,
      // 22 or newer: what the region has, as for the functions of the CDK itself
      runtime: lambda.determineLatestNodeRuntime(this),
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromInline(USERS_FUNCTION),
      handler: 'index.handler',
      memorySize: 256,
      timeout: TIMEOUT,
      logGroup,
      role: this.addRole(logGroup),
    });
  }

  /** Runs SQL in this one cluster, as its administrator; the Data API reads the secret on behalf of its caller. */
  private addRole(logGroup: logs.LogGroup): iam.Role {
    const stack = Stack.of(this);
    const { clusterArn, secret } = this.administration;
    const role = new iam.Role(this, 'Role', {
      description: 'Makes the users of one database',
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    // an imported secret may be known without the six characters that end its ARN
    const secretArn = secret.secretFullArn ?? `${secret.secretArn}-??????`;
    const statements = [
      new iam.PolicyStatement({
        actions: ['rds-data:BeginTransaction', 'rds-data:CommitTransaction', 'rds-data:ExecuteStatement', 'rds-data:RollbackTransaction'],
        resources: [clusterArn],
      }),
      new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] }),
      new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
      ...secret.encryptionKey ? [new iam.PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [secret.encryptionKey.keyArn],
        conditions: {
          StringEquals: { 'kms:ViaService': `secretsmanager.${stack.region}.amazonaws.com` },
          StringLike: { 'kms:EncryptionContext:SecretARN': secretArn },
        },
      })] : [],
    ];
    for (const statement of statements) { role.addToPolicy(statement); }
    return role;
  }
}

/** Nobody but its own stack can turn the Data API of an imported cluster on. */
export function addDataApiStep(scope: Construct, clusterIdentifier: string): void {
  const cluster = ['--db-cluster-identifier', clusterIdentifier];
  addFirstRunStep(scope, {
    id: `data-api-${clusterIdentifier}`,
    title: `The Data API of the cluster ${clusterIdentifier} is on`,
    why: 'The deployment makes database users through it.',
    beforeDeployment: true,
    check: { command: ['rds', 'describe-db-clusters', ...cluster, '--query', 'DBClusters[0].HttpEndpointEnabled'], expected: 'true' },
    manual: `In the stack that makes the cluster, or with \`aws rds enable-http-endpoint --resource-arn\` and the ARN of ${clusterIdentifier}.`,
  });
}
