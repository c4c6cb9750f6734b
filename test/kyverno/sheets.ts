/** The truth table as the CLI can be asked it: which rows, in whose company, and what each must come to. */
import type { ObjectInput } from '../../sandbox/kube/objects.ts';
import { warm } from '../admission/build.ts';
import { GROUPS } from '../admission/rows.ts';
import { hasImage, indexObjects, situate, type Situation } from '../admission/situation.ts';
import type { Fate, Group, Overlay, Way } from '../admission/words.ts';
import { destinationName } from '../../src/naming.ts';

/**
 * Ways to create a claim that are a plain create to the CLI: asking such a row would repeat the one beside it. An update can be
 * asked, with the claim as it is now in the place of what it was before: our policies look at the operation only.
 */
const LEFT_OUT: Readonly<Partial<Record<Way, string>>> = {
  apply: 'the CLI makes its requests from files and knows no server-side apply',
  'dry run': 'no request of the CLI is marked as a dry run',
};

/** The CLI's list of a kind of which it was given nothing at all is an error, where a cluster's is empty. */
const UNRELATED = warm({ metadata: { namespace: 'unrelated' } });

/** A row that is put to the CLI. */
export interface Question {
  title: string;
  /** its outcome is what the mutating policies make of it, without those that refuse */
  situation: Situation;
}

/** Rows that can be asked at once, because they share one index. */
export interface Sheet {
  questions: readonly Question[];
  /** what a policy can list: destinations and index objects */
  objects: readonly ObjectInput[];
}

/** Every row that is not put to the CLI, with the reason. */
export function leftOut(): string[] {
  return GROUPS.flatMap(({ title, rows }) =>
    rows.flatMap(({ name, way }) => {
      const reason = LEFT_OUT[way];
      return reason === undefined ? [] : [`${title}: ${name} (${reason})`];
    }),
  );
}

/**
 * What restore and hold alone make of a row. The API server's own policies refuse later, and only what the two have let be:
 * where `safe` refuses, the claim is as `restore` leaves it. Only `shape` refuses because of a reference, so where it does and
 * restore attached nothing, it was hold that did, whatever the image is like.
 */
function mutated({ row, ...situation }: Situation, overlay: Overlay): Fate {
  const [outcome, byRestore] = [row.outcome[overlay], row.outcome.restore];
  if (typeof byRestore !== 'string') throw new Error(`${row.name}: restore alone neither refuses nor warns`);
  if (typeof outcome === 'string') return outcome;
  if ('fate' in outcome) return outcome.fate;
  if ('missing' in outcome) return byRestore;
  if (outcome.refused !== 'shape' || byRestore !== 'starts empty') return byRestore;
  return hasImage(situation, destinationName(situation.claim.metadata.name ?? '')) ? 'restored' : 'waits';
}

interface Asked {
  overlay: Overlay;
  now: Date;
}

/** A group's rows, each in a namespace of its own. */
function questionsOf({ title, rows }: Group, number: number, { overlay, now }: Asked): Question[] {
  return rows
    .map((row, count) => {
      const situation = situate(row, overlay, { namespace: `t${number}-${count}`, now });
      const outcome = { ...row.outcome, [overlay]: mutated(situation, overlay) };
      return { title: `${title}: ${row.name}`, situation: { ...situation, row: { ...row, outcome } } };
    })
    .filter(({ situation }) => LEFT_OUT[situation.row.way] === undefined);
}

function destinationsOf(questions: readonly Question[]): ObjectInput[] {
  const all = questions.flatMap(({ situation }) => situation.objects);
  return [UNRELATED, ...all.filter(({ kind }) => kind === 'ReplicationDestination')];
}

/** All rows on one sheet and without an index, which restore does not read; the outcome is that of `restore`. */
export function restoreSheet(groups: readonly Group[] = GROUPS): Sheet {
  const asked = { overlay: 'restore', now: new Date() } as const;
  const questions = groups.flatMap((group, number) => questionsOf(group, number, asked));
  return { questions, objects: destinationsOf(questions) };
}

/** A sheet for each group, with its index; the outcome is that of `safe`. */
export function safeSheets(index: ObjectInput, now: Date): Sheet[] {
  return GROUPS.map((group, number) => {
    const questions = questionsOf(group, number, { overlay: 'safe', now });
    const entries = Object.fromEntries(questions.flatMap(({ situation }) => Object.entries(situation.entries)));
    return { questions, objects: [...destinationsOf(questions), ...indexObjects(index, group.state, entries, now)] };
  });
}
