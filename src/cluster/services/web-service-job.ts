import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ServiceEnvironment } from './service-environment';
import { WebService } from './web-service';
import { jobName } from './web-service-manifests';
import { associatePodIdentity, createPodRole } from '../pod-identity';

/** Properties of `WebServiceJob`. */
export interface WebServiceJobProps {
  /** The service that the job stands beside; it has one at most. */
  readonly service: WebService;
}

/**
 * What a web service has done before a release or at certain times, such as the migration of its database, with rights that no pod
 * that serves requests has. `WebService.addJob()` makes it.
 *
 * The Job itself is the chart's. Its pods use the service account `<service>-job`, have the label `app.kubernetes.io/name: <service>-job`
 * and read the ConfigMap `<service>-job-environment`. They go the same ways as the service's pods, and take no requests.
 *
 * @example
 * import { AuroraPostgres, DatabasePrivileges, WebService } from 'cdk-innovate-platform';
 *
 * declare const api: WebService;
 * declare const database: AuroraPostgres;
 *
 * database.grantConnect(api, 'api');
 * database.grantConnect(api.addJob(), 'api_migrations', { privileges: DatabasePrivileges.OWNER });
 *
 * @see https://helm.sh/docs/topics/charts_hooks/
 */
export class WebServiceJob extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** Name of the Kubernetes service account, and of the pods' label `app.kubernetes.io/name`. */
  public readonly serviceAccount: string;
  /** The role that the job's pods have. */
  public readonly role: iam.Role;
  /** Grants go to the role of the job's pods. */
  public readonly grantPrincipal: iam.IPrincipal;
  /** The service's: what is opened here is opened to the service's pods as well. */
  public readonly connections: ec2.Connections;
  private readonly environment = new ServiceEnvironment(this);

  constructor(scope: Construct, id: string, { service }: WebServiceJobProps) {
    super(scope, id);
    const { cluster, namespace, serviceName, connections } = service;
    service._addJob(this);
    this.serviceAccount = jobName(serviceName);
    this.role = createPodRole(this, 'Role', cluster.clusterName);
    this.grantPrincipal = this.role;
    this.connections = connections;
    associatePodIdentity(this, 'Identity', {
      clusterName: cluster.cluster.clusterName, namespace, serviceAccount: this.serviceAccount, role: this.role,
    });
  }

  /**
   * Adds a variable to the ConfigMap `<service>-job-environment`.
   *
   * @param name The variable, such as `DATABASE_HOST`.
   * @param value Its value, which may be known at deployment only. No secrets: who reads the namespace reads it.
   */
  public addEnvironment(name: string, value: string): void {
    this.environment.add(name, value);
  }

  /** @internal */
  public get _environment(): Record<string, string> {
    return this.environment.variables;
  }
}
