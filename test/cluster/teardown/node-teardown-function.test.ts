import { createHash, createHmac } from 'node:crypto';
import { NODE_TEARDOWN_FUNCTION } from '../../../src/cluster/teardown/function-code';
import { LoopbackCluster } from '../../support/loopback-cluster';

const CREDENTIALS = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'a/session+token=' };
const OWNED = { 'kubernetes.io/cluster/shop': 'owned' };
const LAUNCHED = { ...OWNED, 'karpenter.sh/nodepool': 'default' };
const OF_A_MACHINE = { 'node.k8s.amazonaws.com/instance_id': 'i-1' };

const before = { ...process.env };
let cluster: LoopbackCluster;
let log: string[];

beforeEach(async () => {
  cluster = await new LoopbackCluster().start();
  Object.assign(process.env, CREDENTIALS, { AWS_ENDPOINT_URL: cluster.awsUrl });
  log = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => { log.push(line); });
  cluster.nodePools = { default: { metadata: {} } };
  cluster.nodeClaims = { 'default-a': { metadata: {} }, 'default-b': { metadata: {} } };
  cluster.instances = { 'i-1': { tags: LAUNCHED, state: 'running' }, 'i-2': { tags: LAUNCHED, state: 'running' }, 'i-baseline': { tags: OWNED, state: 'running' } };
  cluster.interfaces = {
    'eni-1': { tags: OF_A_MACHINE, state: 'available', securityGroup: 'sg-1' },
    'eni-used': { tags: OF_A_MACHINE, state: 'in-use', securityGroup: 'sg-1' },
    'eni-other': { tags: OF_A_MACHINE, state: 'available', securityGroup: 'sg-2' },
    'eni-mine': { tags: {}, state: 'available', securityGroup: 'sg-1' },
  };
  cluster.templates = { 'lt-1': { tags: LAUNCHED }, 'lt-baseline': { tags: OWNED } };
});

afterEach(async () => {
  jest.restoreAllMocks();
  process.env = { ...before };
  await cluster.stop();
});

/** Runs the function as Lambda does, with so much time, and gives what CloudFormation is told. */
async function run(type: string, given: object = {}, milliseconds = 4000): Promise<Record<string, any>> {
  const module: { exports: { handler?: (event: object, context: object) => Promise<void> } } = { exports: {} };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  new Function('require', 'exports', NODE_TEARDOWN_FUNCTION)(require, module.exports);
  await module.exports.handler!({
    RequestType: type, ResponseURL: `${cluster.awsUrl}/answer`, StackId: 'stack', RequestId: 'request', LogicalResourceId: 'NodeTeardown',
    ResourceProperties: { ClusterName: 'shop', SecurityGroupId: 'sg-1', SweepsInstances: 'true', ...given },
  }, { getRemainingTimeInMillis: () => milliseconds });
  return cluster.answers.at(-1)!;
}

/** Karpenter drains and ends its machines when their claims are deleted, one each time that somebody looks. */
function karpenterWorks(): void {
  cluster.afterwards = call => {
    const [claim] = Object.keys(cluster.nodeClaims).filter(name => cluster.nodeClaims[name].metadata.deletionTimestamp);
    if (call !== 'GET nodeclaims' || !claim) { return; }
    delete cluster.nodeClaims[claim];
    delete cluster.instances[claim === 'default-a' ? 'i-1' : 'i-2'];
  };
}

/** EC2 ends machines that were told to. */
function machinesEnd(): void {
  cluster.afterwards = call => {
    if (!call.startsWith('DescribeInstances')) { return; }
    for (const [id, { state }] of Object.entries(cluster.instances)) { if (state === 'shutting-down') { delete cluster.instances[id]; } }
  };
}

const calls = (pattern: RegExp) => cluster.calls.filter(call => pattern.test(call));

