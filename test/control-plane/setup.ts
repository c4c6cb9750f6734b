/** vitest's global set-up of the real lane: all programs are there before the first test, and a person sees that it works. */
import { ensureBinaries } from './binaries.ts';
import { progressOf } from './progress.ts';

/** Called by vitest, once. */
export async function setup(): Promise<void> {
  const tell = progressOf('real');
  tell(Object.values(await ensureBinaries(tell)).join(' '));
}
