/**
 * Writes what CloudFormation knows about every resource type as one JSON file
 * for the local AWS. The source is `@aws-cdk/aws-service-spec`, from which the
 * CDK makes its own L1 constructs; reading it takes over a second, so the file is
 * kept and named after the version it was made from.
 */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import type { PropertyType, Resource, ResourceProperties, SpecDatabase } from '@aws-cdk/service-spec-types';

/** A list, a map, a union or a named structure; a bare string is a primitive. */
type TypeJson = string | { list: TypeJson } | { map: TypeJson } | { any: TypeJson[] } | { ref: string };

interface PropertyJson {
  readonly type: TypeJson;
  readonly required?: true;
  readonly createOnly?: true;
}

interface ResourceJson {
  /** What Cloud Control calls the resource by. */
  readonly identifier: string[];
  /** What `Ref` returns. */
  readonly ref: string[];
  readonly arn?: string;
  readonly properties: Record<string, PropertyJson>;
  readonly attributes: Record<string, TypeJson>;
}

/** Bumped when the shape of the file changes. */
const FORMAT = 1;

/** Returns the path of the file, which is made if this version of the spec has none yet. */
export async function writeResourceSpec(directory: string): Promise<string> {
  const file = path.join(directory, `resource-spec-${specVersion()}-v${FORMAT}.json`);
  if (fs.existsSync(file)) { return file; }

  const db = await loadAwsServiceSpec();
  const definitions: Record<string, Record<string, PropertyJson>> = {};
  const resources: Record<string, ResourceJson> = {};
  for (const resource of db.all('resource')) {
    resources[resource.cloudFormationType] = resourceJson(db, resource, definitions);
  }
  fs.mkdirSync(directory, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, JSON.stringify({ resources, definitions }));
  fs.renameSync(temporary, file);
  return file;
}

function specVersion(): string {
  const resolve = createRequire(__filename).resolve;
  let directory = path.dirname(resolve('@aws-cdk/aws-service-spec'));
  while (!fs.existsSync(path.join(directory, 'package.json'))) { directory = path.dirname(directory); }
  return (JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8')) as { version: string }).version;
}

type Definitions = Record<string, Record<string, PropertyJson>>;

function resourceJson(db: SpecDatabase, resource: Resource, definitions: Definitions): ResourceJson {
  const identifier = resource.primaryIdentifier ?? [];
  return {
    identifier,
    ref: resource.cfnRefIdentifier ?? identifier,
    arn: resource.arnTemplate,
    properties: propertiesJson(db, resource.properties, definitions),
    attributes: Object.fromEntries(
      Object.entries(resource.attributes).map(([name, attribute]) => [name, typeJson(db, attribute.type, definitions)]),
    ),
  };
}

function propertiesJson(db: SpecDatabase, properties: ResourceProperties, definitions: Definitions): Record<string, PropertyJson> {
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => {
    const types = [property.type, ...(property.previousTypes ?? [])].map(type => typeJson(db, type, definitions));
    return [name, {
      type: types.length === 1 ? types[0] : { any: types },
      ...(property.required ? { required: true as const } : {}),
      ...(property.causesReplacement === 'yes' ? { createOnly: true as const } : {}),
    }];
  }));
}

function typeJson(db: SpecDatabase, type: PropertyType, definitions: Definitions): TypeJson {
  switch (type.type) {
    case 'array':
      return { list: typeJson(db, type.element, definitions) };
    case 'map':
      return { map: typeJson(db, type.element, definitions) };
    case 'union':
      return { any: type.types.map(member => typeJson(db, member, definitions)) };
    case 'ref': {
      const id = type.reference.$ref;
      if (!(id in definitions)) {
        definitions[id] = {}; // entered first: definitions refer to themselves
        definitions[id] = propertiesJson(db, db.get('typeDefinition', id).properties, definitions);
      }
      return { ref: id };
    }
    default:
      return type.type;
  }
}
