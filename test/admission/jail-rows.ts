/** What our own worker may write, and what it may not: the table of the jail, with every way out that we could think of. */
import { HOME_NAMESPACE, INDEX_LABEL, MANAGED_BY, PRODUCT, indexName } from '../../src/naming.ts';
import {
  NS,
  OURS,
  ADOPTED,
  SECRETS,
  DESTINATIONS,
  SOURCES,
  FIRST,
  INTO,
  MOVER,
  INTO_CLAIM,
  TRIGGER,
  STATUS,
  STALE,
  STRICT,
  secret,
  rd,
  rs,
  index,
  labels,
  named,
  foreignSecret,
  base,
  foreignRd,
  foreignRs,
  adoptedRd,
  adoptedRs,
  adopted,
  notes,
  attempt,
  somebodyElse,
  type JailRow,
} from './jail-build.ts';
import { ADOPTED_WAYS } from './jail-adopted.ts';

const ITS_WORK: JailRow[] = [
  attempt('repository credentials', { how: 'applies', sent: secret() }, null),
  attempt(
    'its repository credentials again',
    { how: 'applies', before: secret(), sent: secret({ data: { RESTIC_PASSWORD: 'b3RoZXI=' } }) },
    null,
  ),
  attempt('its repository credentials', { how: 'deletes', before: secret() }, null),
  attempt('a destination', { how: 'applies', sent: rd() }, null),
  attempt(
    'another trigger into its destination',
    { how: 'patches', before: rd(), change: { spec: { trigger: { manual: '5e6f7a8b' } } } },
    null,
  ),
  attempt('its destination', { how: 'deletes', before: rd() }, null),
  attempt('a source', { how: 'applies', sent: rs() }, null),
  attempt('its source', { how: 'deletes', before: rs() }, null),
  attempt(
    'entries into the index',
    {
      how: 'patches',
      sent: index(),
      before: index(),
      change: { spec: { external: { parameters: { 'media.data': 'ignore' } } } },
    },
    null,
  ),
  attempt(
    'entries into an index that Helm calls its own',
    {
      how: 'patches',
      before: index({ metadata: { labels: { [MANAGED_BY]: 'Helm' } } }),
      change: { spec: { external: { parameters: { 'media.data': 'ignore' } } } },
    },
    null,
  ),
  attempt(
    'its annotations onto a destination that was handed over as it was',
    {
      how: 'patches',
      before: rd({ spec: { restic: { repository: 'theirs', destinationPVC: 'live' }, paused: false } }),
      change: { metadata: { annotations: { 'volsync-prewarm/asked-at': 'now' } } },
    },
    null,
  ),
  attempt('a second index object', { how: 'applies', sent: index(named(indexName(1))) }, null),
  attempt(
    'the installer’s word into a further index object',
    {
      how: 'patches',
      before: index(named(indexName(1))),
      change: { spec: { external: { parameters: { _onStale: 'deny' } } } },
    },
    null,
  ),
  attempt(
    'another trigger into an adopted destination',
    { how: 'patches', before: adoptedRd, change: { spec: { trigger: { manual: '5e6f7a8b' } } } },
    null,
  ),
  attempt(
    'another size into its own destination, which is adopted as well',
    { how: 'patches', before: rd(labels(ADOPTED)), change: { spec: { restic: { capacity: '20Gi' } } } },
    null,
  ),
  attempt(
    'its annotations onto its destination that another mover fills',
    { how: 'patches', before: rd({ spec: { rclone: {} } }), change: notes({ 'volsync-prewarm/asked-at': 'now' }) },
    null,
  ),
  attempt(
    'a destination that restores from a Secret of somebody’s own',
    { how: 'creates', sent: rd({ spec: { restic: { repository: 'restic-config' } } }) },
    null,
  ),
  attempt('the pause of its destination', { how: 'patches', before: rd(), change: { spec: { paused: true } } }, null),
  attempt(
    'the pause out of its destination, and another trigger into it',
    {
      how: 'patches',
      before: rd({ spec: { paused: true } }),
      change: { spec: { paused: null, trigger: { manual: '5e6f7a8b' } } },
    },
    null,
  ),
  attempt(
    'its annotations onto an adopted destination',
    { how: 'patches', before: adoptedRd, change: notes({ 'volsync-prewarm/verified-image': 'x' }) },
    null,
  ),
  attempt(
    'its annotations onto an adopted destination that has others',
    {
      how: 'patches',
      before: adopted(rd(notes({ 'example.org/note': 'theirs', 'volsync-prewarm/suspect-image': 'x' }))),
      change: notes({ 'volsync-prewarm/suspect-image': null, 'volsync-prewarm/newest-snapshot': '5e6f7a8b' }),
    },
    null,
  ),
  attempt(
    'its annotations onto an adopted destination that restores into a claim',
    { how: 'patches', before: adopted(rd(INTO_CLAIM)), change: notes({ 'volsync-prewarm/verified-image': 'x' }) },
    null,
  ),
  attempt(
    'another schedule and retention into its source',
    {
      how: 'patches',
      before: rs(),
      change: { spec: { trigger: { schedule: '5 * * * *' }, restic: { retain: { last: 'unlimited' } } } },
    },
    null,
  ),
  attempt(
    'the word unlock out of an adopted source',
    {
      how: 'patches',
      before: adopted(rs({ spec: { restic: { unlock: 'lock-1' } } })),
      change: { spec: { restic: { unlock: null } } },
    },
    null,
  ),
  attempt(
    'the word unlock into an adopted source',
    { how: 'patches', before: adoptedRs, change: { spec: { restic: { unlock: 'lock-1' } } } },
    null,
  ),
];

