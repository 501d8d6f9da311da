import { Keys } from './keys';
import { StackResource } from '../stack-resources';

/** What a store is encrypted with. */
export interface KeyFinding {
  /**
   * `customer`: a key of the account that CloudFormation names; `aws`: one that AWS holds; `open`: only a deployment knows which one;
   * `none`: no property asks for encryption with any.
   */
  readonly kind: 'customer' | 'aws' | 'open' | 'none';
  /** Which one, or why that cannot be said. */
  readonly name?: string;
}

export const NO_KEY: KeyFinding = { kind: 'none' };

/** One thing that data lies in, and the key that the template gives it. */
export interface Store {
  readonly store: string;
  readonly key: KeyFinding;
}

/** One way that data takes. */
export interface Hop {
  readonly from: string;
  readonly to: string;
  /** Absent where no property asks for encryption. */
  readonly protocol?: string;
  /** Whose certificate is shown; absent where the template names none. */
  readonly certificate?: string;
}

/** What a resource keeps and sends, as its properties say. */
export interface Findings {
  readonly stores?: Store[];
  readonly hops?: Hop[];
}

export type EncryptionRule = (resource: StackResource, keys: Keys) => Findings;
