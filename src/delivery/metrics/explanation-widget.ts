import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

const EXPLANATION = `**How releases go**, after the four measures of [DORA](https://dora.dev/guides/dora-metrics-four-keys/). Change the range of time to look back further.

| | counts |
| --- | --- |
| releases | how many reached the environment and stayed |
| lead time | from the commit to the end of its release, in the median |
| failed changes | of the releases that got as far as to be deployed, those that failed or were taken back |
| time to restore | from the first release that failed to the next that succeeded, or to the end of the rollback, in the median |`;

/** What the measures mean. */
export function explanationWidget(): cloudwatch.IWidget {
  return new cloudwatch.TextWidget({ markdown: EXPLANATION, width: 24, height: 5 });
}
