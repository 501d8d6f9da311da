import * as fs from 'node:fs';
import * as path from 'node:path';
import { FileSystem } from 'aws-cdk-lib';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { ObjectRelease } from './bootstrap-bundle';
import { DeployTimeValues, VALUE_SEPARATOR } from './bundle-values';

/**
 * The one template of a chart of ours. The objects are read as they are, so that nothing in them is ever taken for a template;
 * then each name of a deploy-time value is replaced by the value, as part of a JSON string or, for a number, instead of one.
 */
const OBJECTS_TEMPLATE = `{{- range $path, $ignored := .Files.Glob "manifests/*.yaml" }}
{{- $text := $.Files.Get $path }}
{{- range $.Values.replacements }}
{{- $values := splitList "${VALUE_SEPARATOR}" .values }}
{{- range $index, $name := .names }}
{{- $value := index $values $index }}
{{- $text = replace (printf "\\"$%s\\"" $name) (ternary $value ($value | toJson) (hasSuffix "_NUMBER__" $name)) $text }}
{{- $text = replace (printf "$%s" $name) ($value | toJson | trimPrefix "\\"" | trimSuffix "\\"") $text }}
{{- end }}
{{- end }}
---
{{ $text }}
{{- end }}
`;

/** Writes objects as a chart; `values` notes what of them is known at deployment only. */
export function writeObjectChart(folder: string, { releaseName, files }: ObjectRelease, values: DeployTimeValues): void {
  for (const { name, manifests } of files) {
    writeDocuments(path.join(folder, 'manifests', `${name}.yaml`), ...manifests.map(manifest => values.extract(manifest)));
  }
  writeDocuments(path.join(folder, 'Chart.yaml'), {
    apiVersion: 'v2', name: releaseName, description: 'Written by cdk-innovate-platform', type: 'application', version: '1.0.0',
  });
  writeText(path.join(folder, 'templates', 'objects.yaml'), OBJECTS_TEMPLATE);
}

/** JSON is YAML, and needs no library. */
export function writeDocuments(file: string, ...documents: unknown[]): void {
  writeText(file, documents.map(document => `${JSON.stringify(document, null, 2)}\n`).join('---\n'));
}

/** A folder that is written now, as an asset. */
export function writtenAsset(scope: Construct, id: string, folder: string): assets.Asset {
  const asset = new assets.Asset(scope, id, { path: folder });
  // without staging, the asset is read from where it was written
  if (path.resolve(asset.assetPath) !== path.resolve(folder)) { fs.rmSync(folder, { recursive: true }); }
  return asset;
}

/** Where an asset is written, until it is staged. */
export function newAssetFolder(): string {
  return FileSystem.mkdtemp('bootstrap-');
}

function writeText(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}
