/** Set-up of the tests that run the program in their own process: its pauses are short for all of them. */
import { vi } from 'vitest';

vi.mock('node:timers/promises', async (actual) => (await import('./hurry.ts')).hurried(await actual()));
