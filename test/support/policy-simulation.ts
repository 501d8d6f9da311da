import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: object | object[];
}

/** What a policy is known by, and its document; the shape of the properties of `AWS::Organizations::Policy`. */
export interface NamedPolicy {
  readonly Name: string;
  readonly Content: PolicyDocument;
}

/** One level of the organization, from the root down, with the policies attached there. */
export interface PolicyLevel {
  readonly name: string;
  readonly policies: NamedPolicy[];
}

/** Whoever asks without credentials. */
export const ANONYMOUS = 'anonymous';

/** One request to AWS, with every policy that has a say in it. */
export interface SimulatedRequest {
  /** ARN of the caller, the name of a service such as `config.amazonaws.com`, or `ANONYMOUS`. */
  readonly principal: string;
  /** Account of the resource. */
  readonly account: string;
  readonly action: string;
  readonly resource: string;
  /** Added to `aws:PrincipalArn`. @default - none */
  readonly context?: Record<string, string | string[]>;
  /**
   * What the caller is allowed by its own policies.
   * @default - everything, so that whatever is denied is denied by something else; nothing for services and `ANONYMOUS`
   */
  readonly identityPolicies?: PolicyDocument[];
  readonly resourcePolicy?: PolicyDocument;
  /** @default - the request does not come through an endpoint */
  readonly endpointPolicy?: PolicyDocument;
  /** @default - none but FullAWSAccess */
  readonly serviceControl?: PolicyLevel[];
  /** @default - none but RCPFullAWSAccess */
  readonly resourceControl?: PolicyLevel[];
}

const EVERYTHING: NamedPolicy = {
  Name: 'FullAWSAccess', Content: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
};

/**
 * How AWS decides a request: `Allowed`, the ids of the statements that deny it, or `ImplicitlyDenied` where nothing allows it.
 * An error of the simulator, or a context key that the action does not know, fails the test.
 */
export async function decide(request: SimulatedRequest): Promise<string> {
  const anonymous = request.principal === ANONYMOUS;
  const own = request.identityPolicies ?? (request.principal.startsWith('arn:') ? [EVERYTHING.Content] : []);
  const simulation = await runSimulation({
    request: {
      principal: anonymous ? anonymousPrincipal : request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.account },
      contextVariables: { ...anonymous ? {} : { 'aws:PrincipalArn': request.principal }, ...request.context },
    },
    identityPolicies: own.map((policy, index) => ({ name: `Identity${index}`, policy })),
    serviceControlPolicies: (request.serviceControl ?? []).map(level => attached(level, [EVERYTHING])),
    resourceControlPolicies: (request.resourceControl ?? []).map(level => attached(level, [])),
    resourcePolicy: request.resourcePolicy,
    vpcEndpointPolicies: request.endpointPolicy && [{ name: 'Endpoint', policy: request.endpointPolicy }],
  }, {});
  if (simulation.resultType !== 'single') { throw new Error(JSON.stringify(simulation).slice(0, 500)); }
  expect(simulation.result.ignoredContextKeys).toEqual([]);
  const { scpAnalysis, rcpAnalysis, identityAnalysis, resourceAnalysis } = simulation.result.analysis;
  const denials = [
    ...[scpAnalysis, rcpAnalysis].flatMap(analysis => analysis?.ouAnalysis.flatMap(({ denyStatements }) => denyStatements) ?? []),
    ...[identityAnalysis, resourceAnalysis].flatMap(analysis => analysis?.denyStatements ?? []),
  ];
  return denials.length ? denials.map(({ statement }) => statement.sid()).join(' ') : simulation.overallResult;
}

function attached({ name, policies }: PolicyLevel, always: NamedPolicy[]) {
  return { orgIdentifier: name, policies: [...always, ...policies].map(({ Name, Content }) => ({ name: Name, policy: Content })) };
}
