import { Duration } from 'aws-cdk-lib';

/**
 * How many requests of a kind one address may make.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
 */
export interface FirewallRateLimit {
  /** Names the rule and its metric, such as `Login`: a letter, then letters and digits. */
  readonly name: string;

  /** Requests that one address may make in the window before further ones are blocked, from 10 to 2,000,000,000. */
  readonly limit: number;

  /**
   * The time that is looked back on: 1, 2, 5 or 10 minutes.
   *
   * @default Duration.minutes(5)
   */
  readonly window?: Duration;

  /**
   * Beginnings of the paths that count, such as `/api/login`. Other spellings of them count too: upper case, percent-encoded, `//`, `/../`.
   *
   * @default - every path
   */
  readonly paths?: string[];

  /**
   * HTTP methods that count, such as `POST`.
   *
   * @default - every method
   */
  readonly methods?: string[];
}
