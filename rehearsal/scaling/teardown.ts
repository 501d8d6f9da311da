/**
 * What `cdk destroy` does to the machines: the code of the teardown's function, as it was synthesized, is called as CloudFormation calls it, with the
 * role that the template gives it, while the cluster is under load.
 */
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { DescribeLaunchTemplatesCommand, DescribeNetworkInterfacesCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { TemplateResource } from '../assembly';
import { run } from '../process';
import type { Assertion } from './assertions';
import type { ScalingCluster } from './cluster';
import { isAlive, isKarpenters } from './sampling';

export interface Teardown {
  readonly assertions: readonly Assertion[];
  readonly leftOut: readonly string[];
}

/** Lambda would give it 14; what it waits for is shorter here. */
const MINUTES = 5;
const BY_HAND_SECONDS = 180;

export async function tearDown(cluster: ScalingCluster, directory: string): Promise<Teardown> {
  const resource = Object.values(cluster.stack.template.Resources ?? {}).find(({ Type }) => Type === 'Custom::NodeTeardown');
  const before = await karpentersMachines(cluster);
  const startedAt = Date.now();
  if (!resource) {
    await deleteNodePools(cluster);
    return { assertions: [await nothingLeft(cluster)], leftOut: ['the teardown function, which the template does not have: NodePools and node classes were deleted by hand'] };
  }
  const { status, reason, log } = await callFunction(cluster, resource, path.join(directory, 'teardown'));
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  const answer = `${status}${reason ? ` (${reason})` : ''} after ${seconds} s, with ${before.length} machines at its beginning`;
  return {
    assertions: [
      { name: 'the teardown function removes the machines', holds: status === 'SUCCESS' && before.length > 0, measured: answer },
      { name: 'it did so through Kubernetes', holds: !/without Kubernetes/.test(log), measured: /without Kubernetes.*/.exec(log)?.[0] ?? 'NodePools and their machines were deleted by the API' },
      await nothingLeft(cluster),
    ],
    leftOut: [],
  };
}

interface Answer {
  readonly status: string;
  readonly reason?: string;
  readonly log: string;
}

async function callFunction(cluster: ScalingCluster, { Properties }: TemplateResource, directory: string): Promise<Answer> {
  const { ServiceToken: token, ...properties } = Properties as { ServiceToken: { 'Fn::GetAtt': [string, string] } };
  const [logicalId] = token['Fn::GetAtt'];
  const { Role, Code, Environment } = cluster.stack.template.Resources![logicalId].Properties as {
    Role: unknown; Code: { ZipFile: string }; Environment?: { Variables: Record<string, unknown> };
  };
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, 'index.js'), Code.ZipFile);
  fs.writeFileSync(path.join(directory, 'lambda.js'), LAMBDA);
  const { server, url, answered } = await cloudFormation();
  try {
    const event = {
      RequestType: 'Delete', ResponseURL: url, StackId: cluster.stack.stackName, RequestId: '1', LogicalResourceId: 'NodeTeardown',
      ResourceProperties: await cluster.resolve(properties),
    };
    const variables = await cluster.resolve(Environment?.Variables ?? {}) as Record<string, string>;
    const { output } = await run(process.execPath, [path.join(directory, 'lambda.js'), JSON.stringify(event), String(MINUTES * 60_000)], {
      cwd: directory,
      env: { PATH: process.env.PATH, NODE_PATH: path.resolve('node_modules'), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...variables, ...cluster.ec2.environment(), ...await credentialsOf(cluster, Role) },
    });
    fs.writeFileSync(path.join(directory, 'function.log'), output);
    const { Status: status = 'no answer', Reason: reason } = answered() ?? {};
    return { status, reason: reason ?? (answered() ? undefined : output.slice(-500)), log: output };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** What Lambda does around a function. */
const LAMBDA = `
const [event, milliseconds] = [JSON.parse(process.argv[2]), Number(process.argv[3])];
const end = Date.now() + milliseconds;
setTimeout(() => { console.log('Task timed out'); process.exit(1); }, milliseconds).unref();
require('./index.js').handler(event, { getRemainingTimeInMillis: () => end - Date.now() }).then(() => process.exit(0), error => { console.log(error); process.exit(1); });
`;

async function credentialsOf(cluster: ScalingCluster, role: unknown): Promise<Record<string, string>> {
  const sts = new STSClient(cluster.ec2.clientOptions());
  const { Credentials: credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: await cluster.resolve(role) as string, RoleSessionName: 'function' }));
  return { AWS_ACCESS_KEY_ID: credentials!.AccessKeyId!, AWS_SECRET_ACCESS_KEY: credentials!.SecretAccessKey!, AWS_SESSION_TOKEN: credentials!.SessionToken! };
}

/** Where a custom resource answers to. */
async function cloudFormation() {
  let body: string | undefined;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      body = Buffer.concat(chunks).toString('utf8');
      response.end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { server, url, answered: () => body === undefined ? undefined : JSON.parse(body) as { Status: string; Reason?: string } };
}

async function deleteNodePools({ api }: ScalingCluster): Promise<void> {
  for (const collection of ['/apis/karpenter.sh/v1/nodepools', '/apis/karpenter.k8s.aws/v1/ec2nodeclasses']) {
    const all = await api.list(collection);
    for (const { metadata } of all) { await api.delete(`${collection}/${metadata.name}`); }
    const deadline = Date.now() + BY_HAND_SECONDS * 1000;
    while (Date.now() < deadline && (await api.list(collection)).length > 0) { await new Promise(resolve => setTimeout(resolve, 1000)); }
  }
}

async function karpentersMachines({ ec2 }: ScalingCluster) {
  return (await ec2.machines()).filter(machine => isAlive(machine) && isKarpenters(machine));
}

async function nothingLeft(cluster: ScalingCluster): Promise<Assertion> {
  const ec2 = new EC2Client(cluster.ec2.clientOptions());
  const ofPools = { Filters: [{ Name: 'tag-key', Values: ['karpenter.sh/nodepool'] }] };
  const machines = await karpentersMachines(cluster);
  const { LaunchTemplates: templates = [] } = await ec2.send(new DescribeLaunchTemplatesCommand(ofPools));
  const { NetworkInterfaces: interfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand(ofPools));
  const { Volumes: volumes = [] } = await ec2.send(new DescribeVolumesCommand(ofPools));
  const left = [
    ...machines.map(({ id }) => id), ...templates.map(({ LaunchTemplateId: id }) => id), ...interfaces.map(({ NetworkInterfaceId: id }) => id),
    ...volumes.map(({ VolumeId: id }) => id),
  ];
  const baseline = (await cluster.ec2.machines()).filter(isAlive).length - machines.length;
  const wanted = cluster.surroundings.baseline.count;
  return {
    name: 'nothing is left of Karpenter\'s, and the baseline workers are untouched', holds: left.length === 0 && baseline === wanted,
    measured: left.length ? left.join(', ') : `no machine, volume, network interface or launch template; ${baseline} of ${wanted} baseline workers`,
  };
}
