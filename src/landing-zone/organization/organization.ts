/** An organization that exists. */
export interface OrganizationAttributes {
  /** The organization's id, e.g. `o-exampleorgid`. */
  readonly organizationId: string;

  /** The id of its root, e.g. `r-exam`. */
  readonly rootId: string;
}
