import { IConstruct } from 'constructs';
import { InnovatePlatformProps } from './innovate-platform';
import { PlatformDevelopers } from './platform-developers';
import { PlatformEnvironment } from './platform-environment';
import { PlatformVendor } from './platform-vendor';
import { BranchingStrategy, EnvironmentKind } from '../delivery/github/branching-strategy';
import { PermissionSet } from '../landing-zone/access/permission-set';
import { PrivateEndpoint } from '../network/vpc/private-endpoint';
import { overlaps, parseCidr, validatePrivateCidr } from '../private/cidr';
import { isDeployTime, reject, validateAccountId, validateEmail, validateMatch, validateRange, validateRegion, validateUnique } from '../private/validation';

const MOST_USD = 100_000_000;

/** Everything that can be known to be wrong before the first stack exists. */
export function validatePlatform(scope: IConstruct, props: InnovatePlatformProps): void {
  const { management, environments, alerts } = props;
  validateAccountId(scope, 'management.account', management.account);
  validateRegion(scope, 'management.region', management.region);
  validateEmail(scope, 'alerts.email', alerts.email);
  if (environments.length === 0) {
    reject(scope, {
      prop: 'environments', value: environments, problem: 'a platform has at least one environment',
      remedy: 'Give PlatformEnvironment.staging({…}) and PlatformEnvironment.production({…}).',
    });
  }
  environments.forEach((environment, index) => {
    const prop = (name: string) => `environments[${index}].${name}`;
    validateMatch(scope, {
      prop: prop('name'), value: environment.name, pattern: /^[a-z][a-z0-9-]{0,18}[a-z0-9]$/, problem: 'it becomes part of DNS names and ids',
      remedy: 'Use 2 to 20 lower-case letters, digits and hyphens, starting with a letter, such as "staging".',
    });
    validateAccountId(scope, prop('account'), environment.account);
    validateEmail(scope, prop('accountEmail'), environment.accountEmail);
    if (environment.account === undefined && environment.accountEmail === undefined) {
      reject(scope, {
        prop: prop('account'), value: environment.account, problem: `"${environment.name}" has no account to live in`,
        remedy: 'Give the id of an account, or `accountEmail` for one that the landing zone creates.',
      });
    }
    validateRegion(scope, prop('region'), environment.region);
    validateRange(scope, { prop: prop('monthlyNodeBudget'), value: environment.monthlyNodeBudget, min: 1, max: MOST_USD, unit: 'US dollars' });
    validateRange(scope, { prop: prop('monthlyAccountBudget'), value: environment.monthlyAccountBudget, min: 1, max: MOST_USD, unit: 'US dollars' });
    validateRange(scope, { prop: prop('maxAzs'), value: environment.maxAzs, min: 2, max: 6, unit: 'zones', step: 1 });
    if (environment.cidr === undefined) {
      reject(scope, {
        prop: prop('cidr'), value: environment.cidr, problem: `the environment "${environment.name}" needs a network range of its own`,
        remedy: 'Give a private range that no other environment has, such as "10.48.0.0/16".',
      });
    }
    validatePrivateCidr(scope, prop('cidr'), environment.cidr, 16, 20);
    if (environment.network?.internetGateway === false) {
      reject(scope, {
        prop: prop('network.internetGateway'), value: false, problem: 'CloudFront reaches the load balancer through a VPC origin, which needs one',
        remedy: 'Leave it out: no route leads to it.',
      });
    }
    validateWaysOut(scope, prop('network'), environment, props);
    validateDatabases(scope, prop, environment);
    if (environment.account === management.account && !isDeployTime(management.account)) {
      reject(scope, {
        prop: prop('account'), value: environment.account, problem: 'that is the management account, which runs no workloads',
        remedy: 'Give the environment an account of its own.',
      });
    }
    if (environment.isProduction && environment.account !== undefined && !(environment.domain ?? props.domain)) {
      reject(scope, {
        prop: prop('domain'), value: environment.domain, problem: `"${environment.name}" serves customers and has no domain`,
        remedy: 'Give the platform or the environment `domain: PlatformDomain.hostedZone({ hostedZoneId, zoneName })`.',
      });
    }
  });
  validateUnique(scope, 'environments[].name', environments.map(environment => environment.name), 'name');
  validateUnique(scope, 'environments[].account', environments.flatMap(environment => environment.account ?? []), 'account');
  validateUnique(scope, 'environments[].accountEmail', environments.flatMap(environment => environment.accountEmail?.toLowerCase() ?? []), 'e-mail address');
  validateUnique(scope, 'environments[].branch', environments.map(environment => environment.branch), 'branch');
  validateBranches(scope, props);
  validateNoOverlap(scope, props);
  validateAccess(scope, props);
}

