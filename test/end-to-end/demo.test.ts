/** `npm run demo`, and the picture of it in README.md. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { recorded } from '../support/recording.ts';

const DEMO = fileURLToPath(new URL('../../sandbox/demo.ts', import.meta.url));
const PICTURE = readFileSync(new URL('../../docs/pictures/demo.svg', import.meta.url), 'utf8');

/** Without what differs from run to run: random ids of snapshots, and counts. */
function lasting(line: string): string {
  return line
    .replaceAll(/\b[0-9a-f]{8}\b/g, '<id>')
    .replaceAll(/&(amp|lt|gt);/g, '')
    .replaceAll(/: \d+\)/g, ': <n>)');
}

test('every step of the demo ends as it must, and the picture shows what it says', { timeout: 300_000 }, async () => {
  // Rejects when the demo exits with another code than 0.
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO], { maxBuffer: 2 ** 24 });

  expect(stdout).toMatch(/Every step ended as it must \(\d+\.\d s\)\.\n$/);
  expect(stdout).not.toContain('THIS DID NOT HAPPEN');
  const shown = [...PICTURE.matchAll(/<text [^>]*class="(?:good|title)">([^<]*)<\/text>/g)].map(([, line = '']) =>
    lasting(line),
  );
  const said = new Set(recorded(stdout).map((line) => lasting(line.replaceAll(/[&<>]/g, ''))));
  expect(
    shown.filter((line) => !said.has(line)),
    'npm run docs:demo draws the picture anew',
  ).toEqual([]);
});
