/** The path of the roles that developers take at a bastion: what a permission set has to be allowed to take. */
export const DEVELOPER_ROLE_PATH = '/bastion-developers/';
