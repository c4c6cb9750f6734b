/** What the worker may not do to what others handed over. */
import {
  OURS,
  DESTINATIONS,
  SOURCES,
  TRIGGER,
  ONLY,
  rd,
  rs,
  adoptedRd,
  adoptedRs,
  adopted,
  notes,
  OWNER,
  attempt,
  type JailRow,
} from './jail-build.ts';

const ASKED = { manual: 'volsync-prewarm-backup-until-1795827360000', schedule: '30 * * * *' };
const RELEASE = { spec: { trigger: { manual: null } } };

export const ADOPTED_WAYS: readonly JailRow[] = [
  attempt(
    'another repository into an adopted destination',
    { how: 'patches', before: adoptedRd, change: { spec: { restic: { repository: 'mine' } } } },
    ONLY,
  ),
  attempt(
    'a schedule into an adopted destination',
    { how: 'patches', before: adoptedRd, change: { spec: { trigger: { schedule: '* * * * *' } } } },
    ONLY,
  ),
  attempt(
    'the trigger out of an adopted destination',
    { how: 'patches', before: adoptedRd, change: { spec: { trigger: null } } },
    ONLY,
  ),
  attempt(
    'the manual trigger out of an adopted destination',
    { how: 'patches', before: adoptedRd, change: { spec: { trigger: { manual: null } } } },
    ONLY,
  ),
  attempt(
    'a setting of restic out of an adopted destination',
    { how: 'patches', before: adoptedRd, change: { spec: { restic: { volumeSnapshotClassName: null } } } },
    ONLY,
  ),
  attempt(
    'a setting of restic into an adopted destination',
    { how: 'patches', before: adoptedRd, change: { spec: { restic: { previous: 1 } } } },
    ONLY,
  ),
  attempt(
    'the pause of an adopted destination',
    { how: 'patches', before: adoptedRd, change: { spec: { paused: true } } },
    ONLY,
  ),
  attempt(
    'an annotation of another name onto an adopted destination',
    { how: 'patches', before: adoptedRd, change: notes({ 'volsync-prewarm.example.org/note': 'x' }) },
    ONLY,
  ),
  attempt(
    'another value into somebody’s annotation of an adopted destination',
    {
      how: 'patches',
      before: adopted(rd(notes({ 'example.org/note': 'theirs' }))),
      change: notes({ 'example.org/note': 'ours' }),
    },
    ONLY,
  ),
  attempt(
    'somebody’s annotation off an adopted destination',
    {
      how: 'patches',
      before: adopted(rd(notes({ 'example.org/note': 'theirs' }))),
      change: notes({ 'example.org/note': null }),
    },
    ONLY,
  ),
  attempt(
    'a manual trigger into an adopted destination with a schedule',
    {
      how: 'patches',
      before: adopted(rd({ spec: { trigger: { manual: null, schedule: '0 3 * * *' } } })),
      change: TRIGGER,
    },
    ONLY,
  ),
  attempt(
    'another schedule into an adopted destination',
    {
      how: 'patches',
      before: adopted(rd({ spec: { trigger: { manual: null, schedule: '0 3 * * *' } } })),
      change: { spec: { trigger: { schedule: '0 4 * * *' } } },
    },
    ONLY,
  ),
  attempt(
    'a trigger into an adopted destination without one',
    { how: 'patches', before: adopted(rd({ spec: { trigger: null } })), change: TRIGGER },
    ONLY,
  ),
  attempt(
    'the word unlock into an adopted source that is not restic’s',
    {
      how: 'patches',
      before: adopted(rs({ spec: { restic: null, rclone: {} } })),
      change: { spec: { restic: { unlock: 'lock-1' } } },
    },
    ONLY,
  ),
  attempt(
    'the trigger of the command backup out of an adopted source with a schedule',
    { how: 'patches', before: adopted(rs({ spec: { trigger: ASKED } })), change: RELEASE },
    null,
  ),
  attempt(
    'somebody’s manual trigger out of an adopted source with a schedule',
    { how: 'patches', before: adopted(rs({ spec: { trigger: { ...ASKED, manual: 'mine' } } })), change: RELEASE },
    ONLY,
  ),
  attempt(
    'the trigger of the command backup out of an adopted source without a schedule',
    { how: 'patches', before: adopted(rs({ spec: { trigger: { ...ASKED, schedule: null } } })), change: RELEASE },
    ONLY,
  ),
  attempt(
    'the trigger of the command backup out of an adopted source, with its schedule',
    { how: 'patches', before: adopted(rs({ spec: { trigger: ASKED } })), change: { spec: { trigger: null } } },
    ONLY,
  ),
  attempt(
    'such a trigger out of an adopted destination',
    { how: 'patches', before: adopted(rd({ spec: { trigger: ASKED } })), change: RELEASE },
    ONLY,
  ),
  attempt(
    'the schedule out of an adopted source with such a trigger',
    {
      how: 'patches',
      before: adopted(rs({ spec: { trigger: ASKED } })),
      change: { spec: { trigger: { schedule: null } } },
    },
    ONLY,
  ),
  attempt(
    'the pause of an adopted source',
    { how: 'patches', before: adoptedRs, change: { spec: { paused: true } } },
    ONLY,
  ),
  attempt(
    'another pause into an adopted destination that says one',
    { how: 'patches', before: adopted(rd({ spec: { paused: false } })), change: { spec: { paused: true } } },
    ONLY,
  ),
  attempt(
    'an annotation of another name onto an adopted source',
    { how: 'patches', before: adoptedRs, change: notes({ 'example.org/note': 'ours' }) },
    ONLY,
  ),
  attempt(
    'its label on an adopted destination',
    { how: 'patches', before: adoptedRd, change: { metadata: { labels: OURS } } },
    ONLY,
  ),
  attempt(
    'a finalizer on an adopted destination',
    { how: 'patches', before: adoptedRd, change: { metadata: { finalizers: ['example.org/mine'] } } },
    ONLY,
  ),
  attempt(
    'an owner of an adopted destination',
    { how: 'patches', before: adoptedRd, change: { metadata: { ownerReferences: [OWNER] } } },
    ONLY,
  ),
  attempt('an adopted destination', { how: 'deletes', before: adoptedRd }, DESTINATIONS),
  attempt(
    'another claim into an adopted source',
    { how: 'patches', before: adoptedRs, change: { spec: { sourcePVC: 'other' } } },
    ONLY,
  ),
  attempt(
    'the claim out of an adopted source',
    { how: 'patches', before: adoptedRs, change: { spec: { sourcePVC: null } } },
    ONLY,
  ),
  attempt(
    'another retention into an adopted source',
    { how: 'patches', before: adoptedRs, change: { spec: { restic: { retain: { hourly: 1 } } } } },
    ONLY,
  ),
  attempt('an adopted source', { how: 'deletes', before: adoptedRs }, SOURCES),
];
