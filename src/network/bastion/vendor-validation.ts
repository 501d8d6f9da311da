import { IConstruct } from 'constructs';
import { VendorAccess } from './vendor-access';
import { isDeployTime, reject, validateMatch, validateUnique } from '../../private/validation';

const NAME = /^[a-z][a-z0-9-]*$/;

/** Refuses vendors that IAM or Session Manager would refuse only at deployment, or that could never get in. */
export function validateVendors(scope: IConstruct, vendors: VendorAccess[]): void {
  if (vendors.length === 0) {
    reject(scope, { prop: 'vendors', value: vendors, problem: 'a bastion without vendors is of use to nobody', remedy: 'Name a vendor, or remove the bastion.' });
  }
  validateUnique(scope, 'vendors[].name', vendors.map(vendor => vendor.name), 'name');
  vendors.forEach((vendor, index) => validateVendor(scope, `vendors[${index}]`, vendor));
}

function validateVendor(scope: IConstruct, prop: string, { name, principalArn, externalId, accessUntil, targets }: VendorAccess): void {
  validateName(scope, `${prop}.name`, name);
  validateMatch(scope, {
    prop: `${prop}.principalArn`,
    value: principalArn,
    pattern: /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/,
    problem: 'it is not the ARN of an IAM role or user',
    remedy: 'Give the one that the vendor signs in with, such as "arn:aws:iam::444455556666:role/support"; a whole account is too wide.',
  });
  validateMatch(scope, {
    prop: `${prop}.externalId`,
    value: externalId,
    pattern: /^[\w+=,.@:/-]{2,1224}$/,
    problem: 'an external id has 2 to 1224 letters, digits or characters of "+=,.@:/-_"',
    remedy: 'Agree upon one with the vendor.',
  });
  validateDay(scope, `${prop}.accessUntil`, accessUntil);
  if (targets.length === 0) {
    reject(scope, { prop: `${prop}.targets`, value: targets, problem: 'a vendor without targets can reach nothing', remedy: 'Add a VendorTarget.' });
  }
  validateUnique(scope, `${prop}.targets[].name`, targets.map(target => target.name), 'name');
  targets.forEach((target, index) => {
    validateName(scope, `${prop}.targets[${index}].name`, target.name);
    validateMatch(scope, {
      prop: `${prop}.targets[${index}].host`,
      value: target.address,
      pattern: /^[\w.-]+$/,
      problem: 'it is neither a DNS name nor an IPv4 address',
      remedy: 'Give the host alone, without scheme and port.',
    });
    validatePort(scope, `${prop}.targets[${index}].port`, target.port);
  });
}

/** A name is part of construct ids, so it is known at synthesis. */
function validateName(scope: IConstruct, prop: string, value: string): void {
  if (isDeployTime(value) || !NAME.test(value)) {
    reject(scope, { prop, value, problem: 'a name has lower-case letters, digits and hyphens and starts with a letter', remedy: 'Give a name such as "acme-payments".' });
  }
}

function validatePort(scope: IConstruct, prop: string, value: number): void {
  if (isDeployTime(value) || (Number.isInteger(value) && value >= 1 && value <= 65535)) { return; }
  reject(scope, { prop, value, problem: 'it is not a TCP port', remedy: 'Give a whole number from 1 to 65535.' });
}

function validateDay(scope: IConstruct, prop: string, value: string): void {
  if (isDeployTime(value) || isDay(value)) { return; }
  reject(scope, { prop, value, problem: 'it is not a day of the calendar', remedy: 'Give the last day as "YYYY-MM-DD", such as "2027-03-31".' });
}

function isDay(value: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}
