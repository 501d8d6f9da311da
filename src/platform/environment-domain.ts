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

  /** A zone of the environment's own, to which the parent zone delegates from a stack in its account. */
  public static delegated(domainName: string, parent: PlatformHostedZone, delegation: Stack): EnvironmentDomain {
    return new DelegatedZone(domainName, parent, delegation);
  }

  protected constructor(public readonly domainName: string) {}

  /** Makes what the name needs in the environment's account; `addStack` gives it a stack of its own there. */
  public abstract bind(addStack: () => Stack): void;

  /** The zone as a construct of the given stack. */
  public abstract zone(scope: Construct): route53.IHostedZone;

  /** Certificates of this domain are validated through DNS: nothing that waits for one may come before the zone answers. */
  public abstract answersBefore(stack: Stack): void;
}

class ExistingZone extends EnvironmentDomain {
  constructor(domainName: string, private readonly attributes: PlatformHostedZone) {
    super(domainName);
  }

  public bind(): void {}

  public answersBefore(): void {}

  public zone(scope: Construct): route53.IHostedZone {
    return route53.HostedZone.fromHostedZoneAttributes(scope, 'HostedZone', {
      hostedZoneId: this.attributes.hostedZoneId, zoneName: this.attributes.zoneName,
    });
  }
}

class DelegatedZone extends EnvironmentDomain {
  private hostedZone?: route53.CfnHostedZone;

  constructor(domainName: string, private readonly parent: PlatformHostedZone, private readonly delegation: Stack) {
    super(domainName);
  }

  public bind(addStack: () => Stack): void {
    const dns = addStack();
    const hostedZone = new route53.PublicHostedZone(dns, 'HostedZone', { zoneName: this.domainName }).node.defaultChild as route53.CfnHostedZone;
    const roleArn = readerRole(dns, this.delegation.account);
    new route53.CfnRecordSet(this.delegation, this.domainName, {
      hostedZoneId: this.parent.hostedZoneId,
      name: this.domainName,
      type: 'NS',
      ttl: Duration.hours(1).toSeconds().toString(),
      resourceRecords: Array.from({ length: NAME_SERVERS }, (_, index) => weakReference({
        producer: dns, consumer: this.delegation, id: `NameServer${index}`, value: Fn.select(index, hostedZone.attrNameServers), roleArn,
      })),
    });
    this.hostedZone = hostedZone;
  }

  public zone(scope: Construct): route53.IHostedZone {
    const { hostedZone } = this;
    if (!hostedZone) { throw new Error(`The zone of ${this.domainName} is used before it is bound.`); }
    const hostedZoneId = weakReference({ producer: Stack.of(hostedZone), consumer: scope, id: 'HostedZoneId', value: hostedZone.attrId });
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
