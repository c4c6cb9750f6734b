/** What the index says of itself: which listing of which place it is from, what is unknown, and why nothing else was written. */
import { rememberedMarker } from '../../bucket-marker.ts';
import type { Instant, RootListing } from '../../model.ts';
import { INDEX_KEY } from '../../naming.ts';
import { placeOf } from '../../restic/listed-place.ts';
import { newestFurther } from '../facts/elsewhere.ts';
import type { Context } from '../facts/situation.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';

type Listed = Extract<RootListing, { state: 'listed' }>;

/**
 * The keys about the index as a whole. From a listing that is not believed only what is new is told: the index keeps the time of
 * the listing before, by which the policies see its age, and which a person names to overrule it.
 * @param isEmpty it has no entry
 */
export function aboutOf(
  claims: readonly JudgedClaim[],
  { context, root, isEmpty }: { context: Context; root: Listed; isEmpty: boolean },
): Record<string, string> {
  const { frozen, settings, bucket } = context;
  const about = frozen === 'listing-shrank' ? keptAbout(context) : listingOf(context);
  about[INDEX_KEY.bucket] = placeOf(settings);
  const marker = markerOf(context, root);
  if (marker !== null) about[INDEX_KEY.marker] = marker;
  if (frozen !== null) about[INDEX_KEY.frozen] = frozen;
  for (const [namespace, level] of root.namespaces)
    if (level.state === 'unknown') about[INDEX_KEY.unknown + namespace] = level.reason;
  // A repository that exists but could not be listed is unknown, unless there is an earlier entry, or one now.
  for (const claim of claims) {
    const { backup, indexed, namespace } = claim;
    const isTold = newestFurther(claim) !== null || backup.reason === 'repository-unnamed';
    if (backup.state === 'unknown' && indexed === null && !isTold)
      about[INDEX_KEY.unknown + namespace] ??= backup.reason;
  }
  if (!root.marked && isEmpty && !claims.some(({ backup }) => backup.state === 'unknown'))
    about[INDEX_KEY.bucketUnmarked] = iso(bucket.startedAt);
  return about;
}

/** What was read of the marker in this run, else what the index remembers while the marker is there. */
function markerOf({ bucket, cluster: { index } }: Context, { marked }: Listed): string | null {
  if (bucket.marker !== null) return rememberedMarker(bucket.marker);
  return marked ? index.marker : null;
}

function listingOf({ bucket: { startedAt }, cluster: { index } }: Context): Record<string, string> {
  return { [INDEX_KEY.generatedAt]: iso(startedAt), [INDEX_KEY.since]: iso(index.since ?? startedAt) };
}

/** What the earlier index said of itself; every object of it has the oldest time of all. */
function keptAbout({ bucket, cluster: { index } }: Context): Record<string, string> {
  const said = Object.entries(index.shards[0]?.parameters ?? {}).filter(
    ([key]) =>
      key.startsWith('_') &&
      key !== INDEX_KEY.onStale &&
      !key.startsWith(INDEX_KEY.place) &&
      (bucket.marker === null || key !== INDEX_KEY.marker),
  );
  return {
    ...Object.fromEntries(said),
    ...(index.generatedAt !== null && { [INDEX_KEY.generatedAt]: iso(index.generatedAt) }),
  };
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
