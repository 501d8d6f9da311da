import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { PerimeterKeys } from './perimeter-statements';
import { isDeployTime, reject } from '../../private/validation';

/**
 * Whose identities may use the VPC's endpoints, and whose resources they reach: what stolen keys, or a bucket of somebody else, are good for inside
 * the VPC. Each endpoint's policy adds what AWS itself keeps in accounts of its own, for reading: image layers, packages, public parameters.
 *
 * @example
 * import { DataPerimeter, SecureVpc } from 'cdk-innovate-platform';
 *
 * new SecureVpc(this, 'Network', { dataPerimeter: DataPerimeter.organization('o-a1b2c3d4e5') });
 *
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
 */
export abstract class DataPerimeter {
  /** The account of the VPC. */
  public static account(): DataPerimeter {
    return new AccountPerimeter();
  }

  /**
   * All accounts of an organization, such as one with a shared registry.
   *
   * @param organizationId its id, such as `o-a1b2c3d4e5`
   */
  public static organization(organizationId: string): DataPerimeter {
    return new OrganizationPerimeter(organizationId);
  }

  /** Everybody's: the endpoints let everything through that the caller's own permissions let. */
  public static none(): DataPerimeter {
    return new NoPerimeter();
  }

  /** @internal */
  public abstract _validate(scope: Construct): void;

  /** @internal */
  public abstract _keys(scope: Construct): PerimeterKeys | undefined;
}

class AccountPerimeter extends DataPerimeter {
  public _validate(_scope: Construct): void {
    // there is nothing to give
  }

  public _keys(scope: Construct): PerimeterKeys {
    const { account } = Stack.of(scope);
    return { principal: { 'aws:PrincipalAccount': account }, resource: { 'aws:ResourceAccount': account } };
  }
}

class OrganizationPerimeter extends DataPerimeter {
  constructor(private readonly organizationId: string) {
    super();
  }

  public _validate(scope: Construct): void {
    if (isDeployTime(this.organizationId) || /^o-[a-z0-9]{10,32}$/.test(this.organizationId)) { return; }
    reject(scope, {
      prop: 'dataPerimeter',
      value: this.organizationId,
      problem: 'it is not the id of an organization',
      remedy: 'Copy the id from the AWS Organizations console, such as "o-a1b2c3d4e5".',
    });
  }

  public _keys(_scope: Construct): PerimeterKeys {
    return { principal: { 'aws:PrincipalOrgID': this.organizationId }, resource: { 'aws:ResourceOrgID': this.organizationId } };
  }
}

class NoPerimeter extends DataPerimeter {
  public _validate(_scope: Construct): void {
    // everything is permitted
  }

  public _keys(_scope: Construct): PerimeterKeys | undefined {
    return undefined;
  }
}
