/** vitest's global set-up of the Kyverno lane: the CLI is there before the first test, and a person sees that it is being built. */
import { progressOf } from '../control-plane/progress.ts';
import { ensureKyverno } from './cli.ts';

/** Called by vitest, once. */
export async function setup(): Promise<void> {
  const tell = progressOf('kyverno');
  tell(await ensureKyverno(tell));
}
