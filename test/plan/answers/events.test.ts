/** Warning events on a claim: what it waits for in vain, and what is in doubt about its start. */
import { expect, it } from 'vitest';
import { warningsOf } from '../../../src/plan/answers/events.ts';
import type { ProtectedClaim } from '../../../src/plan/backup/protected-claim.ts';
import { HOUR, MINUTE, NEWEST, NOW, PLACE, planOf } from '../../support/build.ts';

const [PLEX] = planOf().claims;
const UID = 'uid-of-claim';
const TROUBLE = { reason: 'claim-too-small', message: 'It is too small.', detail: 'HTTP 503' } as const;
const MISSED: Pick<ProtectedClaim, 'protection'> = {
  protection: {
    ...PLEX!.protection,
    began: 'missed',
    origin: { uid: UID, origin: 'missed', held: null, newest: NEWEST, since: null },
    source: { ...PLEX!.protection.source, ours: true },
  },
};
const WAITS = {
  kind: 'warn-claim',
  ...PLACE,
  uid: UID,
  reason: 'claim-too-small',
  message: 'It is too small.',
  at: NOW,
};
const IN_DOUBT = {
  ...WAITS,
  reason: 'restore-missed',
  message: `the claim started without its backup (newest snapshot from before it: ${NEWEST}); its source keeps everything; to get that data: delete the claim and create it again; to go on as it is: kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=${UID} --overwrite`,
};

it.each<[string, unknown[], Partial<ProtectedClaim>]>([
  ['nothing in the ordinary world', [], {}],
  ['what it waits for, without the server’s own words', [WAITS], { trouble: TROUBLE }],
  ['what is in doubt', [IN_DOUBT], MISSED],
  ['both', [WAITS, IN_DOUBT], { ...MISSED, trouble: TROUBLE }],
  ['nothing where there is no claim that could carry it', [], { ...MISSED, trouble: TROUBLE, claimObject: null }],
])('%s', (_, expected, facts) => {
  expect(warningsOf({ ...PLEX!, ...facts }, NOW)).toEqual(expected);
});

it('has the time of its hour, so that a repeat is no write', () => {
  const times = [0, MINUTE, HOUR - 1, HOUR].map(
    (later) => warningsOf({ ...PLEX!, trouble: TROUBLE }, NOW + later)[0]?.at,
  );
  expect(times).toEqual([NOW, NOW, NOW, NOW + HOUR]);
});
