/** Whom AWS calls about the security of an account. */
export interface AlternateContact {
  /** Name of the person or the team. */
  readonly name: string;
  /** Title or role, e.g. `Head of Security`. */
  readonly title: string;
  /** E-mail address, best one that several people read. */
  readonly email: string;
  /** Telephone number: digits, spaces, and `+ - ( )`. */
  readonly phone: string;
}
