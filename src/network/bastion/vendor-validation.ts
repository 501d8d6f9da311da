import { IConstruct } from 'constructs';
import { DeveloperAccess } from './developer-access';
import { VendorAccess } from './vendor-access';
import { VendorTarget } from './vendor-target';
import { isDay, sameDayNextYear } from '../../private/calendar';
import { isDeployTime, reject, validateMatch, validateUnique } from '../../private/validation';

const NAME = /^[a-z][a-z0-9-]*$/;

/** Each target takes up to 180 of the 6,144 characters of a managed policy. */
const MAX_TARGETS = 20;

/** Refuses vendors and developers that IAM or Session Manager would refuse only at deployment, or that could never get in. */
export function validateAccess(scope: IConstruct, vendors: VendorAccess[], developers: DeveloperAccess[]): void {
  if (vendors.length + developers.length === 0) {
    reject(scope, {
      prop: 'vendors', value: vendors, problem: 'a bastion without vendors is of use to nobody', remedy: 'Name a vendor or developers, or remove the bastion.',
    });
  }
  validateUnique(scope, 'vendors[].name', vendors.map(vendor => vendor.name), 'name');
  validateUnique(scope, 'developers[].permissionSet', developers.map(({ permissionSet }) => permissionSet), 'permission set');
  vendors.forEach((vendor, index) => validateVendor(scope, `vendors[${index}]`, vendor));
  developers.forEach((access, index) => validateDevelopers(scope, `developers[${index}]`, access, vendors));
}

function validateVendor(scope: IConstruct, prop: string, access: VendorAccess): void {
  validateName(scope, `${prop}.name`, access.name);
  validateMatch(scope, {
    prop: `${prop}.principalArn`,
    value: access.principalArn,
    pattern: /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/,
    problem: 'it is not the ARN of an IAM role or user',
    remedy: 'Give the one that the vendor signs in with, such as "arn:aws:iam::444455556666:role/support"; a whole account is too wide.',
  });
  validateMatch(scope, {
    prop: `${prop}.externalId`,
    value: access.externalId,
    pattern: /^[\w+=,.@:/-]{2,1224}$/,
    problem: 'an external id has 2 to 1224 letters, digits or characters of "+=,.@:/-_"',
    remedy: 'Agree upon one with the vendor.',
  });
  validatePeriod(scope, prop, access);
  validateTargets(scope, prop, access.targets, 'a vendor');
}

function validateDevelopers(scope: IConstruct, prop: string, { permissionSet, targets }: DeveloperAccess, vendors: VendorAccess[]): void {
  if (isDeployTime(permissionSet) || !/^[\w+=,.@-]{1,32}$/.test(permissionSet)) {
    reject(scope, {
      prop: `${prop}.permissionSet`,
      value: permissionSet,
      problem: 'the name of a permission set has 1 to 32 letters, digits or characters of "+=,.@-_"',
      remedy: 'Give the name that Identity Center shows, such as "InnovateDeveloper".',
    });
  }
  if (vendors.some(({ name }) => name === permissionSet)) {
    reject(scope, { prop: `${prop}.permissionSet`, value: permissionSet, problem: 'a vendor has this name', remedy: 'Give the vendor another name.' });
  }
  validateTargets(scope, prop, targets, 'a permission set');
}

function validateTargets(scope: IConstruct, prop: string, targets: VendorTarget[], who: string): void {
  if (targets.length === 0) {
    reject(scope, { prop: `${prop}.targets`, value: targets, problem: `${who} without targets can reach nothing`, remedy: 'Add a VendorTarget.' });
  }
  validateUnique(scope, `${prop}.targets[].name`, targets.map(target => target.name), 'name');
  if (targets.length > MAX_TARGETS) {
    reject(scope, {
      prop: `${prop}.targets.length`, value: targets.length, problem: `a policy has room for ${MAX_TARGETS}`, remedy: 'Give the rest to a second entry.',
    });
  }
  targets.forEach((target, index) => validateTarget(scope, `${prop}.targets[${index}]`, target));
}

function validateTarget(scope: IConstruct, prop: string, target: VendorTarget): void {
  validateName(scope, `${prop}.name`, target.name);
  const host = { prop: `${prop}.host`, value: target.address };
  validateMatch(scope, {
    ...host, pattern: /^[\w.-]+$/, problem: 'it is neither a DNS name nor an IPv4 address', remedy: 'Give the host alone, without scheme and port.',
  });
  validateMatch(scope, {
    ...host,
    pattern: /^(?!localhost\.?$|localhost\.localdomain|instance-data|\d+$|0x|0\.|127\.|169\.254\.)/i,
    problem: 'it is the bastion itself, whose credentials a vendor could read there',
    remedy: 'Give a host of the network.',
  });
  validatePort(scope, `${prop}.port`, target.port);
  target._validate(scope, prop);
}

/** Synthesis reads no clock: how long an access lasts is judged from its first day. */
function validatePeriod(scope: IConstruct, prop: string, { accessFrom, accessUntil }: VendorAccess): void {
  validateDay(scope, `${prop}.accessUntil`, accessUntil, 'last');
  validateDay(scope, `${prop}.accessFrom`, accessFrom, 'first');
  if (isDeployTime(accessFrom) || isDeployTime(accessUntil)) { return; }
  const last = { prop: `${prop}.accessUntil`, value: accessUntil };
  if (accessUntil < accessFrom) {
    reject(scope, { ...last, problem: `the access begins only on ${accessFrom}`, remedy: 'Give a last day that is not before `accessFrom`, or remove the vendor.' });
  }
  const latest = sameDayNextYear(accessFrom);
  if (accessUntil > latest) {
    reject(scope, {
      ...last, problem: `that is over a year after ${accessFrom}`, remedy: `Give a day up to ${latest}, and renew the access when it ends.`,
    });
  }
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

function validateDay(scope: IConstruct, prop: string, value: string, which: string): void {
  if (isDeployTime(value) || isDay(value)) { return; }
  reject(scope, { prop, value, problem: 'it is not a day of the calendar', remedy: `Give the ${which} day as "YYYY-MM-DD", such as "2027-03-31".` });
}
