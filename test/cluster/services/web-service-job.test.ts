import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { KarpenterCluster } from '../../../src/cluster/karpenter-cluster';
import { NodeBudget } from '../../../src/cluster/nodes/node-budget';
import { WebService } from '../../../src/cluster/services/web-service';
import { WebServiceJob } from '../../../src/cluster/services/web-service-job';
import { AuroraPostgres } from '../../../src/database/aurora-postgres';
import { DatabasePrivileges } from '../../../src/database/database-privileges';
import { expectNoAnnotations, foreignVpc, testStack } from '../../support/stacks';
import { bundleOf, objectOf, objectsOf } from '../bootstrap/bundle';

function addService() {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const cluster = new KarpenterCluster(stack, 'Cluster', {
    vpc,
    nodeBudget: NodeBudget.usdPerMonth(3000),
    certificate: acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:222222222222:certificate/1'),
  });
  return { stack, vpc, api: cluster.addWebService('Api', { port: 8443 }) };
}

describe('a job that migrates the database', () => {
  const { stack, vpc, api } = addService();
  const database = new AuroraPostgres(stack, 'Database', { vpc });
  const job = api.addJob();
  database.grantConnect(api, 'api');
  database.grantConnect(job, 'api_migrations', { privileges: DatabasePrivileges.OWNER });
  const template = Template.fromStack(stack);
  const bundle = bundleOf(stack);

  test('is somebody else than the service, in AWS and in the cluster', () => {
    expect(job.role).not.toBe(api.role);
    for (const [serviceAccount, role] of [['api', api.role], ['api-job', job.role]] as const) {
      template.hasResourceProperties('AWS::EKS::PodIdentityAssociation', { Namespace: 'app', ServiceAccount: serviceAccount, RoleArn: stack.resolve(role.roleArn) });
      expect(objectOf(bundle, 'ServiceAccount', serviceAccount)).toMatchObject({ automountServiceAccountToken: false });
    }
  });

  test('the service cannot log in as the owner, nor the job as the service', () => {
    const users = [[api, 'api'], [job, 'api_migrations']] as const;
    for (const [{ role }, user] of users) {
      const statements = Object.values(template.findResources('AWS::IAM::Policy'))
        .filter(({ Properties }) => JSON.stringify(Properties.Roles) === JSON.stringify([stack.resolve(role.roleName)]))
        .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
        .filter(({ Action }) => Action === 'rds-db:connect');
      expect(statements).toHaveLength(1);
      expect(JSON.stringify(statements[0].Resource)).toMatch(new RegExp(`/${user}"`));
    }
  });

  test('reads its own settings', () => {
    expect(objectOf(bundle, 'ConfigMap', 'api-job-environment').data).toMatchObject({ DATABASE_USER: 'api_migrations', DATABASE_AUTH: 'iam', DATABASE_SSLMODE: 'verify-full' });
    expect(objectOf(bundle, 'ConfigMap', 'api-environment').data).toMatchObject({ DATABASE_USER: 'api' });
  });

  test('goes the service\'s ways out and takes no requests', () => {
    expect(objectOf(bundle, 'NetworkPolicy', 'api-egress').spec.podSelector).toEqual({
      matchExpressions: [{ key: 'app.kubernetes.io/name', operator: 'In', values: ['api', job.serviceAccount] }],
    });
    expect(objectOf(bundle, 'NetworkPolicy', 'api').spec.podSelector).toEqual({ matchLabels: { 'app.kubernetes.io/name': 'api' } });
    expect(job.connections).toBe(api.connections);
  });

  test('leaves no annotation', () => expectNoAnnotations(stack));
});

test('what the job may ask of AWS opens HTTPS', () => {
  const { stack, api } = addService();
  const ways = () => JSON.stringify(objectOf(bundleOf(stack), 'NetworkPolicy', 'api-egress').spec);
  new s3.Bucket(stack, 'Bucket').grantRead(api.addJob());
  expect(ways()).toContain('"port":443');
});

test('a service without a job has no trace of one', () => {
  const { stack } = addService();
  expect(objectsOf(bundleOf(stack)).filter(({ metadata }) => metadata.name.startsWith('api-job'))).toEqual([]);
  Template.fromStack(stack).resourcePropertiesCountIs('AWS::EKS::PodIdentityAssociation', { ServiceAccount: Match.stringLikeRegexp('-job$') }, 0);
});

test.each<{ what: string; add: (api: WebService) => unknown; message: RegExp }>([
  { what: 'a second job', add: api => api.addJob(), message: /`service` is ".*Api", but it has its job already/ },
  { what: 'a second job of one\'s own', add: api => new WebServiceJob(api, 'Other', { service: api }), message: /`service` is .*keep what `addJob\(\)` returned/ },
  { what: 'a variable with a hyphen', add: api => new WebServiceJob(addService().api, 'Other', { service: addService().api }).addEnvironment(`A-${api.serviceName}`, '1'), message: /`name` is "A-api"/ },
])('refuses $what', ({ add, message }) => {
  const { api } = addService();
  api.addJob();
  expect(() => add(api)).toThrow(message);
});
