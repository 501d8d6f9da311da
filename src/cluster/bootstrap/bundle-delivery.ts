import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { Construct } from 'constructs';
import { BootstrapBundle } from './bootstrap-bundle';
import { NodeTeardown, NodeTeardownProps } from '../teardown/node-teardown';

/** What a strategy has to know of the cluster; `after` has to exist before anything is applied, and goes after it. */
export interface ClusterBootstrapTarget extends Omit<NodeTeardownProps, 'autoMode'> {
  readonly scope: Construct;
  /** Removes the machines; nothing may make new ones after it has. */
  readonly teardown: NodeTeardown;
}

/** Brings the bundle to one cluster. */
export interface BundleDelivery {
  readonly pipeline?: codepipeline.Pipeline;
  readonly failureAlarm?: cloudwatch.Alarm;
  /** Called once, when everything that belongs to the cluster is known. */
  deliver(bundle: BootstrapBundle): void;
}
