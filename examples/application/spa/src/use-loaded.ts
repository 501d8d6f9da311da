import { useCallback, useEffect, useState } from 'react';

export type Loaded<Value> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: unknown }
  | { readonly state: 'ready'; readonly value: Value };

/** Loads once and again on `reload`; `load` must keep its identity between renders. */
export function useLoaded<Value>(load: () => Promise<Value>): Loaded<Value> & { readonly reload: () => void } {
  const [loaded, setLoaded] = useState<Loaded<Value> & { readonly by?: unknown }>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    // an answer that comes after the component moved on must not overwrite a newer one
    let current = true;
    load().then(
      value => current && setLoaded({ state: 'ready', value, by: load }),
      (error: unknown) => current && setLoaded({ state: 'failed', error, by: load }),
    );
    return () => { current = false; };
  }, [load, attempt]);

  const reload = useCallback(() => {
    setLoaded({ state: 'loading' });
    setAttempt(count => count + 1);
  }, []);
  return loaded.by === load ? { ...loaded, reload } : { state: 'loading', reload };
}
