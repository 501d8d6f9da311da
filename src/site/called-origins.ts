/** Where the pages of a site send requests to. */
export interface CalledOrigins {
  /** What the user names besides the policy. */
  readonly connectSources: string[];
  /** Origins besides the site itself that the site's own parts call. */
  readonly required: string[];
  /** The site's name. @default - one that CloudFront gives */
  readonly domainName?: string;
}
