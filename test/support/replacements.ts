import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import { Template } from 'aws-cdk-lib/assertions';

const spec = loadAwsServiceSpecSync();

/** Properties whose change replaces a resource, for certain or perhaps. */
export function createOnly(type: string): string[] {
  const [resource] = spec.lookup('resource', 'cloudFormationType', 'equals', type);
  return Object.entries(resource?.properties ?? {}).filter(([, { causesReplacement }]) => /yes|maybe/.test(causesReplacement ?? '')).map(([name]) => name);
}

/** What an update from one template to the other replaces or deletes: `<type without AWS::>.<property>` or `<type> removed`, sorted. */
export function replacements(before: Template, after: Template): string[] {
  const updated = after.toJSON().Resources;
  const found = Object.entries<any>(before.toJSON().Resources).flatMap(([id, { Type, Properties = {} }]) => {
    const type = Type.replace(/^AWS::/, '');
    if (updated[id]?.Type !== Type) { return [`${type} removed`]; }
    return createOnly(Type)
      .filter(property => JSON.stringify(updated[id].Properties?.[property]) !== JSON.stringify(Properties[property]))
      .map(property => `${type}.${property}`);
  });
  return [...new Set(found)].sort();
}
