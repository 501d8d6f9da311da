import { explain } from '../../private/validation';
import { ImageGate } from '../build/image-gate';

/** How bad a finding is, as ECR says. */
export enum FindingSeverity {
  /** Low and worse. */
  LOW = 'LOW',
  /** Medium and worse. */
  MEDIUM = 'MEDIUM',
  /** High and critical. */
  HIGH = 'HIGH',
  /** Critical only. */
  CRITICAL = 'CRITICAL',
}

/** Which findings stop a release. */
export interface ImageScanOptions {
  /**
   * The mildest finding that stops a release.
   *
   * @default FindingSeverity.CRITICAL
   */
  readonly stopsAt?: FindingSeverity;
  /**
   * Findings that somebody has looked at and lives with, by their ids: `CVE-2025-12345`.
   *
   * @default - none
   */
  readonly acceptedFindings?: string[];
}

/**
 * What an image's scan means for its release. ECR scans the image once it is pushed, whatever its architecture; where the account has
 * enhanced scanning, the findings are those of Amazon Inspector. An image that cannot be scanned is not released.
 *
 * @example
 * import { FindingSeverity, ImageScan } from 'cdk-innovate-platform';
 *
 * const strict = ImageScan.findings({ stopsAt: FindingSeverity.HIGH, acceptedFindings: ['CVE-2025-12345'] });
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html
 */
export class ImageScan {
  /**
   * Findings stop a release.
   *
   * @throws where an accepted finding has no id
   */
  public static findings(options: ImageScanOptions = {}): ImageScan {
    for (const [index, value] of (options.acceptedFindings ?? []).entries()) {
      if (/^[A-Z]{2,}[A-Z0-9]*-[A-Za-z0-9-]+$/.test(value)) { continue; }
      throw new Error(explain({
        prop: `acceptedFindings[${index}]`, value, problem: 'it is not the id of a finding', remedy: 'Give the name that ECR shows, such as "CVE-2025-12345".',
      }));
    }
    return new ImageScan(options);
  }

  /** Images are scanned, and whatever is found stops nothing. */
  public static none(): ImageScan {
    return new ImageScan(undefined);
  }

  private constructor(private readonly options: ImageScanOptions | undefined) {}

  /**
   * What stops a release; undefined where nothing does.
   *
   * @internal
   */
  public _bind(): ImageGate | undefined {
    if (!this.options) { return undefined; }
    const all = Object.values(FindingSeverity);
    const { stopsAt = FindingSeverity.CRITICAL, acceptedFindings = [] } = this.options;
    return { severities: all.slice(all.indexOf(stopsAt)), accepted: [...acceptedFindings].sort() };
  }
}
