/** Claims that carry no label that we know. */
import type { OtherClaim } from '../../src/model.ts';
import { HOUR, NOW, PLACE } from './build.ts';

/** A claim without a label that we know, which refers to no destination. */
export function otherClaim(overrides: Partial<OtherClaim> = {}): OtherClaim {
  return {
    ...PLACE,
    uid: 'uid-of-other-claim',
    label: null,
    createdAt: NOW - 48 * HOUR,
    phase: 'Bound',
    request: '5Gi',
    storageClass: 'longhorn',
    restoresFrom: null,
    ...overrides,
  };
}
