import { App, CfnResource, NestedStack, Stack } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { InnovateLandingZone } from '../../../src/landing-zone/innovate-landing-zone';
import { landingZone, managementStack, MANAGEMENT } from '../landing-zones';

const ENV = { account: MANAGEMENT, region: 'eu-west-1' };

function organization(): { app: App; stack: Stack; zone: InnovateLandingZone } {
  const stack = managementStack();
  return { app: stack.node.root as App, stack, zone: landingZone(stack) };
}

function machine(scope: Stack, type = 'AWS::EC2::Instance'): CfnResource {
  return new CfnResource(scope, 'Machine', { type });
}

const REFUSAL = /management account, which runs no workloads and which no guardrail reaches, and Workload\/Machine is AWS::EC2::Instance.*landingZone\.permitInManagement/;

test('a stack with a machine in the management account is refused', () => {
  const { app } = organization();
  machine(new Stack(app, 'Workload', { env: ENV }));
  expect(() => app.synth()).toThrow(REFUSAL);
});

test('the same stack in another account is not', () => {
  const { app } = organization();
  machine(new Stack(app, 'Workload', { env: { ...ENV, account: '222222222222' } }));
  expect(() => app.synth()).not.toThrow();
});

test('whichever region it is in', () => {
  const { app } = organization();
  machine(new Stack(app, 'Workload', { env: { ...ENV, region: 'us-east-1' } }));
  expect(() => app.synth()).toThrow(REFUSAL);
});

test('whichever was made first', () => {
  const app = new App();
  machine(new Stack(app, 'Workload', { env: ENV }));
  landingZone(new Stack(app, 'Management', { env: ENV }));
  expect(() => app.synth()).toThrow(REFUSAL);
});

test('also in a nested stack, and in the landing zone\'s own', () => {
  const nested = organization();
  machine(new NestedStack(new Stack(nested.app, 'Outer', { env: ENV }), 'Inner'));
  expect(() => nested.app.synth()).toThrow(/Outer\/Inner\/Machine is AWS::EC2::Instance/);

  const own = organization();
  machine(own.stack);
  expect(() => own.app.synth()).toThrow(/Management\/Machine is AWS::EC2::Instance/);
});

test('two stacks without an account go to one account', () => {
  const app = new App();
  landingZone(new Stack(app, 'Management'), { permittedRegions: ['eu-west-1'] });
  machine(new Stack(app, 'Workload'));
  expect(() => app.synth()).toThrow(REFUSAL);
});

test('what governs an organization may be there', () => {
  const { app } = organization();
  const governance = new Stack(app, 'Governance', { env: ENV });
  new budgets.CfnBudget(governance, 'Budget', { budget: { budgetType: 'COST', timeUnit: 'MONTHLY' } });
  new iam.Role(governance, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
  expect(() => app.synth()).not.toThrow();
});

test('what serves an organization and a workload alike may be in the landing zone, and nowhere else', () => {
  const { app } = organization();
  new s3.Bucket(new Stack(app, 'Website', { env: ENV }), 'Pages');
  expect(() => app.synth()).toThrow(/Website\/Pages\/Resource is AWS::S3::Bucket/);
});

test('what is permitted with a reason may be there, and nothing beside it', () => {
  const { app, zone } = organization();
  const reports = new Stack(app, 'Workload', { env: ENV });
  const report = new lambda.Function(reports, 'CostReport', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {}'),
  });
  zone.permitInManagement(report, 'only the payer may read the bill');
  expect(() => app.synth()).not.toThrow();
  machine(reports);
  expect(() => app.synth({ force: true })).toThrow(REFUSAL);
});

test('a permission says why', () => {
  const { stack, zone } = organization();
  expect(() => zone.permitInManagement(machine(stack), ' ')).toThrow(/`reason` is " ", but .*why/);
});