const SECRET_WAYS: JailRow[] = [
  attempt('a Secret of another name', { how: 'creates', sent: secret(named('token')) }, SECRETS),
  attempt('a Secret of another name', { how: 'applies', sent: secret(named('token')) }, SECRETS),
  attempt(
    'a Secret whose name the server makes',
    { how: 'creates', sent: secret({ metadata: { name: null, generateName: 'data-volsync-secret' } }) },
    SECRETS,
  ),
  attempt('repository credentials without its label', { how: 'creates', sent: secret(labels(null)) }, SECRETS),
  attempt(
    'repository credentials with another manager’s label',
    { how: 'creates', sent: secret(labels({ [MANAGED_BY]: 'helm' })) },
    SECRETS,
  ),
  attempt(
    'a token of a service account',
    {
      how: 'creates',
      sent: secret({
        type: 'kubernetes.io/service-account-token',
        metadata: { annotations: { 'kubernetes.io/service-account.name': 'default' } },
      }),
    },
    SECRETS,
  ),
  attempt('a Secret of a type of its own', { how: 'creates', sent: secret({ type: 'example.org/other' }) }, SECRETS),
  attempt(
    'other people’s repository credentials',
    { how: 'patches', before: foreignSecret, change: { data: { RESTIC_PASSWORD: 'b3RoZXI=' } } },
    SECRETS,
  ),
  attempt(
    'other people’s repository credentials, to make them its own',
    { how: 'patches', before: foreignSecret, change: { metadata: { labels: OURS } } },
    SECRETS,
  ),
  attempt('other people’s repository credentials', { how: 'applies', before: foreignSecret, sent: secret() }, SECRETS),
  attempt('other people’s repository credentials', { how: 'replaces', before: foreignSecret, sent: secret() }, SECRETS),
  attempt('other people’s repository credentials', { how: 'deletes', before: foreignSecret }, SECRETS),
  attempt(
    'its label off its repository credentials',
    { how: 'patches', before: secret(), change: { metadata: { labels: { [MANAGED_BY]: null } } } },
    SECRETS,
  ),
  attempt(
    'the base credentials',
    { how: 'patches', before: base, change: { data: { RESTIC_PASSWORD: 'b3RoZXI=' } } },
    SECRETS,
  ),
  attempt(
    'the base credentials, to make them its own',
    { how: 'patches', before: base, change: { metadata: { labels: OURS } } },
    SECRETS,
  ),
  attempt('the base credentials', { how: 'deletes', before: base }, SECRETS),
  attempt(
    'base credentials that carry its label',
    { how: 'deletes', before: secret(named('volsync-rustfs-base')) },
    SECRETS,
  ),
  attempt(
    'an adopted Secret',
    {
      how: 'patches',
      before: secret(labels({ ...ADOPTED, [MANAGED_BY]: null })),
      change: { data: { RESTIC_PASSWORD: 'b3RoZXI=' } },
    },
    SECRETS,
  ),
];

