import { ServiceContract } from '../../private/deployment-contract';
import { DEPLOYMENT_RULES } from '../../private/deployment-rules';

/**
 * Refuses Deployments that could not run as the service of their name: when they are applied, with a reason and the remedy,
 * instead of pods that never appear.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function deploymentPolicies(namespace: string, services: ServiceContract[]): object[] {
  return services.flatMap(service => {
    // these objects belong to the whole cluster
    const metadata = { name: `innovate.${namespace}.${service.name}` };
    return [
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata,
        spec: {
          failurePolicy: 'Fail',
          matchConstraints: {
            // not the subresource `scale`, which belongs to the autoscaler
            resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE', 'UPDATE'] }],
          },
          matchConditions: [{ name: 'of-the-service', expression: `object.metadata.name == '${service.name}'` }],
          variables: contractVariables(service),
          validations: DEPLOYMENT_RULES.map(({ expression, message }) => ({ expression, message: message(service), reason: 'Invalid' })),
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata,
        spec: {
          policyName: metadata.name,
          validationActions: ['Deny'],
          matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
        },
      },
    ];
  });
}

/** What the rules' expressions call `variables`, each made of those before it. */
function contractVariables({ name, port, podVcpus, podMemoryMib, leastGraceSeconds, mostGraceSeconds }: ServiceContract): object[] {
  const expressions = {
    name: `'${name}'`,
    port: String(port),
    milliCpus: (podVcpus * 1000).toFixed(1),
    bytes: (podMemoryMib * 2 ** 20).toFixed(1),
    leastGrace: String(leastGraceSeconds),
    mostGrace: String(mostGraceSeconds),
    pod: 'object.spec.template.spec',
    grace: 'has(variables.pod.terminationGracePeriodSeconds) ? variables.pod.terminationGracePeriodSeconds : 30',
    labels: 'has(object.spec.template.metadata.labels) ? object.spec.template.metadata.labels : {}',
    containers: 'variables.pod.containers',
    initContainers: 'has(variables.pod.initContainers) ? variables.pod.initContainers : []',
    allContainers: 'variables.containers + variables.initContainers',
  };
  return Object.entries(expressions).map(([variable, expression]) => ({ name: variable, expression }));
}