test('lets Karpenter end its machines, then removes what is left of them, and nothing else', async () => {
  karpenterWorks();
  expect(await run('Delete')).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'shop-nodes', StackId: 'stack', RequestId: 'request' });
  expect(cluster.nodePools).toEqual({});
  expect(calls(/^(DELETE|Delete|Terminate)/)).toEqual([
    'DELETE nodepools/default', 'DELETE nodeclaims/default-a', 'DELETE nodeclaims/default-b', 'DeleteNetworkInterface eni-1', 'DeleteLaunchTemplate lt-1',
  ]);
  expect(Object.keys(cluster.instances)).toEqual(['i-baseline']);
  expect(Object.keys(cluster.interfaces)).toEqual(['eni-used', 'eni-other', 'eni-mine']);
  expect(Object.keys(cluster.templates)).toEqual(['lt-baseline']);
});

test('ends machines itself when pods do not leave them', async () => {
  machinesEnd();
  expect(await run('Delete')).toMatchObject({ Status: 'SUCCESS' });
  expect(calls(/^TerminateInstances/)).toEqual(['TerminateInstances i-1 i-2']);
  expect(Object.keys(cluster.instances)).toEqual(['i-baseline']);
  expect(log).toContain('no more patience with the pods on them');
});

test('says which volumes stay', async () => {
  karpenterWorks();
  cluster.volumes = {
    'pvc-1': { spec: { csi: { volumeHandle: 'vol-1' }, claimRef: { namespace: 'shop', name: 'data-0' } } },
    'pvc-2': { spec: { csi: { volumeHandle: 'vol-2' } } },
    'host': { spec: {} },
  };
  await run('Delete');
  expect(log.filter(line => line.startsWith('stays'))).toEqual(['stays: volume vol-1 of shop/data-0', 'stays: volume vol-2 of nobody']);
  expect(calls(/persistentvolumes/)).toEqual(['GET persistentvolumes']);
});

test.each<[string, () => void, RegExp]>([
  ['Kubernetes does not answer', () => { cluster.endpoint = 'https://127.0.0.1:1'; }, /without Kubernetes from here: GET .*nodepools gave 503: .*ECONNREFUSED/],
  ['somebody else answers', () => { cluster.endpoint = cluster.endpoint.replace('127.0.0.1', 'localhost'); }, /gave 503: .*(altnames|certificate)/],
  ['the bootstrap never came', () => { cluster.refusals = Array(10).fill(403); }, /gave 403/],
  ['EKS does not know the cluster', () => { cluster.exists = false; }, /No cluster found/],
])('goes on to EC2 when %s', async (_, prepare, line) => {
  prepare();
  machinesEnd();
  expect(await run('Delete')).toMatchObject({ Status: 'SUCCESS' });
  expect(calls(/^TerminateInstances/)).toEqual(['TerminateInstances i-1 i-2']);
  expect(log.find(one => line.test(one))).toBeDefined();
});

test('asks again when Kubernetes is busy', async () => {
  karpenterWorks();
  cluster.refusals = [503, 429, 500];
  expect(await run('Delete')).toMatchObject({ Status: 'SUCCESS' });
  expect(calls(/^TerminateInstances/)).toEqual([]);
});

test('a cluster where Karpenter was never installed has nothing to remove', async () => {
  cluster.nodePools = cluster.nodeClaims = {};
  cluster.instances = cluster.interfaces = cluster.templates = {};
  cluster.refusals = [404, 200, 404];
  expect(await run('Delete')).toMatchObject({ Status: 'SUCCESS' });
  expect(calls(/^(DELETE|Delete|Terminate)/)).toEqual([]);
});

test('fails, and says what to do, when a machine does not end in time', async () => {
  expect(await run('Delete', {}, 800)).toMatchObject({ Status: 'FAILED', Reason: 'Error: machines are still there: i-1, i-2. Delete the stack again.' });
});

