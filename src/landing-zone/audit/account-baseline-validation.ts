import { Construct } from 'constructs';
import { AccountBaselineProps } from './account-baseline';
import { ProtectionPlan } from './protection-plan';
import { SecurityStandard } from './security-standard';
import { daysOf } from '../../private/days';
import { reject, validateMatch, validateRange, validateUnique } from '../../private/validation';

/** Refuses props of an account's baseline, one rule after another. */
export function validateAccountBaseline(scope: Construct, props: AccountBaselineProps): void {
  const { services, protectionPlans = [], securityStandards = [], furtherRegion, createConfigRole } = props;
  if (services?.length === 0) {
    reject(scope, {
      prop: 'services', value: services, problem: 'a baseline without services protects nothing', remedy: 'Give at least one `SecurityService`.',
    });
  }
  validateUnique(scope, 'services', (services ?? []).map(service => service.name), 'name');
  validateProtectionPlans(scope, protectionPlans);
  validateSecurityStandards(scope, securityStandards);
  validateRange(scope, { prop: 'configRetention', value: daysOf(props.configRetention), min: 365, max: 36500, step: 1, unit: 'days' });
  validateRange(scope, { prop: 'unusedAccessAge', value: daysOf(props.unusedAccessAge), min: 1, max: 365, step: 1, unit: 'days' });
  props.vaultLock?._validate(scope, 'vaultLock');
  if (furtherRegion && createConfigRole) {
    reject(scope, {
      prop: 'createConfigRole',
      value: true,
      problem: 'with `furtherRegion` the baseline of the first region has made the role already',
      remedy: 'Leave one of the two out.',
    });
  }
}

function validateProtectionPlans(scope: Construct, plans: ProtectionPlan[]): void {
  validateUnique(scope, 'protectionPlans', plans.map(plan => plan.name), 'name');
  plans.forEach(({ name }, index) => {
    const prop = `protectionPlans[${index}].name`;
    validateMatch(scope, {
      prop, value: name, pattern: /^[A-Z][A-Z0-9_]*$/, problem: 'GuardDuty has no feature of such a name', remedy: 'Give a name such as "S3_DATA_EVENTS".',
    });
    if (name === 'EKS_RUNTIME_MONITORING') {
      reject(scope, { prop, value: name, problem: 'GuardDuty refuses it beside its successor', remedy: 'Give `ProtectionPlan.RUNTIME`, which includes it.' });
    }
  });
}

function validateSecurityStandards(scope: Construct, standards: SecurityStandard[]): void {
  validateUnique(scope, 'securityStandards', standards.map(standard => standard.name), 'name');
  standards.forEach(({ name }, index) => validateMatch(scope, {
    prop: `securityStandards[${index}].name`,
    value: name,
    pattern: /^[a-z0-9-]+\/v\/\d+(\.\d+)*$/,
    problem: 'it is not the end of the ARN of a standard',
    remedy: 'Give what follows `standards/` in the output of `aws securityhub describe-standards`, such as "nist-800-53/v/5.0.0".',
  }));
}
