/** The region of the bucket, from the AWS SDK's own variables. */
import type { Environment } from './environment.ts';

/** Null: the environment names none (the SDK may still find one in a profile). */
export function regionOf(env: Environment): string | null {
  return env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? null;
}
