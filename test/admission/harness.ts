/** The truth table over the wire: the same rows against the sandbox and against a real API server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { asInput, at, fieldsAt, text, type Fields, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { resourceOf } from '../../sandbox/kube/resources.ts';
import { pathOf } from '../../sandbox/kube/route.ts';
import { HOME_NAMESPACE, indexName } from '../../src/naming.ts';
import { APPLY, MERGE, type Answer, type Api } from '../support/api.ts';
import { shipped, shippedIndex } from './core.ts';
import { jailVerdict } from './jail-core.ts';
import type { JailRow } from './jail-build.ts';
import { GROUPS } from './rows.ts';
import { differs, indexObjects, situate, type Answered, type Situation } from './situation.ts';
import type { Group, Overlay } from './words.ts';

export interface Stage {
  /** may do everything */
  admin: Api;
  /** how long a server may take until it acts on new policies and parameters, in milliseconds; 0 for the sandbox */
  patience: number;
}

function collectionOf({ kind, metadata }: ObjectInput): string {
  return pathOf(resourceOf(kind), metadata.namespace);
}

function placeOf(object: ObjectInput): string {
  return `${collectionOf(object)}/${object.metadata.name}`;
}

async function must(what: string, asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  if (answer.code >= 300) throw new Error(`${what}: ${answer.code} ${JSON.stringify(answer.body)}`);
  return answer;
}

/** Puts an object there exactly as it is, its status too; one that is being deleted is deleted and held by a finalizer. */
async function put(api: Api, object: ObjectInput): Promise<void> {
  const { deletionTimestamp, ...metadata } = object.metadata;
  const body = { ...object, metadata };
  const what = `${object.kind} ${metadata.name}`;
  const made = await api.request('POST', collectionOf(object), { body });
  if (made.code === 409) await replace(api, asInput(body));
  else await must(what, Promise.resolve(made));
  const status = object['status'];
  if (status !== undefined) {
    await must(what, api.request('PATCH', `${placeOf(object)}/status`, { type: MERGE, body: { status } }));
  }
  if (deletionTimestamp !== undefined) await must(what, api.request('DELETE', placeOf(object)));
}

async function replace(api: Api, object: ObjectInput): Promise<Answer> {
  const there = await must(placeOf(object), api.request('GET', placeOf(object)));
  const resourceVersion = text(there.body, 'metadata.resourceVersion') ?? '';
  const body = { ...object, metadata: { ...object.metadata, resourceVersion } };
  return api.request('PUT', placeOf(object), { body });
}

async function remove(api: Api, object: ObjectInput): Promise<void> {
  const answer = await api.request('DELETE', placeOf(object));
  if (answer.code !== 404) await must(placeOf(object), Promise.resolve(answer));
}

function answered({ code, body, warnings }: Answer): Answered {
  return { code, message: code < 300 ? '' : (text(body, 'message') ?? ''), spec: fieldsAt(body, 'spec'), warnings };
}

async function send(api: Api, { row, claim }: Situation, dryRun: boolean): Promise<Answered> {
  const dry: Record<string, string> = dryRun ? { dryRun: 'All' } : {};
  switch (row.way) {
    case 'apply':
      return answered(
        await api.request('PATCH', placeOf(claim), {
          type: APPLY,
          query: { ...dry, fieldManager: 'table', force: 'true' },
          body: claim,
        }),
      );
    case 'update': {
      const { labels, annotations } = claim.metadata;
      const body = { metadata: { labels, annotations } };
      return answered(await api.request('PATCH', placeOf(claim), { type: MERGE, query: dry, body }));
    }
    default:
      return answered(await api.request('POST', collectionOf(claim), { query: dry, body: claim }));
  }
}

/** Something that only policies can have done: a server that has not heard of them yet gives another answer. */
function tells({ row, overlay }: Situation): boolean {
  const expected = row.outcome[overlay];
  return typeof expected === 'object' || expected === 'restored' || expected === 'waits';
}

async function play({ admin, patience }: Stage, situation: Situation): Promise<string | null> {
  const end = Date.now() + patience;
  while (Date.now() < end && differs(situation, await send(admin, situation, true)) !== null) await sleep(20);
  const answer = await send(admin, situation, situation.row.way === 'dry run');
  return differs(situation, answer);
}

const AT_ONCE = 16;

async function each<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  }
  return results;
}

async function build(api: Api, { objects, before }: Situation): Promise<void> {
  for (const object of objects) await put(api, object);
  if (before !== null) await put(api, before);
}

/** Every name under which a group has an object of the index. */
const INDEX_NAMES = new Set([indexName(0), ...GROUPS.map(({ state }) => state.secondName)]);

