import { DEPLOYMENT_EXAMPLES, EXAMPLE_CONTRACT } from './deployment-examples';
import { deploymentPolicies } from '../../../src/cluster/services/deployment-policy';
import { quantity } from '../../../src/private/deployment-quantity';
import { DEPLOYMENT_RULES, violations } from '../../../src/private/deployment-rules';

test.each(DEPLOYMENT_EXAMPLES)('$name: $violates', ({ deployment, violates }) => {
  expect(violations(deployment, EXAMPLE_CONTRACT).map(rule => rule.id)).toEqual(violates);
});

test('every rule has an example that breaks nothing else', () => {
  const alone = DEPLOYMENT_EXAMPLES.filter(({ violates }) => violates.length === 1).map(({ violates: [id] }) => id);
  expect([...new Set(alone)].sort()).toEqual(DEPLOYMENT_RULES.map(rule => rule.id).sort());
});

test('every message says what to do, in one line', () => {
  for (const { message } of DEPLOYMENT_RULES) { expect(message(EXAMPLE_CONTRACT)).toMatch(/^[^\n]+(Set|Add|Leave|Make) [^\n]+\.$/); }
});

test('the time to end is the cluster\'s own', () => {
  const { deployment } = DEPLOYMENT_EXAMPLES.find(({ name }) => name === 'two minutes to end')!;
  const broken = (leastGraceSeconds: number, mostGraceSeconds: number) => violations(deployment, { ...EXAMPLE_CONTRACT, leastGraceSeconds, mostGraceSeconds });
  expect(broken(120, 120)).toEqual([]);
  expect(broken(31, 300)).toEqual([]);
  expect(broken(31, 60).map(({ message }) => message({ ...EXAMPLE_CONTRACT, leastGraceSeconds: 31, mostGraceSeconds: 60 }))).toEqual([
    'When a pod ends, the load balancer waits 30 seconds for its last answers, and a node that ends waits 60 seconds for its pods.'
    + ' Set spec.template.spec.terminationGracePeriodSeconds (30 where it is missing) to a number from 31 to 60.',
  ]);
  expect(broken(121, 300).map(({ id }) => id)).toEqual(['shutdown']);
});

test('the policy concerns the Deployment of the service in its namespace, and refuses', () => {
  const [policy, binding] = deploymentPolicies('shop', [EXAMPLE_CONTRACT]) as any[];
  expect(policy).toMatchObject({
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'innovate.shop.orders' },
    spec: { failurePolicy: 'Fail', matchConditions: [{ expression: 'object.metadata.name == \'orders\'' }] },
  });
  expect(policy.spec.matchConstraints.resourceRules).toEqual([
    { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE', 'UPDATE'] },
  ]);
  expect(policy.spec.variables.slice(0, 4)).toEqual([
    { name: 'name', expression: '\'orders\'' }, { name: 'port', expression: '8443' }, { name: 'milliCpus', expression: '500.0' }, { name: 'bytes', expression: '536870912.0' },
  ]);
  expect(binding.spec).toEqual({
    policyName: 'innovate.shop.orders', validationActions: ['Deny'], matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } },
  });
});

test.each<[unknown, number]>([
  ['250m', 0.25], ['1', 1], [2, 2], ['0.5', 0.5], ['512Mi', 2 ** 29], ['1.5Gi', 1.5 * 2 ** 30], ['128974848', 128974848], ['129e6', 129e6], ['1E', 1e18], ['500n', 5e-7],
])('the quantity %p is %d', (amount, value) => {
  expect(quantity(amount)).toBeCloseTo(value, 12);
});

test.each(['', '1Foo', 'x', undefined])('%p is no quantity', amount => {
  expect(quantity(amount)).toBeNaN();
});
