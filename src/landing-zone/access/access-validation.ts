import { Construct } from 'constructs';
import { assignmentId, assignmentsOf, singleAssignments } from './assignments';
import { AccessAssignment, IdentityCenterProps } from './identity-center';
import { PermissionSet } from './permission-set';
import { isManagement, ScopedAccount } from './scoped-account';
import { TrailAccess } from './trail-access';
import { isDeployTime, reject, validateMatch, validateRange, validateUnique } from '../../private/validation';

/** @see https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html */
const MAX_POLICY_CHARACTERS = 10240;
const MAX_MANAGED_POLICIES = 20;

/** Stands for the organization's trail, whose names nobody knows yet: as long as such names get, but for the log group's, which are seldom half as long. */
const ANY_TRAIL: TrailAccess = {
  bucketArn: arnOf(80), readable: { s3: [arnOf(90)], logs: [arnOf(250), arnOf(252)], kms: [arnOf(90)] },
  keyServices: ['s3.ap-southeast-1.amazonaws.com', 'logs.ap-southeast-1.amazonaws.com'],
};

const COPY = 'Copy it from the output of `aws sso-admin list-instances`.';

/** Refuses what Identity Center would, and people in accounts where they have no business; one rule after another. */
export function validateIdentityCenter(scope: Construct, identityCenter: IdentityCenterProps, accounts: ScopedAccount[]): void {
  validateInstance(scope, identityCenter);
  const assignments = assignmentsOf(identityCenter);
  if (assignments.length === 0) {
    reject(scope, {
      prop: 'identityCenter.assignments',
      value: assignments,
      problem: 'nobody has access then',
      remedy: 'Give at least one assignment, or leave `identityCenter` out.',
    });
  }
  assignments.forEach((assignment, index) => validateAssignment(scope, `identityCenter.assignments[${index}]`, assignment, accounts));
  validatePermissionSets(scope, assignments.map(({ permissionSet }) => permissionSet));
  validateUnique(scope, 'identityCenter.assignments', assignments.flatMap(assignment => singleAssignments(assignment, accounts)).map(assignmentId),
    'group, permission set and account');
  validateExistingGroups(scope, identityCenter, assignments);
}

