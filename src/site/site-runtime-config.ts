import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { isDeployTime, reject } from '../private/validation';

/** The settings of an app, as its pages read them. */
export interface Settings {
  readonly [name: string]: unknown;
}

/** Everybody can read the file; the words are whole ones, so that `tokenEndpoint` and `passwordPolicyUrl` pass. */
const SECRET_NAME = /(secret|password|passphrase|credentials?|(private|access|signing|encryption)[_-]?key|token)$/i;
const SECRET_VALUE = /(^|[^A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}($|[^A-Z0-9])|-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const SECRET_REFERENCE = /\{\{resolve:(secretsmanager|ssm-secure):/;

/** Refuses what JSON cannot hold and what nobody but the app's backend may know. */
export function validateRuntimeConfig(site: Construct, settings: Settings | undefined): void {
  if (settings === undefined) { return; }
  for (const [name, value] of Object.entries(settings)) { validateValue(site, `runtimeConfig.${name}`, name, value); }
}

/** The same settings in an order that does not depend on how they were written down. */
export function sortedSettings(settings: Settings): Settings {
  const sorted = (value: unknown) => isMap(value) ? sortedSettings(value) : value;
  return Object.fromEntries(Object.keys(settings).sort().map(name => [name, sorted(settings[name])]));
}

function validateValue(site: Construct, prop: string, name: string, value: unknown): void {
  const secret = { prop, value: '…', remedy: 'Everybody can read /runtime-config.json: keep secrets behind the API.' };
  if (SECRET_NAME.test(name)) {
    const remedy = `${secret.remedy} What is public, such as the token that a map service makes for browsers, gets a name that says so, such as "mapsPublicKey".`;
    reject(site, { ...secret, remedy, problem: 'by its name it is a secret' });
  }
  if (isDeployTime(value)) {
    if (SECRET_REFERENCE.test(JSON.stringify(Stack.of(site).resolve(value)))) { reject(site, { ...secret, problem: 'it is read from a store of secrets' }); }
    return;
  }
  if (typeof value === 'string' && SECRET_VALUE.test(value)) { reject(site, { ...secret, problem: 'it looks like a key' }); }
  if (Array.isArray(value)) {
    value.forEach((each, index) => validateValue(site, `${prop}[${index}]`, '', each));
  } else if (isMap(value)) {
    for (const [inner, each] of Object.entries(value)) { validateValue(site, `${prop}.${inner}`, inner, each); }
  } else if (value !== null && !['string', 'boolean'].includes(typeof value) && !Number.isFinite(value)) {
    reject(site, { prop, value: String(value), problem: 'JSON has nothing for it', remedy: 'Give a string, a number, a boolean, or a list or map of them.' });
  }
}

function isMap(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isDeployTime(value);
}