describe('the logs of the control plane', () => {
  const order = () => calls(/^(GET nodeclaims|DescribeInstances|UpdateClusterConfig|DescribeUpdate)/).filter((call, index, all) => call !== all[index - 1]);

  test('end after Kubernetes has been left and before the cluster goes, so that EKS does not make their group anew', async () => {
    karpenterWorks();
    expect(await run('Delete', { EndsLogs: 'true' })).toMatchObject({ Status: 'SUCCESS' });
    expect(cluster.logs).toEqual([]);
    expect(order()).toEqual(['GET nodeclaims', 'UpdateClusterConfig', 'DescribeInstances', 'DescribeUpdate']);
    expect(log).toEqual(expect.arrayContaining(['end logs api, audit', 'logs ended: Successful']));
  });

  test('are left alone when they have ended already, as at a second attempt', async () => {
    karpenterWorks();
    cluster.logs = [];
    expect(await run('Delete', { EndsLogs: 'true' })).toMatchObject({ Status: 'SUCCESS' });
    expect(calls(/Update/)).toEqual([]);
  });

  test('are left alone where the cluster stays', async () => {
    karpenterWorks();
    expect(await run('Delete', { EndsLogs: 'false' })).toMatchObject({ Status: 'SUCCESS' });
    expect(calls(/Update/)).toEqual([]);
    expect(cluster.logs).toEqual(['api', 'audit']);
  });

  test('hold nothing up when EKS refuses', async () => {
    machinesEnd();
    cluster.exists = false;
    expect(await run('Delete', { EndsLogs: 'true' })).toMatchObject({ Status: 'SUCCESS' });
    expect(log).toContain('logs do not end, their group may come back: No cluster found');
  });

  test('are waited for, because a cluster that is changed cannot be deleted', async () => {
    karpenterWorks();
    cluster.logUpdateTakes = 1e6;
    expect(await run('Delete', { EndsLogs: 'true' }, 800)).toMatchObject({ Status: 'FAILED', Reason: 'Error: EKS still ends the logs. Delete the stack again.' });
  });
});

test('with EKS Auto Mode the machines are EKS\'s to end', async () => {
  karpenterWorks();
  expect(await run('Delete', { SweepsInstances: 'false' })).toMatchObject({ Status: 'SUCCESS' });
  expect(calls(/^DELETE nodepools/)).toEqual(['DELETE nodepools/default']);
  expect(calls(/Instances/)).toEqual([]);
});

test.each(['Create', 'Update'])('does nothing on %s', async type => {
  expect(await run(type)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'shop-nodes' });
  expect(cluster.calls).toEqual([]);
});

test('its token is what the AWS SDK signs', async () => {
  karpenterWorks();
  await run('Delete');
  const [token] = cluster.tokens;
  expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
  const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
  const given = Object.fromEntries(url.searchParams);
  expect([url.host, given.Action, given['X-Amz-SignedHeaders'], given['X-Amz-Security-Token']])
    .toEqual(['sts.eu-west-1.amazonaws.com', 'GetCallerIdentity', 'host;x-k8s-aws-id', CREDENTIALS.AWS_SESSION_TOKEN]);
  expect(given['X-Amz-Signature']).toBe(await sdkSignature(given['X-Amz-Date']));
});

/** The signature of the same request by the SDK's own signer. */
async function sdkSignature(date: string): Promise<string> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports, import/no-extraneous-dependencies
  const { SignatureV4 } = require('@smithy/signature-v4');
  const signer = new SignatureV4({
    service: 'sts',
    region: CREDENTIALS.AWS_REGION,
    sha256: Sha256,
    credentials: {
      accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID, secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY, sessionToken: CREDENTIALS.AWS_SESSION_TOKEN,
    },
  });
  const { query } = await signer.presign({
    method: 'GET', protocol: 'https:', hostname: 'sts.eu-west-1.amazonaws.com', path: '/',
    headers: { 'host': 'sts.eu-west-1.amazonaws.com', 'x-k8s-aws-id': 'shop' }, query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
  }, {
    expiresIn: 60,
    signingDate: new Date(date.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z')),
    unhoistableHeaders: new Set(['x-k8s-aws-id']),
    signableHeaders: new Set(['host', 'x-k8s-aws-id']),
  });
  return query['X-Amz-Signature'];
}

class Sha256 {
  private readonly hash;

  constructor(secret?: Uint8Array) { this.hash = secret ? createHmac('sha256', secret) : createHash('sha256'); }

  update(data: Uint8Array): void { this.hash.update(data); }

  async digest(): Promise<Uint8Array> { return this.hash.digest(); }
}
