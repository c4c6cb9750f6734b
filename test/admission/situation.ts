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
  HOME_NAMESPACE,
  INDEX_LABEL,
  INDEX_PROVIDER,
  TIERS,
  destinationName,
} from '../../src/naming.ts';
import type { Fate, IndexState, Outcome, Overlay, Row } from './words.ts';

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
export function situate(row: Row, overlay: Overlay, namespace: string): Situation {
  const { world, index, claim, before } = inNamespace(row, namespace);
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
  const objects = [first];
  if (state.second !== null) objects.push(withParameters(bare, parametersOf(state.second, state.entriesInSecond)));
  return inTime(objects, now);
}

function withParameters(object: ObjectInput, parameters: Fields): ObjectInput {
  return asInput(mergePatch(object, { spec: { external: { parameters } } }));
}

function isProtected(claim: ObjectInput): boolean {
  return TIERS.some((tier) => tier === claim.metadata.labels?.[BACKUP_LABEL]);
}

/** Is there an image that a claim can be filled from, by the facts alone? */
function hasImage({ objects, namespace }: Situation, name: string): boolean {
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
    const elsewhere = !isProtected(claim) || (text(claim, 'spec.volumeName') ?? '') !== '';
    return elsewhere ? 'untouched' : 'starts empty';
  }
  const name = destinationName(claim.metadata.name ?? '');
  const ours = sameSource(ref, { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name });
  const claimed = (text(claim, 'spec.volumeName') ?? '') !== '' || !isProtected(claim);
  if (!ours || claimed) return oddly(ref);
  return hasImage(situation, name) ? 'restored' : 'waits';
}

/** A real server writes `apiGroup: null` where none was given. */
function sameSource(one: unknown, other: unknown): boolean {
  return same(mergePatch({}, one), mergePatch({}, other));
}

function oddly(ref: unknown): `odd: ${string}` {
  return `odd: refers to ${isFields(ref) ? JSON.stringify(ref) : 'nothing'}`;
}

/** The server's own words before ours. */
function said(policy: string): string {
  return `ValidatingAdmissionPolicy 'volsync-prewarm-${policy}' with binding 'volsync-prewarm-${policy}'`;
}

function toldBy(warnings: readonly string[], { warned, saying }: { warned: string; saying: string }): boolean {
  const begin = `Validation failed for ${said(warned)}: volsync-prewarm: `;
  return warnings.some((warning) => warning.startsWith(begin) && warning.includes(saying));
}

function refusedBy(message: string, { refused, saying }: { refused: string; saying: string }, name: string): boolean {
  const begin = `persistentvolumeclaims "${name}" is forbidden: ${said(refused)} denied request: volsync-prewarm: `;
  return message.startsWith(begin) && message.includes(saying);
}

/** What differs between an answer and what the table says; null when nothing does. */
export function differs(situation: Situation, answered: Answered): string | null {
  const expected: Outcome = situation.row.outcome[situation.overlay];
  const { code, message, warnings } = answered;
  const got = code < 300 ? fateOf(situation, answered.spec) : `${code} ${message}`;
  if (typeof expected === 'object' && 'refused' in expected) {
    const right = code === 403 && refusedBy(message, expected, situation.claim.metadata.name ?? '');
    return right ? null : `expected ${expected.refused} to refuse with "${expected.saying}", got: ${got}`;
  }
  const fate = typeof expected === 'string' ? expected : expected.fate;
  if (code >= 300 || got !== fate) return `expected: ${fate}, got: ${got}`;
  if (typeof expected === 'string') return warnings.length === 0 ? null : `unexpected warning: ${warnings.join(' | ')}`;
  if (toldBy(warnings, expected)) return null;
  return `expected a warning of ${expected.warned} with "${expected.saying}", got: ${warnings.join(' | ') || 'none'}`;
}