async function writeIndex(api: Api, objects: readonly ObjectInput[]): Promise<void> {
  for (const name of INDEX_NAMES) {
    const object = objects.find(({ metadata }) => metadata.name === name);
    const gone = { apiVersion: 'volsync.backube/v1alpha1', kind: 'ReplicationDestination' };
    if (object === undefined) await remove(api, { ...gone, metadata: { name, namespace: HOME_NAMESPACE } });
    else await put(api, object);
  }
}

interface Setting {
  overlay: Overlay;
  index: ObjectInput;
  number: number;
}

async function playGroup(stage: Stage, group: Group, { overlay, index, number }: Setting): Promise<string[]> {
  const now = new Date();
  const situations = group.rows.map((row, count) =>
    situate(row, overlay, { namespace: `t${number}-${count}-${overlay}`, now }),
  );
  const entries = Object.fromEntries(situations.flatMap((situation) => Object.entries(situation.entries)));
  await each(situations, (situation) => build(stage.admin, situation));
  await writeIndex(stage.admin, indexObjects(index, group.state, entries, now));
  const problems: string[] = [];
  const telling = situations.filter(tells);
  const silent = situations.filter((situation) => !tells(situation));
  for (const some of [telling, silent]) {
    const found = await each(some, (situation) => play(stage, situation));
    for (const [at, problem] of found.entries()) {
      if (problem !== null) problems.push(`${group.title}: ${some[at]?.row.name} (${overlay}): ${problem}`);
    }
  }
  return problems;
}

/** Plays the whole table against an API in which an overlay is installed; gives every row that came out otherwise. */
export async function playTable(stage: Stage, overlay: Overlay): Promise<string[]> {
  const index = shippedIndex(shipped(overlay));
  const problems: string[] = [];
  for (const [number, group] of GROUPS.entries()) {
    problems.push(...(await playGroup(stage, group, { overlay, index, number })));
  }
  return problems;
}

// ── the jail ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function inNamespace(object: ObjectInput, namespace: string): ObjectInput {
  const read: unknown = JSON.parse(JSON.stringify(object).replaceAll('@ns', namespace));
  return asInput(read);
}

async function write(api: Api, { how, sent }: JailRow): Promise<Answer> {
  switch (how) {
    case 'creates':
      return api.request('POST', collectionOf(sent), { body: sent });
    case 'applies': {
      const query = { fieldManager: 'volsync-prewarm', force: 'true' };
      return api.request('PATCH', placeOf(sent), { type: APPLY, query, body: sent });
    }
    case 'replaces':
      return replace(api, sent);
    case 'patches':
      return api.request('PATCH', placeOf(sent), { type: MERGE, body: patchOf(sent) });
    case 'patches the status of':
      return api.request('PATCH', `${placeOf(sent)}/status`, { type: MERGE, body: patchOf(sent) });
    case 'deletes':
      return api.request('DELETE', placeOf(sent));
  }
}

/** Without what only says which object is meant. */
function patchOf(sent: ObjectInput): Fields {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = sent;
  const { name: _name, namespace: _namespace, ...own } = metadata;
  return { ...rest, metadata: own };
}

export interface JailStage extends Stage {
  /** whom the jail is about, with every right that there is: only the policy may hold it back */
  worker: Api;
}

async function attempt(stage: JailStage, row: JailRow, namespace: string): Promise<string | null> {
  const made = { ...row, sent: inNamespace(row.sent, namespace) };
  const before = row.before === null ? null : inNamespace(row.before, namespace);
  await put(stage.admin, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  if (before !== null) await put(stage.admin, before);
  const { code, body } = await write(row.by === 'worker' ? stage.worker : stage.admin, made);
  const problem = jailVerdict(row, { code, message: text(body, 'message') ?? '' });
  return problem === null ? null : `${row.by} ${row.how} ${row.name}: ${problem}`;
}

/** Tries every row of the jail; those in VolSync's namespace share objects and go one after the other. */
export async function playJail(stage: JailStage, rows: readonly JailRow[]): Promise<string[]> {
  const places = rows.map((row, count) => ({ row, namespace: `jail-${count}` }));
  const shared = places.filter(({ row }) => at(row.sent, 'metadata.namespace') === HOME_NAMESPACE);
  const apart = places.filter((place) => !shared.includes(place));
  const found = await each(apart, ({ row, namespace }) => attempt(stage, row, namespace));
  for (const { row, namespace } of shared) found.push(await attempt(stage, row, namespace));
  return found.filter((problem) => problem !== null);
}
