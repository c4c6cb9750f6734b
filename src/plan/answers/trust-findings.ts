/** What keeps a listing from being believed as it stands: too much is missing, it is overruled in vain, or its times are a copy's. */
import { isCopy, type MarkerLook } from '../../bucket-marker.ts';
import type { Finding } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import type { Context } from '../facts/situation.ts';

/** @param about the bucket, as findings name it */
export function trustFindings({ bucket, settings, frozen, cluster: { index } }: Context, about: string): Finding[] {
  const findings: Finding[] = [];
  if (frozen === 'listing-shrank') findings.push({ reason: frozen, about, message: shrank(index) });
  if (settings.acceptedIndex !== null && !settings.acceptShrink)
    findings.push({
      reason: 'acceptance-unmatched',
      about: '--accept-shrink',
      message: `it names ${timeOf(settings.acceptedIndex)} and the index is of ${timeOf(index.generatedAt ?? 'none')}: it has no effect`,
    });
  if (bucket.marker?.state === 'read' && isCopy(bucket.marker))
    findings.push({ reason: 'bucket-copied', about, message: copied(bucket.marker) });
  return findings;
}

/** With the command that accepts, which names the index. */
export function shrank({ generatedAt }: Context['cluster']['index']): string {
  return `most of the known repositories are missing from the listing, so nothing is created or deleted; if that is right: volsync-prewarm run --accept-shrink ${timeOf(generatedAt ?? 'none')}`;
}

/** As `--accept-shrink` takes it. */
export function timeOf(at: Instant | 'none'): string {
  return at === 'none' ? at : new Date(at).toISOString();
}

function copied({ marker, objectAt }: Extract<MarkerLook, { state: 'read' }>): string {
  return `the marker says that it was written at ${timeOf(marker.at)}, and the object is of ${timeOf(objectAt)}: times in this bucket tell no order; when the copy is complete: volsync-prewarm mark-bucket`;
}
