/**
 * What differs between environments, read at start: the same build is promoted from staging to production.
 */
export interface RuntimeConfig {
  readonly environment: string;
  readonly release: string;
}

export async function loadRuntimeConfig(): Promise<RuntimeConfig> {
  const response = await fetch('/runtime-config.json', { cache: 'no-store' });
  if (!response.ok) {
    throw new Error(`/runtime-config.json answered ${response.status}`);
  }
  // a fallback route for deep links may answer with index.html: that is no configuration either
  const config: unknown = await response.json().catch(() => undefined);
  if (!isRuntimeConfig(config)) {
    throw new Error('/runtime-config.json does not have the texts `environment` and `release`');
  }
  return config;
}

function isRuntimeConfig(value: unknown): value is RuntimeConfig {
  return typeof value === 'object' && value !== null
    && 'environment' in value && typeof value.environment === 'string'
    && 'release' in value && typeof value.release === 'string';
}
