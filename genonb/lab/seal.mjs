// Write ../labextension/SHA256SUMS: the sources that were built and the files that came of them.
// `cd genonb && sha256sum -c labextension/SHA256SUMS` and tests/test_lab.py check it without Node.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sums = 'labextension/SHA256SUMS';
const sources = ['lab/.npmrc', 'lab/package-lock.json', 'lab/package.json', 'lab/rspack.config.js', 'lab/seal.mjs', 'lab/src', 'lab/style', 'lab/tsconfig.json'];

/** All files at or below `path`, as paths with forward slashes. */
const files = path =>
  statSync(join(root, path)).isFile() ? [path] : readdirSync(join(root, path)).flatMap(name => files(`${path}/${name}`));

const line = path => `${createHash('sha256').update(readFileSync(join(root, path))).digest('hex')}  ${path}\n`;

rmSync(join(root, sums), { force: true });
writeFileSync(join(root, sums), [...sources, 'labextension'].flatMap(files).sort().map(line).join(''));
