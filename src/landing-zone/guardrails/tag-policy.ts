import { assign } from './declarative-policies';
import { GuardrailContext } from './guardrail-context';
import { validateMatch } from '../../private/validation';
import { COST_ALLOCATION_TAGS } from '../account-names';

/**
 * How the tags are written that costs are told apart by.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html
 */
export function costAllocationTags({ scope }: GuardrailContext, enforcedFor: string[]): object {
  enforcedFor.forEach((value, index) => validateMatch(scope, {
    prop: `enforcedFor[${index}]`,
    value,
    pattern: /^[a-z\d-]+:(?:[\w/-]+|\*)$/,
    problem: 'it is not a resource type of tag policies',
    remedy: 'Give a service and a type such as "ec2:instance".',
  }));
  const enforcement = enforcedFor.length ? { enforced_for: assign([...enforcedFor].sort()) } : {};
  return { tags: Object.fromEntries(COST_ALLOCATION_TAGS.map(tag => [tag.toLowerCase(), { tag_key: assign(tag), ...enforcement }])) };
}
