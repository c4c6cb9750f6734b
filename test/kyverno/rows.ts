/** The truth table as the CLI can be asked it: the rows, what each must come to, and which are left out. */
import { indexObjects, situate, type Situation } from '../admission/situation.ts';
import { GROUPS } from '../admission/rows.ts';
import type { Fate, Group, ObjectInput, Overlay, Row, Way } from '../admission/words.ts';

/** Ways to create a claim that are one and the same to the CLI; their rows would only repeat the row that is created. */
const LEFT_OUT: Readonly<Partial<Record<Way, string>>> = {
  apply: 'the CLI makes admission requests from files and knows no server-side apply',
  'dry run': 'the CLI knows no dry run: its requests never carry the mark',
};

/** A row that is put to the CLI. */
export interface Question {
  title: string;
  /** its outcome is what the mutating policies make of it, without those that refuse */
  situation: Situation;
}

/** Rows that share one index, and so one question to the CLI. */
export interface Sheet {
  questions: readonly Question[];
  /** destinations and index objects of all of them */
  objects: readonly ObjectInput[];
}

/** `<reason>: <row>` of every row that is not put to the CLI. */
export function leftOut(): string[] {
  return GROUPS.flatMap(({ title, rows }) =>
    rows.flatMap(({ name, way }) => {
      const reason = LEFT_OUT[way];
      return reason === undefined ? [] : [`${title}: ${name} (${reason})`];
    }),
  );
}

/**
 * What restore and hold alone make of a row. A refusal by the API server's own policies comes after them, over their result:
 * where `safe` refuses, the claim is as `restore` leaves it. Only `shape` looks at a reference, so where it refuses and
 * restore has attached nothing, it was hold.
 */
function mutated(row: Row, overlay: Overlay): Fate {
  const [outcome, first] = [row.outcome[overlay], row.outcome.restore];
  if (typeof first !== 'string') throw new Error(`${row.name}: restore alone neither refuses nor warns`);
  if (typeof outcome === 'string') return outcome;
  if ('fate' in outcome) return outcome.fate;
  return outcome.refused === 'shape' && first === 'starts empty' ? 'waits' : first;
}

function isDestination({ kind }: ObjectInput): boolean {
  return kind === 'ReplicationDestination';
}

/** The rows of a group, each in a namespace of its own. */
function questionsOf({ title, rows }: Group, overlay: Overlay, number: number): Question[] {
  return rows
    .map((row, count) => {
      const told = { ...row, outcome: { ...row.outcome, [overlay]: mutated(row, overlay) } };
      const situation = situate(told, overlay, `t${number}-${count}`);
      return { title: `${title}: ${row.name} (${overlay})`, situation };
    })
    .filter(({ situation }) => LEFT_OUT[situation.row.way] === undefined);
}

/** The whole table without an index, which restore does not read. */
export function restoreSheet(): Sheet {
  const questions = GROUPS.flatMap((group, number) => questionsOf(group, 'restore', number));
  return { questions, objects: questions.flatMap(({ situation }) => situation.objects.filter(isDestination)) };
}

/** The whole table with the index of each group: the policies look for it in one place, so each group is a sheet. */
export function safeSheets(index: ObjectInput, now: Date): Sheet[] {
  return GROUPS.map((group, number) => {
    const questions = questionsOf(group, 'safe', number);
    const entries = Object.fromEntries(questions.flatMap(({ situation }) => Object.entries(situation.entries)));
    const destinations = questions.flatMap(({ situation }) => situation.objects.filter(isDestination));
    return { questions, objects: [...destinations, ...indexObjects(index, group.state, entries, now)] };
  });
}
