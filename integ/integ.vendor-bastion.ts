import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { integApp } from './integ-app';
import { VendorBastion } from '../src/network/bastion/vendor-bastion';
import { VendorTarget } from '../src/network/bastion/vendor-target';
import { SecureVpc } from '../src/network/vpc/secure-vpc';

const app = integApp();
const stack = new Stack(app, 'IntegVendorBastion');
const { vpc } = new SecureVpc(stack, 'Network', { maxAzs: 2 });

/** IAM refuses a principal that does not exist, so the vendor's own role is made here. */
const vendor = new iam.Role(stack, 'VendorPrincipal', { assumedBy: new iam.AccountRootPrincipal() });
const database = new ec2.SecurityGroup(stack, 'Database', { vpc, allowAllOutbound: false });

const bastion = new VendorBastion(stack, 'Bastion', {
  vpc,
  vendors: [{
    name: 'acme',
    principalArn: vendor.roleArn,
    externalId: 'innovate-acme',
    accessFrom: '2026-10-01',
    accessUntil: '2027-03-31',
    targets: [VendorTarget.connectable('database', database, 'database.internal', 5432)],
  }],
});

const test = new IntegTest(app, 'VendorBastion', { testCases: [stack] });

test.assertions
  .awsApiCall('IAM', 'getRole', { RoleName: bastion.vendorRole('acme').roleName })
  .expect(ExpectedResult.objectLike({ Role: { Path: '/vendor-bastion/' } }));

test.assertions
  .awsApiCall('EC2', 'describeSecurityGroups', { GroupIds: [database.securityGroupId] })
  .expect(ExpectedResult.objectLike({ SecurityGroups: [{ IpPermissions: [{ FromPort: 5432, ToPort: 5432 }] }] }));
