/** A row made real: its tokens replaced, its objects in a namespace of its own, and what came out read as a fate. */
import {
  asInput,
  at,
  fieldsAt,
  isFields,
  mergePatch,
  same,
  text,
  type Fields,
  type ObjectInput,
} from '../../sandbox/kube/objects.ts';
import {
  ANNOTATION,
  BACKUP_LABEL,
  CREATED_BY_VOLSYNC,
  HOME_NAMESPACE,
  INDEX_LABEL,
  INDEX_PROVIDER,
  TIERS,
  destinationName,
} from '../../src/naming.ts';
import type { Fate, IndexState, Missing, Outcome, Overlay, PolicyName, Refused, Row, Warned } from './words.ts';

/** What can be asked of any API, and of the pure core. */
export interface Situation {
  row: Row;
  overlay: Overlay;
  /** the namespace that `@ns` became */
  namespace: string;
  /** namespaces, destinations and sources, in an order in which they can be created */
  objects: readonly ObjectInput[];
  /** what the index says for this row */
  entries: Readonly<Record<string, string>>;
  claim: ObjectInput;
  before: ObjectInput | null;
}

/** What an API said to it. */
export interface Answered {
  code: number;
  /** of a refusal */
  message: string;
  /** of the claim that was let in */
  spec: Fields;
  warnings: readonly string[];
}

const AGO = /@ago (-?\d+)m(\.\d+)?/g;

/** Texts with `@ago 21m` as they are now, to the second. */
function inTime<Value>(value: Value, now: Date): Value {
  const written = JSON.stringify(value).replaceAll(AGO, (_token, minutes: string, fraction: string | undefined) => {
    const time = new Date(now.getTime() - Number(minutes) * 60_000).toISOString().slice(0, 19);
    return `${time}${fraction ?? ''}Z`;
  });
  const read: Value = JSON.parse(written);
  return read;
}

function inNamespace<Value>(value: Value, namespace: string): Value {
  const read: Value = JSON.parse(JSON.stringify(value).replaceAll('@ns', namespace));
  return read;
}

/** A row in a namespace of its own. */
export function situate(row: Row, overlay: Overlay, { namespace, now }: { namespace: string; now: Date }): Situation {
  const { world, index, claim, before } = inTime(inNamespace(row, namespace), now);
  const homes = new Set([namespace, ...world.map(({ metadata }) => metadata.namespace ?? namespace)]);
  const namespaces = [...homes].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  return { row, overlay, namespace, objects: [...namespaces, ...world], entries: index, claim, before };
}

/** The index objects of a group: the overlay's own first one, and what the group and its rows say. */
export function indexObjects(
  shipped: ObjectInput,
  state: IndexState,
  entries: Readonly<Record<string, string>>,
  now: Date,
): ObjectInput[] {
  if (state.absent) return [];
  const parametersOf = (keys: IndexState['first'], own: boolean): Fields => ({ ...keys, ...(own ? entries : {}) });
  const first = withParameters(shipped, parametersOf(state.first, !state.entriesInSecond));
  const bare = {
    ...first,
    metadata: {
      name: state.secondName,
      namespace: HOME_NAMESPACE,
      labels: state.secondUnlabelled ? {} : { [INDEX_LABEL]: 'true' },
    },
    spec: { external: { provider: INDEX_PROVIDER, parameters: {} } },
  };
  const objects = [state.unlabelled ? withoutLabel(first) : first];
  if (state.second !== null) objects.push(withParameters(bare, parametersOf(state.second, state.entriesInSecond)));
  return inTime(objects, now);
}

function withParameters(object: ObjectInput, parameters: Fields): ObjectInput {
  return asInput(mergePatch(object, { spec: { external: { parameters } } }));
}

function withoutLabel(object: ObjectInput): ObjectInput {
  return asInput(mergePatch(object, { metadata: { labels: { [INDEX_LABEL]: null } } }));
}

/** Is it ours to fill: protected, not VolSync's own, and not a static volume? */
function isOurs(claim: ObjectInput): boolean {
  const { label, value } = CREATED_BY_VOLSYNC;
  const own = claim.metadata.labels?.[label] === value || /^(volsync|vs-prime)-/.test(claim.metadata.name ?? '');
  const isStatic = text(claim, 'spec.storageClassName') === '' || at(claim, 'spec.selector') !== undefined;
  return isProtected(claim) && !own && !isStatic && (text(claim, 'spec.volumeName') ?? '') === '';
}

function isProtected(claim: ObjectInput): boolean {
  return TIERS.some((tier) => tier === claim.metadata.labels?.[BACKUP_LABEL]);
}

/** Is there an image that a claim can be filled from, by the facts alone? */
export function hasImage({ objects, namespace }: Pick<Situation, 'objects' | 'namespace'>, name: string): boolean {
  const found = objects.find(
    ({ kind, metadata }) =>
      kind === 'ReplicationDestination' && metadata.namespace === namespace && metadata.name === name,
  );
  const image = text(found, 'status.latestImage.name') ?? '';
  const suspect = found?.metadata.annotations?.[ANNOTATION.suspectImage] === image;
  return image !== '' && text(found, 'status.latestImage.kind') === 'VolumeSnapshot' && !suspect;
}

