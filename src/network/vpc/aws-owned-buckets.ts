import { Fn, Stack } from 'aws-cdk-lib';

/** Objects of the buckets that hosts of a VPC read and that are of no account of the user: in the region that is given. */
export function foreignBucketObjects(stack: Stack): string[] {
  return bucketNames(stack.region).map(bucket => `arn:${stack.partition}:s3:::${bucket}/*`);
}

/** Where custom resources and hosts tell CloudFormation that they are done, by an address that it has signed. */
export function deploymentAnswers(stack: Stack): string[] {
  const region = Fn.join('', Fn.split('-', stack.region));
  return [`cloudformation-custom-resource-response-${region}`, `cloudformation-waitcondition-${stack.region}`]
    .map(bucket => `arn:${stack.partition}:s3:::${bucket}/*`);
}

/** @see https://github.com/aws-samples/data-perimeter-policy-examples */
function bucketNames(region: string): string[] {
  return [
    // layers of images in ECR
    `prod-${region}-starport-layer-bucket`,
    // packages of Amazon Linux
    `al2023-${region}`,
    `al2023-repos-${region}-de612dc2`,
    `amazonlinux-2-repos-${region}`,
    `amazonlinux.${region}.amazonaws.com`,
    `packages.${region}.amazonaws.com`,
    `repo.${region}.amazonaws.com`,
    // Systems Manager: its agent, documents and patches
    `amazon-ssm-${region}`,
    `amazon-ssm-packages-${region}`,
    `aws-ssm-${region}`,
    `aws-ssm-distributor-file-${region}`,
    `aws-ssm-document-attachments-${region}`,
    `patch-baseline-snapshot-${region}`,
    `${region}-birdwatcher-prod`,
    'session-manager-downloads',
    'ssm-document-categories',
    // the agents of CloudWatch and CodeDeploy
    'amazoncloudwatch-agent',
    `amazoncloudwatch-agent-${region}`,
    `aws-codedeploy-${region}`,
    // layers of registry.k8s.io, which sends clients inside AWS to a bucket of their region; London has a name of its own
    `prod-registry-k8s-io-${region}`,
    `767373bbdcb8270361b96548387bf2a9ad0d48758c35-${region}`,
  ];
}
