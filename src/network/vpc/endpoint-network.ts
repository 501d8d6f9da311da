import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { DataPerimeter } from './data-perimeter';

/** What endpoints are added to. */
export interface EndpointNetwork {
  readonly vpc: ec2.Vpc;
  readonly perimeter: DataPerimeter;
  /** Where interface endpoints have their addresses. */
  readonly interfaceSubnets: ec2.SubnetSelection;
  /** Whose route tables lead to gateway endpoints. */
  readonly gatewaySubnets: ec2.SubnetSelection[];
  /** Makes, once, the security group of the interface endpoints. */
  readonly securityGroup: () => ec2.ISecurityGroup;
}
