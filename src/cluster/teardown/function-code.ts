/**
 * Removes the machines of a cluster when its stack is deleted: NodePools through the Kubernetes API, then whatever is left in EC2. Ends the logs as well.
 * As text, because jsii packages nothing but compiled TypeScript, and with the SDK of the runtime.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 * @see https://karpenter.sh/docs/concepts/disruption/
 */
export const NODE_TEARDOWN_FUNCTION = `const crypto = require('node:crypto');
const https = require('node:https');
const {
  EC2Client, DeleteLaunchTemplateCommand, DeleteNetworkInterfaceCommand, DescribeInstancesCommand, DescribeLaunchTemplatesCommand,
  DescribeNetworkInterfacesCommand, TerminateInstancesCommand,
} = require('@aws-sdk/client-ec2');
const { EKSClient, DescribeClusterCommand, DescribeUpdateCommand, UpdateClusterConfigCommand } = require('@aws-sdk/client-eks');

const ec2 = new EC2Client({});
const eks = new EKSClient({});

const KARPENTER = '/apis/karpenter.sh/v1/';
let pause;

exports.handler = async (event, context) => {
  const { RequestType: type, ResourceProperties: given } = event;
  const answer = { Status: 'SUCCESS', PhysicalResourceId: given.ClusterName + '-nodes' };
  try {
    if (type === 'Delete') { await tearDown(given, 0.9 * context.getRemainingTimeInMillis()); }
  } catch (error) {
    answer.Status = 'FAILED';
    answer.Reason = (error.name + ': ' + error.message).slice(0, 1000);
  }
  console.log(JSON.stringify({ type, ...answer }));
  await respond(event, answer);
};

async function tearDown({ ClusterName: clusterName, SecurityGroupId: securityGroupId, SweepsInstances: sweeps, EndsLogs: endsLogs }, time) {
  const end = Date.now() + time;
  pause = Math.min(5000, time / 100);
  // a third for the pods to end by themselves: a disruption budget, with no machine left to move to, would hold the last ones for ever
  await deleteNodes(clusterName, Date.now() + time / 3);
  const update = endsLogs === 'true' ? await endLogs(clusterName) : undefined;
  // EKS Auto Mode ends its machines itself, and lets nobody else
  if (sweeps === 'true') { await sweepInstances(clusterName, end); }
  await sweepInterfaces(securityGroupId, end);
  await sweepTemplates(clusterName);
  // a cluster that is changed cannot be deleted
  if (update) { await finish(clusterName, update, end); }
}

/** Lets Karpenter drain and end its machines; whatever goes wrong here, the machines are ended below. */
async function deleteNodes(clusterName, end) {
  try {
    const kubernetes = await connect(clusterName);
    for (const { metadata: { name } } of await list(kubernetes, KARPENTER + 'nodepools')) {
      console.log('delete NodePool ' + name);
      await kubernetes('DELETE', KARPENTER + 'nodepools/' + name);
    }
    await report(kubernetes);
    for (;;) {
      const claims = await list(kubernetes, KARPENTER + 'nodeclaims');
      if (claims.length === 0) { return; }
      console.log(claims.length + ' machines to go: ' + claims.map(({ metadata }) => metadata.name).join(', '));
      for (const { metadata } of claims.filter(claim => !claim.metadata.deletionTimestamp)) {
        await kubernetes('DELETE', KARPENTER + 'nodeclaims/' + metadata.name);
      }
      if (Date.now() + pause > end) { return console.log('no more patience with the pods on them'); }
      await sleep();
    }
  } catch (error) {
    console.log('without Kubernetes from here: ' + error.message);
  }
}

/** Volumes of claims hold data and stay: who destroys the cluster may want to know which. */
async function report(kubernetes) {
  try {
    for (const { spec } of await list(kubernetes, '/api/v1/persistentvolumes')) {
      if (spec.csi) { console.log('stays: volume ' + spec.csi.volumeHandle + ' of ' + (spec.claimRef ? spec.claimRef.namespace + '/' + spec.claimRef.name : 'nobody')); }
    }
  } catch (error) {
    console.log('volumes are not known: ' + error.message);
  }
}

async function sweepInstances(clusterName, end) {
  const filters = [...ownedBy(clusterName), { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'] }];
  for (;;) {
    const instances = (await all(DescribeInstancesCommand, filters, 'Reservations')).flatMap(({ Instances }) => Instances);
    if (instances.length === 0) { return; }
    const ids = instances.filter(({ State }) => State.Name !== 'shutting-down').map(({ InstanceId }) => InstanceId);
    console.log(instances.length + ' machines in EC2, end ' + (ids.join(', ') || 'none'));
    if (ids.length > 0) { await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids })); }
    wait(end, 'machines are still there: ' + instances.map(({ InstanceId }) => InstanceId).join(', '));
    await sleep();
  }
}

/** Interfaces that the network add-on attached to machines which are gone keep the security group and the subnets. */
async function sweepInterfaces(securityGroupId, end) {
  const filters = [
    { Name: 'group-id', Values: [securityGroupId] }, { Name: 'status', Values: ['available'] }, { Name: 'tag-key', Values: ['node.k8s.amazonaws.com/instance_id'] },
  ];
  for (;;) {
    const interfaces = await all(DescribeNetworkInterfacesCommand, filters, 'NetworkInterfaces');
    if (interfaces.length === 0) { return; }
    for (const { NetworkInterfaceId } of interfaces) {
      console.log('delete ' + NetworkInterfaceId);
      await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId })).catch(ignore('InvalidNetworkInterfaceID.NotFound', 'InvalidParameterValue'));
    }
    wait(end, 'network interfaces are still there');
    await sleep();
  }
}

async function sweepTemplates(clusterName) {
  for (const { LaunchTemplateId } of await all(DescribeLaunchTemplatesCommand, ownedBy(clusterName), 'LaunchTemplates')) {
    console.log('delete ' + LaunchTemplateId);
    await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId })).catch(ignore('InvalidLaunchTemplateId.NotFound'));
  }
}

/**
 * EKS writes late, and would make the log group anew after CloudFormation has deleted it, without a key and without an end: no cluster of this name
 * could be made again.
 */
async function endLogs(name) {
  try {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name }));
    const types = (cluster.logging?.clusterLogging ?? []).filter(({ enabled }) => enabled).flatMap(({ types }) => types);
    if (types.length === 0) { return undefined; }
    console.log('end logs ' + types.join(', '));
    return (await eks.send(new UpdateClusterConfigCommand({ name, logging: { clusterLogging: [{ types, enabled: false }] } }))).update.id;
  } catch (error) {
    console.log('logs do not end, their group may come back: ' + error.message);
  }
}

async function finish(name, updateId, end) {
  for (;;) {
    const { update } = await eks.send(new DescribeUpdateCommand({ name, updateId }));
    if (update.status !== 'InProgress') { return console.log('logs ended: ' + update.status); }
    wait(end, 'EKS still ends the logs');
    await sleep();
  }
}

/** Baseline workers have the first tag, but not the second. */
function ownedBy(clusterName) {
  return [{ Name: 'tag:kubernetes.io/cluster/' + clusterName, Values: ['owned'] }, { Name: 'tag-key', Values: ['karpenter.sh/nodepool'] }];
}

async function all(Command, Filters, field) {
  const found = [];
  let NextToken;
  do {
    const page = await ec2.send(new Command({ Filters, NextToken }));
    found.push(...page[field] ?? []);
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

async function list(kubernetes, path) {
  return (await kubernetes('GET', path))?.items ?? [];
}

/** A function that calls the API of the cluster; what is not there is undefined. */
async function connect(clusterName) {
  const { cluster } = await eks.send(new DescribeClusterCommand({ name: clusterName }));
  const ca = Buffer.from(cluster.certificateAuthority.data, 'base64');
  return async (method, path) => {
    for (let attempt = 1; ; attempt++) {
      const { status, body } = await call(cluster.endpoint + path, { method, ca, headers: { authorization: 'Bearer ' + token(clusterName) } })
        .catch(error => ({ status: 503, body: error.message }));
      if (status < 300) { return JSON.parse(body); }
      if (status === 404) { return undefined; }
      if ((status < 500 && status !== 429) || attempt === 4) { throw new Error(method + ' ' + path + ' gave ' + status + ': ' + body.slice(0, 300)); }
      await sleep(Math.min(pause, 2000));
    }
  };
}

async function call(url, options) {
  return new Promise((resolve, reject) => {
    const request = https.request(url, { ...options, timeout: 5000 }, response => {
      let body = '';
      response.setEncoding('utf8').on('data', chunk => { body += chunk; }).on('end', () => resolve({ status: response.statusCode, body })).on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer'))).on('error', reject).end();
  });
}

/** What \`aws eks get-token\` prints: a signed question for the own identity, which the cluster asks on behalf of the caller. */
function token(clusterName) {
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: session } = process.env;
  const host = 'sts.' + region + '.amazonaws.com' + (region.startsWith('cn-') ? '.cn' : '');
  const time = new Date().toISOString().replace(/[-:]|\\.\\d+/g, '');
  const scope = [time.slice(0, 8), region, 'sts', 'aws4_request'];
  const query = Object.entries({
    'Action': 'GetCallerIdentity',
    'Version': '2011-06-15',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': [id, ...scope].join('/'),
    'X-Amz-Date': time,
    'X-Amz-Expires': '60',
    ...session && { 'X-Amz-Security-Token': session },
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
  }).map(([name, value]) => name + '=' + encodeURIComponent(value)).join('&');
  const hash = text => crypto.createHash('sha256').update(text).digest('hex');
  const hmac = (key, text) => crypto.createHmac('sha256', key).update(text).digest();
  const request = ['GET', '/', query, 'host:' + host, 'x-k8s-aws-id:' + clusterName, '', 'host;x-k8s-aws-id', hash('')].join('\\n');
  const signature = hmac(scope.reduce(hmac, 'AWS4' + secret), ['AWS4-HMAC-SHA256', time, scope.join('/'), hash(request)].join('\\n')).toString('hex');
  return 'k8s-aws-v1.' + Buffer.from('https://' + host + '/?' + query + '&X-Amz-Signature=' + signature).toString('base64url');
}

function wait(end, message) {
  if (Date.now() + pause > end) { throw new Error(message + '. Delete the stack again.'); }
}

function ignore(...names) {
  return error => { if (!names.includes(error.name)) { throw error; } };
}

async function sleep(milliseconds = pause) {
  await new Promise(resolve => setTimeout(resolve, milliseconds));
}

async function respond({ ResponseURL, StackId, RequestId, LogicalResourceId }, answer) {
  const body = Buffer.from(JSON.stringify({ ...answer, StackId, RequestId, LogicalResourceId }));
  // the address is signed for an empty type
  const response = await fetch(ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body });
  // Lambda then calls again, and everything may be done again
  if (!response.ok) { throw new Error('CloudFormation answered ' + response.status); }
}
`;
