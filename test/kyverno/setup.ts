/** vitest's global set-up of the Kyverno lane: the CLI is there before the first test, and a person sees that it is being built. */
import { ensureKyverno } from './cli.ts';

/** Called by vitest, once. */
export async function setup(): Promise<void> {
  const started = Date.now();
  const path = await ensureKyverno((line) => {
    const seconds = String(Math.round((Date.now() - started) / 1000)).padStart(4);
    process.stderr.write(`kyverno lane ${seconds} s  ${line}\n`);
  });
  process.stderr.write(`kyverno lane: ${path}\n`);
}