function validateInstance(scope: Construct, { instanceArn, identityStoreId }: IdentityCenterProps): void {
  validateMatch(scope, {
    prop: 'identityCenter.instanceArn',
    value: instanceArn,
    pattern: /^arn:aws(-[a-z]{1,5}){0,3}:sso:::instance\/(sso)?ins-[a-zA-Z0-9-.]{16}$/,
    problem: 'it is not the ARN of an instance of IAM Identity Center',
    remedy: COPY,
  });
  validateMatch(scope, {
    prop: 'identityCenter.identityStoreId',
    value: identityStoreId,
    pattern: /^(d-[0-9a-f]{10}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
    problem: 'it is not the id of an identity store, "d-" and 10 hexadecimal digits',
    remedy: COPY,
  });
}

function validateAssignment(scope: Construct, prop: string, assignment: AccessAssignment, accounts: ScopedAccount[]): void {
  const { group, permissionSet } = assignment;
  validateMatch(scope, {
    prop: `${prop}.group`,
    value: group,
    pattern: /^[\w +=,.@-]{1,128}$/,
    problem: 'it is not usable as the name of a group',
    remedy: 'Use 1 to 128 letters, digits, spaces and characters of "+=,.@_-".',
  });
  const missing = assignment.accounts._missing(accounts);
  if (missing.length) {
    const units = accounts.map(({ organizationalUnit }) => organizationalUnit?.name);
    const known = [...new Set([...accounts.map(({ name }) => name), ...units])].join(', ');
    reject(scope, {
      prop: `${prop}.accounts`,
      value: missing.join(', '),
      problem: 'no account of the landing zone has this name or is in this unit',
      remedy: `Give one of ${known}.`,
    });
  }
  if (permissionSet._workloadsOnly && singleAssignments(assignment, accounts).some(({ account }) => isManagement(account))) {
    reject(scope, {
      prop: `${prop}.accounts`,
      value: `${group}: ${permissionSet.name} in the management account`,
      problem: 'the management account runs no workloads, so nobody develops or releases there',
      remedy: 'Give `AccountScope.WORKLOADS` or less, or another permission set.',
    });
  }
}

function validatePermissionSets(scope: Construct, permissionSets: PermissionSet[]): void {
  const distinct = [...new Set(permissionSets)];
  for (const permissionSet of distinct) { validatePermissionSet(scope, permissionSet); }
  validateUnique(scope, 'identityCenter.assignments', distinct.map(({ name }) => name), 'name of a permission set');
}

function validatePermissionSet(scope: Construct, permissionSet: PermissionSet): void {
  const { name, description, sessionDuration } = permissionSet;
  const prop = `PermissionSet.custom("${name}")`;
  validateMatch(scope, {
    prop: `${prop}.name`,
    value: name,
    pattern: /^[\w+=,.@-]{1,32}$/,
    problem: 'it is not usable as the name of a permission set',
    remedy: 'Use 1 to 32 letters, digits and characters of "+=,.@_-".',
  });
  validateMatch(scope, {
    prop: `${prop}.description`,
    value: description,
    // as the API has it: tab, line breaks and the printable characters of Latin-1
    pattern: /^[\t\n\r\u0020-\u007E\u00A1-\u00FF]{1,700}$/,
    problem: 'it is not usable as the description of a permission set',
    remedy: 'Use 1 to 700 Western European characters.',
  });
  if (!sessionDuration.isUnresolved()) {
    validateRange(scope, { prop: `${prop}.sessionDuration`, value: sessionDuration.toHours({ integral: false }), min: 1, max: 12, unit: 'hours' });
  }
  validateRange(scope, {
    prop: `${prop}.managedPolicyNames`, value: permissionSet._managedPolicyNames.length, min: 0, max: MAX_MANAGED_POLICIES, unit: 'policies',
  });
  permissionSet._managedPolicyNames.forEach((value, index) => validateMatch(scope, {
    prop: `${prop}.managedPolicyNames[${index}]`,
    value,
    pattern: /^([\w.,+@=-]+\/)*[\w.,+=@-]+$/,
    problem: 'it is not the name of a managed policy of AWS',
    remedy: 'Give the name with its path and without the ARN, e.g. "job-function/ViewOnlyAccess".',
  }));
  validateInlinePolicy(scope, prop, permissionSet);
}

function validateInlinePolicy(scope: Construct, prop: string, permissionSet: PermissionSet): void {
  const principal = permissionSet._statements().find(statement => statement.hasPrincipal);
  if (principal) {
    reject(scope, {
      prop: `${prop}.statements`,
      value: principal.toStatementJson(),
      problem: 'the policy of a permission set has no principals',
      remedy: 'Leave the principals out: the group of the assignment is meant.',
    });
  }
  const document = permissionSet._inlinePolicy(ANY_TRAIL);
  if (!document && permissionSet._managedPolicyNames.length === 0) {
    reject(scope, {
      prop,
      value: permissionSet.name,
      problem: 'it allows nothing',
      remedy: 'Give `statements`, `managedPolicyNames` or `basedOn`.',
    });
  }
  // what is known at deployment only has no size yet; CloudFormation sends the document without white space
  const text = JSON.stringify(document ?? {});
  if (!isDeployTime(text) && text.length > MAX_POLICY_CHARACTERS) {
    reject(scope, {
      prop: `${prop}.statements`,
      value: `${text.length} characters`,
      problem: `the policy of a permission set has at most ${MAX_POLICY_CHARACTERS} characters`,
      remedy: 'Shorten the statements, those of `basedOn` included, or make two permission sets.',
    });
  }
}

function validateExistingGroups(scope: Construct, { existingGroups = {} }: IdentityCenterProps, assignments: AccessAssignment[]): void {
  for (const name of Object.keys(existingGroups).sort()) {
    if (!assignments.some(({ group }) => group === name)) {
      reject(scope, {
        prop: `identityCenter.existingGroups["${name}"]`,
        value: existingGroups[name],
        problem: 'no assignment has this group',
        remedy: `Give one of ${[...new Set(assignments.map(({ group }) => group))].join(', ')}.`,
      });
    }
    validateMatch(scope, {
      prop: `identityCenter.existingGroups["${name}"]`,
      value: existingGroups[name],
      pattern: /^([0-9a-f]{10}-)?[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}$/,
      problem: 'it is not the id of a group',
      remedy: 'Copy it from the output of `aws identitystore list-groups`.',
    });
  }
}

function arnOf(length: number): string {
  return 'arn:'.padEnd(length, '*');
}
