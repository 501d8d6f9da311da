/**
 * What Security Hub CSPM checks an account against.
 *
 * @example
 * import { AccountBaseline, SecurityStandard } from 'cdk-innovate-platform';
 *
 * new AccountBaseline(this, 'Baseline', {
 *   securityStandards: [SecurityStandard.FOUNDATIONAL, SecurityStandard.of('pci-dss/v/4.0.1')],
 * });
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/standards-reference.html
 */
export class SecurityStandard {
  /** AWS Foundational Security Best Practices. */
  public static readonly FOUNDATIONAL = new SecurityStandard('aws-foundational-security-best-practices/v/1.0.0');

  /** CIS AWS Foundations Benchmark 5.0.0. */
  public static readonly CIS = new SecurityStandard('cis-aws-foundations-benchmark/v/5.0.0');

  /**
   * Another standard.
   *
   * @param name the end of the standard's ARN, after `standards/`, e.g. `nist-800-53/v/5.0.0`
   */
  public static of(name: string): SecurityStandard {
    return new SecurityStandard(name);
  }

  private constructor(
    /** The end of the standard's ARN, after `standards/`. */
    public readonly name: string,
  ) {}
}