const DESTINATION_WAYS: JailRow[] = [
  attempt('a destination without its label', { how: 'creates', sent: foreignRd }, DESTINATIONS),
  attempt('a destination of another name', { how: 'creates', sent: rd(named('data')) }, DESTINATIONS),
  attempt(
    'another trigger into other people’s destination',
    { how: 'patches', before: foreignRd, change: { spec: { trigger: { manual: '5e6f7a8b' } } } },
    DESTINATIONS,
  ),
  attempt(
    'other people’s destination, to make it its own',
    { how: 'patches', before: foreignRd, change: { metadata: { labels: OURS } } },
    DESTINATIONS,
  ),
  attempt('other people’s destination', { how: 'applies', before: foreignRd, sent: rd() }, DESTINATIONS),
  attempt('other people’s destination', { how: 'replaces', before: foreignRd, sent: rd() }, DESTINATIONS),
  attempt('other people’s destination', { how: 'deletes', before: foreignRd }, DESTINATIONS),
  attempt(
    'its label off its destination',
    { how: 'patches', before: rd(), change: { metadata: { labels: { [MANAGED_BY]: null } } } },
    DESTINATIONS,
  ),
  attempt(
    'the label adopt and a trigger into other people’s destination',
    {
      how: 'patches',
      before: foreignRd,
      change: { metadata: { labels: ADOPTED }, spec: { trigger: { manual: '5e6f7a8b' } } },
    },
    DESTINATIONS,
  ),
  attempt(
    'another trigger where the label adopt says false',
    {
      how: 'patches',
      before: rd(labels({ 'volsync-prewarm/adopt': 'false', [MANAGED_BY]: null })),
      change: { spec: { trigger: { manual: '5e6f7a8b' } } },
    },
    DESTINATIONS,
  ),
];

const SOURCE_WAYS: JailRow[] = [
  attempt('a source without its label', { how: 'creates', sent: foreignRs }, SOURCES),
  attempt('a source of another name', { how: 'creates', sent: rs(named('nightly')) }, SOURCES),
  attempt(
    'other people’s source, to make it its own',
    { how: 'patches', before: foreignRs, change: { metadata: { labels: OURS } } },
    SOURCES,
  ),
  attempt(
    'the pause of other people’s source',
    { how: 'patches', before: foreignRs, change: { spec: { paused: true } } },
    SOURCES,
  ),
  attempt('other people’s source', { how: 'deletes', before: foreignRs }, SOURCES),
  attempt(
    'its label off its source',
    { how: 'patches', before: rs(), change: { metadata: { labels: { [MANAGED_BY]: null } } } },
    SOURCES,
  ),
  attempt(
    'a source with the name and the label of the index',
    {
      how: 'creates',
      sent: rs({
        metadata: {
          namespace: HOME_NAMESPACE,
          name: indexName(1),
          labels: { [INDEX_LABEL]: 'true', [MANAGED_BY]: null },
        },
      }),
    },
    SOURCES,
  ),
];

const CONTENT_WAYS: JailRow[] = [
  attempt('a destination that restores into a claim', { how: 'creates', sent: rd(INTO_CLAIM) }, INTO),
  attempt('a claim into its destination', { how: 'patches', before: rd(), change: INTO_CLAIM }, INTO),
  attempt(
    'another claim into its destination, which has one',
    { how: 'patches', before: rd(INTO_CLAIM), change: { spec: { restic: { destinationPVC: 'other' } } } },
    INTO,
  ),
  attempt(
    'another trigger into its destination that restores into a claim',
    { how: 'patches', before: rd(INTO_CLAIM), change: TRIGGER },
    INTO,
  ),
  attempt(
    'another trigger into an adopted destination that restores into a claim',
    { how: 'patches', before: adopted(rd(INTO_CLAIM)), change: TRIGGER },
    INTO,
  ),
  attempt('a claim into an adopted destination', { how: 'patches', before: adoptedRd, change: INTO_CLAIM }, INTO),
  attempt(
    'a claim into its destination, which it called adopted',
    { how: 'patches', before: rd({ metadata: { labels: ADOPTED } }), change: INTO_CLAIM },
    INTO,
  ),
  attempt('a destination with another mover', { how: 'creates', sent: rd({ spec: { rclone: {} } }) }, MOVER),
  attempt(
    'another mover into its destination',
    { how: 'patches', before: rd(), change: { spec: { rclone: {} } } },
    MOVER,
  ),
  attempt(
    'its destination',
    {
      how: 'patches the status of',
      before: rd(),
      change: { status: { latestImage: { kind: 'VolumeSnapshot', name: 'empty' } } },
    },
    STATUS,
  ),
  attempt(
    'its source',
    { how: 'patches the status of', before: rs(), change: { status: { lastManualSync: 'now' } } },
    STATUS,
  ),
];