/** Where the user says that the data is from; what the API server drops does not count. */
function ownSource({ claim }: Situation): unknown {
  const { dataSource, dataSourceRef } = fieldsAt(claim, 'spec');
  const kept = ['PersistentVolumeClaim', 'VolumeSnapshot'].includes(text(dataSource, 'kind') ?? '');
  return dataSourceRef ?? (kept ? dataSource : undefined);
}

/** What became of a claim that was let in; a text that is no fate says what is wrong. */
function fateOf(situation: Situation, spec: Fields): Fate | `odd: ${string}` {
  const { claim, row } = situation;
  const ref = spec['dataSourceRef'];
  const own = ownSource(situation);
  if (row.way === 'update')
    return sameSource(ref, at(situation.before, 'spec.dataSourceRef')) ? 'untouched' : oddly(ref);
  if (own !== undefined) return sameSource(ref, own) ? 'untouched' : oddly(ref);
  if (ref === undefined) {
    return isOurs(claim) ? 'starts empty' : 'untouched';
  }
  const name = destinationName(claim.metadata.name ?? '');
  const ours = sameSource(ref, { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name });
  if (!ours || !isOurs(claim)) return oddly(ref);
  return hasImage(situation, name) ? 'restored' : 'waits';
}

/** A real server writes `apiGroup: null` where none was given. */
function sameSource(one: unknown, other: unknown): boolean {
  return same(mergePatch({}, one), mergePatch({}, other));
}

function oddly(ref: unknown): `odd: ${string}` {
  return `odd: refers to ${isFields(ref) ? JSON.stringify(ref) : 'nothing'}`;
}

/** What each policy's bindings are called. */
const BINDINGS: Readonly<Record<PolicyName, readonly string[]>> = {
  gate: ['gate-index-missing', 'gate-shards'],
  'gate-source': ['gate-source'],
  shape: ['shape', 'shape-adopted'],
  prime: ['prime', 'prime-adopted'],
  'opt-out': ['opt-out'],
  restore: ['restore'],
  hold: ['hold'],
};

/** The server's own words before ours, by each of the policy's bindings. */
function said(policy: PolicyName): string[] {
  return BINDINGS[policy].map(
    (binding) => `ValidatingAdmissionPolicy 'volsync-prewarm-${policy}' with binding 'volsync-prewarm-${binding}'`,
  );
}

function toldBy(warnings: readonly string[], { warned, saying }: Warned): boolean {
  const begins = said(warned).map((who) => `Validation failed for ${who}: volsync-prewarm: `);
  return warnings.some((warning) => begins.some((begin) => warning.startsWith(begin)) && warning.includes(saying));
}

function refusedBy(message: string, { refused, saying }: Refused, name: string): boolean {
  const begins = said(refused).map(
    (who) => `persistentvolumeclaims "${name}" is forbidden: ${who} denied request: volsync-prewarm: `,
  );
  return begins.some((begin) => message.startsWith(begin)) && message.includes(saying);
}

/** The server's answer where the index is not. */
function isMissing({ code, message }: Answered, { missing }: Missing): boolean {
  const why = 'no params found for policy binding with `Deny` parameterNotFoundAction';
  return (
    code === 422 &&
    message.includes(`with binding 'volsync-prewarm-${missing}' denied request: failed to configure binding: ${why}`)
  );
}

/** What differs between an answer and what the table says; null when nothing does. */
export function differs(situation: Situation, answered: Answered): string | null {
  const expected: Outcome = situation.row.outcome[situation.overlay];
  const got = answered.code < 300 ? fateOf(situation, answered.spec) : `${answered.code} ${answered.message}`;
  if (typeof expected === 'object' && 'refused' in expected) {
    const right = answered.code === 403 && refusedBy(answered.message, expected, situation.claim.metadata.name ?? '');
    return right ? null : `expected ${expected.refused} to refuse with "${expected.saying}", got: ${got}`;
  }
  if (typeof expected === 'object' && 'missing' in expected)
    return isMissing(answered, expected) ? null : `expected a refusal by ${expected.missing}, got: ${got}`;
  return letInOtherwise(answered, got, expected);
}

function letInOtherwise({ code, warnings }: Answered, got: string, expected: Fate | Warned): string | null {
  const fate = typeof expected === 'string' ? expected : expected.fate;
  if (code >= 300 || got !== fate) return `expected: ${fate}, got: ${got}`;
  if (typeof expected === 'string') return warnings.length === 0 ? null : `unexpected warning: ${warnings.join(' | ')}`;
  if (toldBy(warnings, expected)) return null;
  return `expected a warning of ${expected.warned} with "${expected.saying}", got: ${warnings.join(' | ') || 'none'}`;
}