/** What an environment is and what its branch deploys to have to be the same. */
function validateBranches(scope: IConstruct, { environments, branching = BranchingStrategy.simplifiedGitFlow() }: InnovatePlatformProps): void {
  environments.forEach(({ name, branch, isProduction }, index) => {
    const prop = `environments[${index}].branch`;
    if (branching.isChecksOnly(branch)) {
      reject(scope, {
        prop, value: branch, problem: '`branching` checks such branches and never deploys them',
        remedy: `Give "${name}" a branch of its own, or one of ${branching.deployedBranches.map(deployed => `"${deployed}"`).join(', ')}.`,
      });
    }
    const kind = branching.deploysTo(branch);
    if (kind !== undefined && (kind === EnvironmentKind.PRODUCTION) !== isProduction) {
      reject(scope, {
        prop, value: branch, problem: `by \`branching\` it deploys to ${kind}, and "${name}" is ${isProduction ? 'production' : 'not production'}`,
        remedy: 'Give the environment another branch, or the platform a `branching` in which this one has the other kind.',
      });
    }
  });
}

/** Id of the database that every environment begins with. */
export const FIRST_DATABASE = 'Database';

function validateDatabases(scope: IConstruct, prop: (name: string) => string, { restoredDatabases, retiredDatabases }: PlatformEnvironment): void {
  const ids = [FIRST_DATABASE, ...restoredDatabases.map(({ id }) => id)];
  for (const { id } of restoredDatabases) {
    validateMatch(scope, {
      prop: prop('restoredDatabases[].id'), value: id, pattern: /^[A-Z][A-Za-z0-9]{0,30}$/, problem: 'it becomes part of the cluster\'s name',
      remedy: 'Give letters and digits that begin with a capital letter, such as "Database2".',
    });
  }
  validateUnique(scope, prop('restoredDatabases[].id'), ids, 'id');
  for (const value of retiredDatabases) {
    if (ids.slice(0, -1).includes(value)) { continue; }
    reject(scope, {
      prop: prop('retiredDatabases'), value, problem: ids.includes(value) ? 'it is the database in use' : 'there is no database of this id',
      remedy: ids.length > 1 ? `Name one of ${ids.slice(0, -1).join(', ')}.` : 'Restore another one first.',
    });
  }
}

