/**
 * What differs between environments, read at start: the same build is promoted from staging to production.
 */
export interface RuntimeConfig {
  readonly environment: string;
  /** The commit that is deployed; a first page that no pipeline has released has none. */
  readonly release: string | undefined;
}

/** The platform writes the settings, the pipeline says which release it deployed. */
export async function loadRuntimeConfig(): Promise<RuntimeConfig> {
  const [settings, release] = await Promise.all([read('/runtime-config.json'), read('/release.json')]);
  const environment = textOf(settings, 'environment');
  if (environment === undefined) {
    throw new Error('/runtime-config.json does not have the text `environment`');
  }
  return { environment, release: textOf(release, 'release') };
}

/** Undefined where there is no such file; a fallback route for deep links may answer with index.html, which is no JSON either. */
async function read(path: string): Promise<unknown> {
  const response = await fetch(path, { cache: 'no-store' });
  return response.ok ? response.json().catch(() => undefined) : undefined;
}

function textOf(file: unknown, key: string): string | undefined {
  const value: unknown = typeof file === 'object' && file !== null ? (file as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
