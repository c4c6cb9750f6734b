/** vitest's global set-up of the real lane: all programs are there before the first test, and a person sees that it works. */
import { ensureBinaries } from './binaries.ts';

/** Called by vitest, once. */
export async function setup(): Promise<void> {
  const started = Date.now();
  const binaries = await ensureBinaries((line) => {
    const seconds = String(Math.round((Date.now() - started) / 1000)).padStart(4);
    process.stderr.write(`real lane ${seconds} s  ${line}\n`);
  });
  process.stderr.write(`real lane: ${Object.values(binaries).join(' ')}\n`);
}
