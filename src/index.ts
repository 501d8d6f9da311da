// landing zone: accounts that stay safe by themselves
export * from './landing-zone/access/account-scope';
export * from './landing-zone/access/identity-center';
export * from './landing-zone/access/permission-set';
export * from './landing-zone/audit/account-baseline';
export * from './landing-zone/audit/protection-plan';
export * from './landing-zone/audit/security-service';
export * from './landing-zone/audit/security-standard';
export * from './landing-zone/audit/trail-lock';
export * from './landing-zone/audit/vault-lock';
export * from './landing-zone/billing/hard-stop';
export * from './landing-zone/guardrails/guardrail';
export * from './landing-zone/guardrails/guardrail-policy-type';
export * from './landing-zone/guardrails/guardrail-props';
export * from './landing-zone/innovate-landing-zone';
export * from './landing-zone/innovate-landing-zone-props';
export * from './landing-zone/organization/alternate-contact';
export * from './landing-zone/organization/landing-zone-account';
export * from './landing-zone/organization/organization';
export * from './landing-zone/organization/organizational-unit';

// network: nobody is admitted
export * from './network/bastion/bastion-host';
export * from './network/bastion/developer-access';
export * from './network/bastion/vendor-access';
export * from './network/bastion/vendor-bastion';
export * from './network/bastion/vendor-target';
export * from './network/vpc/data-perimeter';
export * from './network/vpc/dns-query-logs';
export * from './network/vpc/flow-logs';
export * from './network/vpc/foreign-vpc';
export * from './network/vpc/ipv6';
export * from './network/vpc/nat-gateways';
export * from './network/vpc/network-acls';
export * from './network/vpc/private-endpoint';
export * from './network/vpc/secure-vpc';
export * from './network/vpc/secure-vpc-options';
export * from './network/vpc/secure-vpc-props';
export * from './network/vpc/vpc-block-public-access';
export * from './network/vpc/vpc-finding';

// cluster: scales by itself, within a budget
export * from './cluster/bootstrap/cluster-bootstrap';
export * from './cluster/cluster-compute';
export * from './cluster/karpenter/karpenter';
export * from './cluster/karpenter-cluster';
export * from './cluster/karpenter-cluster-attributes';
export * from './cluster/karpenter-cluster-base';
export * from './cluster/karpenter-cluster-props';
export * from './cluster/karpenter-cluster-ref';
export * from './cluster/karpenter/karpenter-props';
export * from './cluster/nodes/node-budget';
export * from './cluster/nodes/node-capacity';
export * from './cluster/nodes/node-disruption';
export * from './cluster/nodes/node-image';
export * from './cluster/nodes/node-pool';
export * from './cluster/nodes/node-pool-options';
export * from './cluster/services/service-traffic';
export * from './cluster/services/web-service';
export * from './cluster/services/web-service-job';

// database: data that is kept
export * from './database/aurora-postgres';
export * from './database/aurora-postgres-base';
export * from './database/aurora-postgres-options';
export * from './database/aurora-postgres-props';
export * from './database/aurora-postgres-ref';
export * from './database/connection-pooling';
export * from './database/data-retention';
export * from './database/database-alarms';
export * from './database/database-capacity';
export * from './database/database-privileges';
export * from './database/global-database';
export * from './database/reader-auto-scaling';
export * from './database/restore-source';
export * from './database/retention/backup-copy';
export * from './database/retention/backup-copy-vault';
export * from './database/retention/legal-minimum';
export * from './database/retention/restore-testing';
export * from './database/retention/retention-archive';
export * from './database/retention/retention-tier';

// site: one edge for the app and its API
export * from './site/api-origin';
export * from './site/content-security-policy';
export * from './site/firewall/edge-firewall';
export * from './site/firewall/firewall-base';
export * from './site/firewall/firewall-bot-control';
export * from './site/firewall/firewall-mode';
export * from './site/firewall/firewall-props';
export * from './site/firewall/firewall-rate-limit';
export * from './site/origin-failover';
export * from './site/firewall/regional-firewall';
export * from './site/security-headers';
export * from './site/firewall/shield-advanced-protection';
export * from './site/site-domain';
export * from './site/site-user-metrics';
export * from './site/spa-static-site';

// delivery: from a branch to a release
export * from './delivery/api/eks-deploy-action';
export * from './delivery/api/eks-deploy-target';
export * from './delivery/api/eks-deployment';
export * from './delivery/api/image-scan';
export * from './delivery/build/build-cache';
export * from './delivery/git-flow-pipeline';
export * from './delivery/git-flow-pipeline-props';
export * from './delivery/github/application-folders';
export * from './delivery/github/branching-strategy';
export * from './delivery/github/github-environment';
export * from './delivery/github/github-repository';
export * from './delivery/github/github-workflows';
export * from './delivery/messages/delivery-event';
export * from './delivery/messages/delivery-notifications';
export * from './delivery/messages/slack-channel';
export * from './delivery/metrics/delivery-dashboard';
export * from './delivery/metrics/delivery-metrics';
export * from './delivery/platform-pipeline/platform-pipeline';
export * from './delivery/site/site-deploy-target';
export * from './delivery/site/smoke-test';
export * from './delivery/source-folders';

// platform: all of it, for each environment
export * from './platform/environment-resources';
export * from './platform/innovate-platform';
export * from './platform/platform-alerts';
export * from './platform/platform-developers';
export * from './platform/platform-domain';
export * from './platform/platform-environment';
export * from './platform/platform-restored-database';
export * from './platform/platform-target';
export * from './platform/platform-vendor';

// reachability: what the internet can reach
export * from './reachability/network-reachability';
export * from './reachability/reachable-path';
