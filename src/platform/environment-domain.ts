import { ArnFormat, Duration, Fn, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { PlatformHostedZone } from './platform-domain';
import { weakReference } from '../private/weak-reference';

/** Route 53 gives every public hosted zone four name servers. */
const NAME_SERVERS = 4;

/** The name an environment answers on, and the zone its records go to. */
export abstract class EnvironmentDomain {
  /** A name in a zone that exists in the environment's account. */
  public static existing(domainName: string, zone: PlatformHostedZone): EnvironmentDomain {
    return new ExistingZone(domainName, zone);
  }

  protected constructor(public readonly domainName: string) {}

  /** The zone as a construct of the given stack. */
  public abstract zone(scope: Construct): route53.IHostedZone;

  /** Certificates of this domain are validated through DNS: nothing that waits for one may come before the zone answers. */
  public abstract answersBefore(stack: Stack): void;
}

class ExistingZone extends EnvironmentDomain {
  constructor(domainName: string, private readonly attributes: PlatformHostedZone) {
    super(domainName);
  }

  public zone(scope: Construct): route53.IHostedZone {
    return route53.HostedZone.fromHostedZoneAttributes(scope, 'HostedZone', {
      hostedZoneId: this.attributes.hostedZoneId, zoneName: this.attributes.zoneName,
    });
  }

  public answersBefore(_stack: Stack): void {}
}

/** A hosted zone in the environment's own account, to which the platform's zone in another account delegates. */
export class DelegatedZone extends EnvironmentDomain {
  private readonly hostedZone: route53.CfnHostedZone;
  private readonly delegation: Stack;

  constructor(dns: Stack, delegation: Stack, domainName: string, parent: PlatformHostedZone) {
    super(domainName);
    this.delegation = delegation;
    this.hostedZone = new route53.PublicHostedZone(dns, 'HostedZone', { zoneName: domainName }).node.defaultChild as route53.CfnHostedZone;
    const reader = readerRole(dns, delegation.account);
    new route53.CfnRecordSet(delegation, `Delegate-${domainName}`, {
      hostedZoneId: parent.hostedZoneId,
      name: domainName,
      type: 'NS',
      ttl: Duration.hours(1).toSeconds().toString(),
      resourceRecords: Array.from({ length: NAME_SERVERS }, (_, index) => weakReference({
        producer: dns, consumer: delegation, id: `NameServer${index}`, value: Fn.select(index, this.hostedZone.attrNameServers), roleArn: reader,
      })),
    });
  }

  public zone(scope: Construct): route53.IHostedZone {
    const hostedZoneId = weakReference({ producer: Stack.of(this.hostedZone), consumer: scope, id: 'HostedZoneId', value: this.hostedZone.attrId });
    return route53.HostedZone.fromHostedZoneAttributes(scope, 'HostedZone', { hostedZoneId, zoneName: this.domainName });
  }

  public answersBefore(stack: Stack): void {
    stack.addDependency(this.delegation, 'a certificate is only issued once its zone is delegated');
  }
}

/** Lets CloudFormation in the parent zone's account read the outputs of one stack, and nothing else. Its name is known to both accounts. */
function readerRole(dns: Stack, readerAccount: string): string {
  const roleName = `${dns.stackName}-reader`;
  new iam.Role(dns, 'Reader', {
    roleName,
    description: 'Read by CloudFormation in the account of the parent zone, to delegate to this zone',
    assumedBy: new iam.AccountPrincipal(readerAccount).withConditions({
      ArnLike: { 'aws:PrincipalArn': `arn:${dns.partition}:iam::${readerAccount}:role/cdk-*-cfn-exec-role-*` },
    }),
    inlinePolicies: {
      Outputs: new iam.PolicyDocument({
        statements: [new iam.PolicyStatement({
          actions: ['cloudformation:DescribeStacks'],
          resources: [dns.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${dns.stackName}/*` })],
        })],
      }),
    },
  });
  return dns.formatArn({ service: 'iam', region: '', resource: 'role', resourceName: roleName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
}
