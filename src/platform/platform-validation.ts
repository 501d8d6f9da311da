import { IConstruct } from 'constructs';
import { InnovatePlatformProps } from './innovate-platform';
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
    for (const name of ['minDatabaseCapacity', 'maxDatabaseCapacity'] as const) {
      validateRange(scope, { prop: prop(name), value: environment[name], min: 0.5, max: 256, unit: 'ACU', step: 0.5 });
    }
    if (environment.minDatabaseCapacity > environment.maxDatabaseCapacity) {
      reject(scope, {
        prop: prop('minDatabaseCapacity'), value: environment.minDatabaseCapacity,
        problem: `\`maxDatabaseCapacity\` is ${environment.maxDatabaseCapacity}`, remedy: 'Give a least capacity that is not above the most.',
      });
    }
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
  validateNoOverlap(scope, props);
  validateAccess(scope, props);
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
  const known = environments.map(environment => environment.name);
  const validateEnvironments = (prop: string, names: string[] = []) => names.filter(name => !known.includes(name)).forEach(name => reject(scope, {
    prop, value: name, problem: 'there is no environment of this name', remedy: `Name one of ${known.map(each => JSON.stringify(each)).join(', ')}.`,
  }));
  vendors.forEach((vendor, index) => validateEnvironments(`vendors[${index}].environments`, vendor.environments));
  developers.forEach((access, index) => validateEnvironments(`developers[${index}].environments`, access.environments));
}
