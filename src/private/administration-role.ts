/** The role that Organizations makes in every account it creates, for the management account only. */
export const ADMINISTRATION_ROLE = 'OrganizationAccountAccessRole';
