import * as wafv2 from 'aws-cdk-lib/aws-wafv2';

type RuleAction = wafv2.CfnWebACL.RuleActionProperty;

const JSON_BODIES: Readonly<Record<string, string>> = {
  TooManyRequests: 'Too many requests. Try again later.',
  BodyTooLarge: 'The body of the request is too large.',
  Blocked: 'The request was blocked.',
};

/** What a client reads that a rule blocked. A rule that AWS adds to a group answers with the page of the guarded resource until this library knows it. */
export const BLOCKED_BODIES: Readonly<Record<string, wafv2.CfnWebACL.CustomResponseBodyProperty>> = Object.fromEntries(
  Object.entries(JSON_BODIES).map(([key, message]) => [key, { contentType: 'APPLICATION_JSON', content: JSON.stringify({ message }) }]),
);

/** Blocks with a status that tells an app why. */
export const BLOCK: RuleAction = { block: { customResponse: { responseCode: 403, customResponseBodyKey: 'Blocked' } } };
export const BLOCK_LARGE_BODY: RuleAction = { block: { customResponse: { responseCode: 413, customResponseBodyKey: 'BodyTooLarge' } } };

/** Blocks until the window has passed. */
export function blockUntil(seconds: number): RuleAction {
  return {
    block: {
      customResponse: {
        responseCode: 429, customResponseBodyKey: 'TooManyRequests', responseHeaders: [{ name: 'retry-after', value: String(seconds) }],
      },
    },
  };
}