/** What the cluster, the bastion and CloudFront cannot do without. */
function validateWaysOut(scope: IConstruct, prop: string, environment: PlatformEnvironment, props: InnovatePlatformProps): void {
  const { natGateways, endpoints = [], blockPublicAccess } = environment.network ?? {};
  if (blockPublicAccess?._closesVpc) {
    reject(scope, {
      prop: `${prop}.blockPublicAccess`, value: 'excludeVpc: false', problem: 'it has to be assumed to stop CloudFront\'s VPC origin, the only way to the API',
      remedy: 'Leave `excludeVpc` out, or give `VpcBlockPublicAccess.exclusion()`.',
    });
  }
  if (natGateways === undefined || natGateways._leaves) { return; }
  const entries = [...props.vendors ?? [], ...props.developers ?? []];
  const needed = [...PrivateEndpoint.forPrivateCluster(), ...entries.some(entry => mayEnter(entry, environment)) ? PrivateEndpoint.forSessionManager() : []];
  const missing = [...new Set(needed)].filter(endpoint => !endpoints.includes(endpoint)).map(({ name }) => name);
  if (missing.length > 0) {
    reject(scope, {
      prop: `${prop}.endpoints`, value: endpoints.map(({ name }) => name), problem: `without NAT gateways nothing reaches ${missing.join(', ')}`,
      remedy: 'Give `PrivateEndpoint.forPrivateCluster()`, and `PrivateEndpoint.forSessionManager()` where vendors or developers enter.',
    });
  }
}

/** Whether a vendor or developers may enter an environment. */
export function mayEnter({ environments }: { environments?: string[] }, { name, isProduction }: PlatformEnvironment): boolean {
  return environments?.includes(name) ?? !isProduction;
}

function validateNoOverlap(scope: IConstruct, { environments }: InnovatePlatformProps): void {
  environments.forEach((environment, index) => environments.slice(0, index).forEach((earlier) => {
    const [range, other] = [parseCidr(environment.cidr!), parseCidr(earlier.cidr!)];
    if (range && other && overlaps(range, other)) {
      reject(scope, {
        prop: `environments[${index}].cidr`, value: environment.cidr, problem: `it overlaps ${earlier.cidr} of "${earlier.name}"`,
        remedy: 'Give each environment a range of its own, so that they can be connected one day.',
      });
    }
  }));
}

function validateAccess(scope: IConstruct, { vendors = [], developers = [], environments }: InnovatePlatformProps): void {
  validateUnique(scope, 'vendors[].name', vendors.map(vendor => vendor.name), 'name');
  vendors.forEach((vendor, index) => validateEntry(scope, `vendors[${index}]`, vendor, environments));
  developers.forEach((access, index) => {
    validateEntry(scope, `developers[${index}]`, access, environments);
    validatePermissionSet(scope, `developers[${index}].permissionSet`, access);
  });
  for (const environment of environments) {
    const entering = developers.filter(access => mayEnter(access, environment)).map(({ permissionSet = PermissionSet.DEVELOPER }) => permissionSet.name);
    validateUnique(scope, `developers[].permissionSet of "${environment.name}"`, entering, 'permission set');
  }
}

function validateEntry(scope: IConstruct, prop: string, { targets, environments }: PlatformVendor | PlatformDevelopers, existing: PlatformEnvironment[]): void {
  const known = existing.map(({ name }) => JSON.stringify(name)).join(', ');
  if (targets.length === 0) {
    reject(scope, { prop: `${prop}.targets`, value: targets, problem: 'whoever reaches nothing needs no access', remedy: 'Add a PlatformTarget, or remove the entry.' });
  }
  if (environments?.length === 0) {
    reject(scope, { prop: `${prop}.environments`, value: environments, problem: 'that is access to nothing', remedy: `Name one of ${known}, or leave it out.` });
  }
  for (const value of environments ?? []) {
    if (existing.some(({ name }) => name === value)) { continue; }
    reject(scope, { prop: `${prop}.environments`, value, problem: 'there is no environment of this name', remedy: `Name one of ${known}.` });
  }
}

function validatePermissionSet(scope: IConstruct, prop: string, { permissionSet = PermissionSet.DEVELOPER }: PlatformDevelopers): void {
  if (permissionSet._mayTakeRoles) { return; }
  reject(scope, {
    prop, value: permissionSet.name, problem: 'nobody with it may take a role of the bastion',
    remedy: 'Allow `sts:AssumeRole` on "arn:aws:iam::*:role/bastion-developers/*" in a PermissionSet.custom(), or give PermissionSet.DEVELOPER.',
  });
}
