/** The network of the version that `VERSION` names, with somebody in its data subnets. */
import { App, Stack } from 'aws-cdk-lib';
import * as rds from 'aws-cdk-lib/aws-rds';
import { VERSIONS } from './versions';
import { SecureVpc } from 'cdk-innovate-platform';

const { network: props, withoutEntrance } = VERSIONS.find(({ name }) => name === process.env.VERSION)!;
const app = new App();
const stack = new Stack(app, 'Growing', { env: { account: '111111111111', region: 'eu-west-1' } });
const network = new SecureVpc(stack, 'Network', props);
if (withoutEntrance) { network.entranceSubnets.subnets!.forEach(subnet => network.vpc.node.tryRemoveChild(subnet.node.id)); }
new rds.SubnetGroup(stack, 'DatabaseSubnets', { vpc: network.vpc, vpcSubnets: network.dataSubnets, description: 'Where databases are' });
app.synth();
