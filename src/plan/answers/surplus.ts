/** Says by how much the restore points exceed --max-warm-bytes, and which would go. */
import type { Finding } from '../../decisions.ts';
import { formatBytes } from '../../units.ts';
import type { Surplus } from '../fleet/surplus.ts';

const MOST_NAMED = 10;

/** One finding, or none while everything fits. */
export function surplusFindings(surplus: Surplus | null): Finding[] {
  if (surplus === null) return [];
  const { bytes, limit, claims } = surplus;
  const named = claims.slice(0, MOST_NAMED).map(({ key }) => key);
  const more = claims.length > MOST_NAMED ? ` and ${claims.length - MOST_NAMED} more` : '';
  const going = claims.length === 0 ? 'none of them can go now' : `with --prune these go: ${named.join(', ')}${more}`;
  const message = `the restore points need ${formatBytes(bytes)}, which is ${formatBytes(bytes - limit)} more than --max-warm-bytes allows; ${going}`;
  return [{ reason: 'over-storage-budget', about: '--max-warm-bytes', message }];
}
