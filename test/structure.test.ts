import * as fs from 'node:fs';
import * as path from 'node:path';

const SRC = path.join(__dirname, '..', 'src');

/** Every file of the library with the folders of `src/` that it imports from. */
const files = fs.readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => ({
    file: file.split(path.sep).join('/'),
    imports: [...fs.readFileSync(path.join(SRC, file), 'utf8').matchAll(/from '(\.[^']*)'/g)]
      .map(([, target]) => path.posix.join(path.posix.dirname(file.split(path.sep).join('/')), target).split('/')[0]),
  }));

const folderOf = (file: string) => file.split('/')[0];

test('private/ depends on nothing of the library', () => {
  expect(files.filter(({ file, imports }) => folderOf(file) === 'private' && imports.some(folder => folder !== 'private'))).toEqual([]);
});

test('capabilities never depend on each other, on the platform or on the command line', () => {
  const sideways = files.filter(({ file }) => !['private', 'platform', 'cli', 'index.ts'].includes(folderOf(file)))
    .flatMap(({ file, imports }) => imports.filter(folder => ![folderOf(file), 'private'].includes(folder)).map(folder => `${file} → ${folder}`));
  expect(sideways).toEqual([]);
});

test('index.ts exports and does nothing else', () => {
  const lines = fs.readFileSync(path.join(SRC, 'index.ts'), 'utf8').split('\n').filter(line => line && !line.startsWith('//'));
  expect(lines.filter(line => !/^export \* from '\.\/([a-z-]+\/)+[a-z0-9-]+';$/.test(line))).toEqual([]);
  expect(lines.filter(line => line.includes('./private/'))).toEqual([]);
});

test('every public construct stands in the file that is named after it', () => {
  const strays = files.filter(({ file }) => folderOf(file) !== 'private').flatMap(({ file }) => {
    const classes = [...fs.readFileSync(path.join(SRC, file), 'utf8').matchAll(/^export class (\w+) extends Construct/gm)].map(([, name]) => name);
    const expected = path.posix.basename(file, '.ts').replace(/-/g, '');
    return classes.filter(name => name.toLowerCase() !== expected).map(name => `${name} in ${file}`);
  });
  expect(strays).toEqual([]);
});
