/** The program in a pseudo-terminal of several widths: no line is wider than the window. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROGRAM, ordinary, startLab, type Lab } from '../support/lab.ts';

/** util-linux's `script` makes the pseudo-terminal. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).status === 0;
const WHY_NOT = hasScript ? '' : ' (skipped: there is no `script` of util-linux here)';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  ordinary(lab, 'media', 'a-claim-with-quite-a-long-name-as-they-are-in-charts');
  ordinary(lab, 'another-namespace-with-a-long-name', 'data');
});

afterEach(() => lab[Symbol.asyncDispose]());

/** Everything that the program writes to a terminal of this width. */
async function typed(width: number, words: string): Promise<string> {
  const command = `stty cols ${width} rows 40; "${process.execPath}" "${PROGRAM}" ${words}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, ...lab.env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  await once(child, 'close');
  return text;
}

/** The lines as they stand on the screen: what moves the cursor takes no room. */
function linesOn(text: string): string[] {
  // oxlint-disable-next-line no-control-regex -- the sequences of a terminal
  return text.replace(/\u001B\[[0-9;]*[A-Za-z]/g, '').split(/\r?\n|\r/);
}

describe.skipIf(!hasScript)(`in a pseudo-terminal${WHY_NOT}`, () => {
  test.each([60, 120, 200])('N10: tables and the live view fit %d columns', { timeout: 60_000 }, async (width) => {
    for (const words of ['explain another-namespace-with-a-long-name/data', 'plan', 'run']) {
      const text = await typed(width, words);

      expect(linesOn(text).filter((line) => line.length > width)).toEqual([]);
      expect(text).toContain('data');
    }
  });
});
