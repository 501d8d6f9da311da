import { assign } from './declarative-policies';
import { GuardrailContext } from './guardrail-context';
import { BACKUP_ROLE_NAME, BACKUP_TAG, BACKUP_VAULT_NAME } from '../account-names';

/**
 * One plan: every day, kept for 35 days, in every permitted region; numbers are strings, as in the examples of AWS.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html
 */
export function dailyBackups({ partition, permittedRegions }: GuardrailContext): object {
  return {
    plans: {
      'innovate-daily': {
        regions: assign([...permittedRegions].sort()),
        rules: {
          daily: {
            schedule_expression: assign('cron(0 3 ? * * *)'),
            start_backup_window_minutes: assign('60'),
            complete_backup_window_minutes: assign('480'),
            target_backup_vault_name: assign(BACKUP_VAULT_NAME),
            lifecycle: { delete_after_days: assign('35') },
          },
        },
        selections: {
          tags: {
            tagged: {
              // Organizations puts each account's own id for `$account`
              iam_role_arn: assign(`arn:${partition}:iam::$account:role/${BACKUP_ROLE_NAME}`),
              tag_key: assign(BACKUP_TAG.key),
              tag_value: assign([BACKUP_TAG.value]),
            },
          },
        },
      },
    },
  };
}
