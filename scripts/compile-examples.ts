/** Compiles every TypeScript example in README.md, docs/ and the docstrings against the compiled package, strictly. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..');
const ASSEMBLY = path.join(ROOT, '.jsii');

/** Examples stand in the constructor of a construct, as a reader would put them; their imports are hoisted. */
const FIXTURE = `import { Construct } from 'constructs';
class Example extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    /// here
  }
}
`;

function pages(): string {
  const docs = path.join(ROOT, 'docs');
  const files = fs.readdirSync(docs).filter(file => file.endsWith('.md')).sort().map(file => path.join(docs, file));
  return [path.join(ROOT, 'README.md'), ...files].map(file => fs.readFileSync(file, 'utf8')).join('\n\n');
}

/** A copy of the package that has the pages as its readme, and that finds itself and its peers by name. */
function stagePackage(folder: string): void {
  const assembly = JSON.parse(fs.readFileSync(ASSEMBLY, 'utf8'));
  fs.writeFileSync(path.join(folder, '.jsii'), JSON.stringify({ ...assembly, readme: { markdown: pages() } }));
  for (const name of ['package.json', 'lib', 'src']) { fs.symlinkSync(path.join(ROOT, name), path.join(folder, name)); }
  fs.mkdirSync(path.join(folder, 'rosetta'));
  fs.writeFileSync(path.join(folder, 'rosetta', 'default.ts-fixture'), FIXTURE);
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(modules);
  for (const name of fs.readdirSync(path.join(ROOT, 'node_modules')).filter(each => !each.startsWith('.'))) {
    fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  fs.symlinkSync(folder, path.join(modules, assembly.name));
}

if (!fs.existsSync(ASSEMBLY)) {
  process.stderr.write('There is no .jsii: run `npx projen compile` first.\n');
  process.exit(1);
}
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'compile-examples-'));
try {
  stagePackage(folder);
  const rosetta = path.join(ROOT, 'node_modules', '.bin', 'jsii-rosetta');
  const { status } = spawnSync(rosetta, ['extract', '--compile', '--strict', '--directory', folder, '--output', path.join(folder, 'examples.tabl.json'), folder], {
    cwd: folder, stdio: 'inherit', env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
  });
  const translated = status === 0 ? Object.keys(JSON.parse(fs.readFileSync(path.join(folder, 'examples.tabl.json'), 'utf8')).snippets).length : 0;
  process.stdout.write(`${translated} examples compile and are translated\n`);
  process.exitCode = status ?? 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
