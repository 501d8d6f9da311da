/** Releases of the example's single-page application that differ in every script, with the page of a note in a chunk of its own. */
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure } from '../failure';

const SPA = path.resolve('examples/application/spa');

/** Files whose chunks say, on the root element of the document, which release they are of. */
const MARKED: Readonly<Record<string, string>> = { 'main.tsx': 'release', 'note-page.tsx': 'chunk' };

/** A static import of the page becomes a lazy one, as in an application with more than two pages. */
const STATIC_IMPORT = /^import \{ NotePage \} from '\.\/note-page';$/m;
const LAZY_IMPORT = `import { lazy, Suspense } from 'react';
const LazyNotePage = lazy(async () => ({ default: (await import('./note-page')).NotePage }));
function NotePage() { return <Suspense fallback={<p role="status">Loading the page…</p>}><LazyNotePage /></Suspense>; }`;

interface Vite {
  build(options: object): Promise<unknown>;
}

/** Builds a release into a folder, with the example's own configuration. */
export async function buildRelease(name: string, folder: string): Promise<void> {
  const vite = await import(pathToFileURL(createRequire(path.join(SPA, 'package.json')).resolve('vite')).href) as Vite;
  await vite.build({
    root: SPA,
    configFile: path.join(SPA, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
    plugins: [{ name: 'release-of-the-rehearsal', enforce: 'pre', transform: (code: string, id: string) => transformed(name, code, path.basename(id.split('?')[0])) }],
  });
}

function transformed(release: string, code: string, file: string): string | undefined {
  if (MARKED[file]) { return `${code}\ndocument.documentElement.dataset.${MARKED[file]} = ${JSON.stringify(release)};\n`; }
  if (file !== 'app.tsx') { return undefined; }
  if (code.includes('import(\'./note-page\')')) { return undefined; }
  if (!STATIC_IMPORT.test(code)) { throw new Failure('app.tsx of the example imports its page in another way; adapt rehearsal/edge/spa-release.ts.'); }
  return code.replace(STATIC_IMPORT, LAZY_IMPORT);
}