const INDEX_WAYS: JailRow[] = [
  attempt('the first index object', { how: 'creates', sent: index() }, FIRST),
  attempt('the index', { how: 'deletes', before: index() }, DESTINATIONS),
  attempt(
    'the label of the index off it',
    { how: 'patches', before: index(), change: { metadata: { labels: { [INDEX_LABEL]: null } } } },
    DESTINATIONS,
  ),
  attempt(
    'an index in another namespace',
    { how: 'creates', sent: index({ metadata: { namespace: NS, name: indexName(1) } }) },
    DESTINATIONS,
  ),
  attempt('an index object of another name', { how: 'creates', sent: index(named('index')) }, DESTINATIONS),
  attempt(
    'an index object of nearly its name',
    { how: 'creates', sent: index(named('volsync-prewarm-indexes')) },
    DESTINATIONS,
  ),
  attempt(
    'somebody else’s object with the name of the index',
    {
      how: 'patches',
      before: index({ metadata: { name: indexName(1), labels: { [INDEX_LABEL]: null, [MANAGED_BY]: null } } }),
      change: { metadata: { labels: { [INDEX_LABEL]: 'true', [MANAGED_BY]: PRODUCT } } },
    },
    DESTINATIONS,
  ),
  attempt(
    'a restore into the index',
    { how: 'patches', before: index(), change: { spec: { restic: { repository: 'mine' } } } },
    DESTINATIONS,
  ),
  attempt(
    'another mover into the index',
    { how: 'patches', before: index(), change: { spec: { rclone: {} } } },
    DESTINATIONS,
  ),
  attempt(
    'how strict the index is',
    { how: 'patches', before: index(STRICT), change: { spec: { external: { parameters: { _onStale: 'allow' } } } } },
    STALE,
  ),
  attempt(
    'how strict the index is, by leaving it out',
    { how: 'patches', before: index(STRICT), change: { spec: { external: { parameters: { _onStale: null } } } } },
    STALE,
  ),
  attempt(
    'an index object without its label',
    { how: 'creates', sent: index({ metadata: { name: indexName(1), labels: { [INDEX_LABEL]: null } } }) },
    DESTINATIONS,
  ),
  attempt(
    'an index object whose label says false',
    { how: 'creates', sent: index({ metadata: { name: indexName(1), labels: { [INDEX_LABEL]: 'false' } } }) },
    DESTINATIONS,
  ),
];

const OTHERS: JailRow[] = [
  somebodyElse(attempt('a Secret of any name', { how: 'creates', sent: secret(named('token')) }, null)),
  somebodyElse(
    attempt(
      'repository credentials',
      { how: 'patches', before: secret(), change: { metadata: { labels: { [MANAGED_BY]: null } } } },
      null,
    ),
  ),
  somebodyElse(attempt('a destination of any name', { how: 'creates', sent: rd(named('data')) }, null)),
  somebodyElse(attempt('a destination of ours', { how: 'deletes', before: rd() }, null)),
  somebodyElse(attempt('a source without our label', { how: 'creates', sent: foreignRs }, null)),
];

export const JAIL_ROWS: readonly JailRow[] = [
  ...ITS_WORK,
  ...SECRET_WAYS,
  ...DESTINATION_WAYS,
  ...SOURCE_WAYS,
  ...CONTENT_WAYS,
  ...INDEX_WAYS,
  ...ADOPTED_WAYS,
  ...OTHERS,
];
