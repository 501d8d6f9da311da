/** How a network interface gets an address on the internet. */
import { Step } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Reference, Unknown, describe, names } from './template-values';

/** The address in a subnet; `undefined` where there is none. */
export type PublicAddress = (subnet: unknown, family: 4 | 6) => Step | undefined;

/** A flag as it may be at deployment: absent takes the default, what is not known counts as on. */
export function flag(values: unknown[], byDefault: boolean, on: (value: unknown) => boolean = value => String(value) === 'true'): { readonly unknown?: string } | undefined {
  const isOn = (value: unknown) => value === undefined ? byDefault : !isOpen(value) && on(value);
  if (values.length === 0 ? byDefault : values.some(isOn)) { return {}; }
  const doubt = values.find(isOpen);
  return doubt === undefined ? undefined : { unknown: describe(doubt) };
}

function isOpen(value: unknown): boolean {
  return value instanceof Unknown || value instanceof Reference;
}

/** As the subnet gives addresses to what asks for none. */
export function bySubnet(subnet: unknown, family: 4 | 6): Step | undefined {
  const resource = resourceOf(subnet, 'AWS::EC2::Subnet');
  if (!resource) { return { hop: 'public address, if the subnet gives one', unknown: 'whether the subnet gives public addresses', fact: 'privateSubnetIds' }; }
  const property = family === 4 ? 'MapPublicIpOnLaunch' : 'AssignIpv6AddressOnCreation';
  const on = flag(resource.at(property), false) ?? (family === 6 ? flag(resource.at('Ipv6Native'), false) : undefined);
  return on && { hop: `${family === 4 ? 'public' : 'IPv6'} address by ${property} of ${resource.path}`, ...on };
}

/** A flag of the interface decides about IPv4, and the subnet about IPv6, which has no other addresses than public ones. */
export function byFlag(property: string, values: unknown[], byDefault: boolean, on?: (value: unknown) => boolean): PublicAddress {
  const given = flag(values, byDefault, on);
  return (_subnet, family) => family === 4 && given ? { hop: `public address by ${property}${values[0] === undefined ? ' (not given)' : ''}`, ...given } : undefined;
}

/** What the interface itself says about addresses, and else the subnet. */
export function byInterface(resource: TemplateResource, app: StackTemplates, associate: unknown[], ipv6: unknown[]): PublicAddress {
  return (subnet, family) => {
    if (family === 6) { return ipv6.some(value => value !== undefined && value !== 0) ? { hop: `IPv6 address of ${resource.path}` } : bySubnet(subnet, 6); }
    const elastic = elasticAddress(resource, app);
    if (elastic) { return elastic; }
    const given = associate.filter(value => value !== undefined);
    const on = flag(given, false);
    return on ? { hop: 'public address by AssociatePublicIpAddress', ...on } : given.length > 0 && given.length === associate.length ? undefined : bySubnet(subnet, 4);
  };
}

/** An elastic address of an instance or an interface; one for something that is not known may be for this. */
export function elasticAddress(resource: TemplateResource, app: StackTemplates): Step | undefined {
  const steps = [['AWS::EC2::EIP', 'InstanceId'], ['AWS::EC2::EIPAssociation', 'InstanceId'], ['AWS::EC2::EIPAssociation', 'NetworkInterfaceId']]
    .flatMap(([type, property]) => app.naming(resource, type, property).map(address => ({
      hop: `elastic address ${address.path}`, unknown: address.at(property).some(value => names(value, resource)) ? undefined : `${property} of ${address.path}`,
    })));
  return steps.find(({ unknown }) => unknown === undefined) ?? steps[0];
}
