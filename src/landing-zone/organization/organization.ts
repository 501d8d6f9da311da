/** An organization that exists. */
export interface OrganizationAttributes {
  /** The organization's id, e.g. `o-exampleorgid`. */
  readonly organizationId: string;

  /** The id of its root, e.g. `r-exam`. */
  readonly rootId: string;

  /**
   * The id of a unit in which the landing zone makes its units, e.g. `ou-exam-12345678`.
   *
   * @default - a new unit called Workloads, in the root
   */
  readonly workloadsUnitId?: string;
}
