/** Checks that the bucket exists and holds repositories. */
import type { RootListing } from '../model.ts';
import type { Settings } from '../settings/settings.ts';
import { cureOf, ok, spaces, wrong, type Check } from './check.ts';

/** Judges a listing of the bucket's root. */
export function bucketChecks(root: RootListing, { bucket, prefix }: Pick<Settings, 'bucket' | 'prefix'>): Check[] {
  const check = `bucket ${bucket}/${prefix}`;
  if (root.state === 'not-looked') return [];
  if (root.state === 'unknown') return [wrong('failed', check, root.message, cureOf(root.reason))];
  const count = root.namespaces.size;
  return count === 0
    ? [wrong('warning', check, 'listed; it is empty', cureOf('bucket-unmarked'))]
    : [ok(check, `listed, ${spaces(count)} repositories`)];
}
