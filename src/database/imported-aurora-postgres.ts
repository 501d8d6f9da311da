import { Annotations, ArnFormat, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { AuroraPostgresBase } from './aurora-postgres-base';
import { AuroraPostgresAttributes } from './aurora-postgres-ref';
import { DEFAULT_PORT } from './database-settings';
import { addDataApiStep, CannotAdminister, DatabaseAdministration } from './database-users';
import { createEncryptionKey } from '../private/encryption-key';

/** A database that lives elsewhere: grants work, and users are made where its secret is known. */
export class ImportedAuroraPostgres extends AuroraPostgresBase {
  public readonly clusterIdentifier: string;
  public readonly clusterResourceIdentifier: string;
  public readonly clusterEndpoint: rds.Endpoint;
  public readonly readerEndpoint: rds.Endpoint;
  public readonly port: number;
  public readonly databaseName: string;
  public readonly connections: ec2.Connections;
  /** @internal */
  public readonly _pool = undefined;

  constructor(scope: Construct, id: string, private readonly attributes: AuroraPostgresAttributes) {
    super(scope, id);
    this.clusterIdentifier = attributes.clusterIdentifier;
    this.clusterResourceIdentifier = attributes.clusterResourceIdentifier;
    this.port = attributes.port ?? DEFAULT_PORT;
    this.clusterEndpoint = new rds.Endpoint(attributes.clusterEndpointAddress, this.port);
    this.readerEndpoint = new rds.Endpoint(attributes.readerEndpointAddress, this.port);
    this.databaseName = attributes.databaseName;
    this.connections = new ec2.Connections({ securityGroups: attributes.securityGroups, defaultPort: ec2.Port.tcp(this.port) });
  }

  /** @internal */
  public _administration(): DatabaseAdministration | CannotAdminister {
    const { secret } = this.attributes;
    if (!secret) { return { cannot: 'it was imported without its administrator\'s `secret`', remedy: 'Import it with `secret`, or say' }; }
    if (!secret.encryptionKey) {
      Annotations.of(this).addWarningV2('cdk-innovate-platform:database-secret-key',
        '`secret` was imported without its key, which is right only where AWS\'s own key encrypts it: else import it by Secret.fromSecretAttributes with `encryptionKey`.');
    }
    return {
      clusterArn: Stack.of(this).formatArn({
        service: 'rds', resource: 'cluster', resourceName: this.clusterIdentifier, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
      secret,
      after: [],
      encryptionKey: () => createEncryptionKey(this, 'Key', { description: `Users of ${this.node.path}` }),
      enableDataApi: () => addDataApiStep(this, this.clusterIdentifier),
    };
  }
}
