/** Content of declarative policies, each a single setting: what several set together is merged into one policy. */

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative_syntax.html */
export function instanceMetadataDefaults(): object {
  return ec2({
    instance_metadata_defaults: {
      http_tokens: assign('required'), http_put_response_hop_limit: assign('1'),
      http_endpoint: assign('enabled'), instance_metadata_tags: assign('no_preference'),
    },
  });
}

export function snapshotPublicAccessBlock(): object {
  return ec2({ snapshot_block_public_access: { state: assign('block_all_sharing') } });
}

export function imagePublicAccessBlock(): object {
  return ec2({ image_block_public_access: { state: assign('block_new_sharing') } });
}

export function serialConsoleOff(): object {
  return ec2({ serial_console_access: { status: assign('disabled') } });
}

export function internetIngressBlock(): object {
  return ec2({ vpc_block_public_access: { internet_gateway_block: { mode: assign('block_ingress'), exclusions_allowed: assign('enabled') } } });
}

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3_syntax.html */
export function bucketPublicAccessBlock(): object {
  return { s3_attributes: { public_access_block_configuration: assign('all') } };
}

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_ai-opt-out_syntax.html */
export function aiServicesOptOut(): object {
  return { services: { default: { opt_out_policy: assign('optOut') } } };
}

/** The operator by which a setting replaces what the account inherits. */
export function assign(value: string | string[]): object {
  return { '@@assign': value };
}

function ec2(attributes: object): object {
  return { ec2_attributes: attributes };
}
