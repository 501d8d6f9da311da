/** Names that the organization's policies and an account's own stack have to agree on before either exists. */

/** The vault that the organization's backup policy writes to. */
export const BACKUP_VAULT_NAME = 'innovate-landing-zone';

/** The role that AWS Backup takes in each account for the organization's backup policy. */
export const BACKUP_ROLE_NAME = 'innovate-landing-zone-backup';

/** A resource with this tag is under the organization's backup policy. */
export const BACKUP_TAG = { key: 'innovate:backup', value: 'daily' };

/** What costs are told apart by. */
export const COST_ALLOCATION_TAGS = ['innovate:environment', 'innovate:platform'];
