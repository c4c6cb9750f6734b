/** What came of the mutants of one portion, as it is kept between runs. */
import { filesOf, type Shard } from './shards.ts';

export interface Outcome {
  name: string;
  /** of the sources and tests that it was found out with */
  state: string;
  /** ISO date */
  at: string;
  oneOf: number;
  /** by `--quick`: more mutants seem to live than do */
  quick: boolean;
  files: string[];
  total: number;
  killed: number;
  /** those that no test noticed, as `<file>: <was> ⇒ <becomes>` */
  survivors: { mutant: string; line: number }[];
  /** those that `--quick` leaves out, in the same form; absent in what an earlier version has kept */
  leftOut?: string[];
}

/** Stryker's report, as far as it is read; lines and columns begin at 1. */
interface Report {
  files: Record<string, { source: string; mutants: Mutant[] }>;
}

interface Mutant {
  status: string;
  replacement?: string;
  location: { start: Position; end: Position };
}

interface Position {
  line: number;
  column: number;
}

const NOTICED = new Set(['Killed', 'Timeout']);
/** It does not run, or is left out: nobody has to notice it. */
const IDLE = new Set(['CompileError', 'Ignored', 'RuntimeError']);

export function outcomeOf(shard: Shard, by: Pick<Outcome, 'state' | 'quick'>, json: string): Outcome {
  const report: Report = JSON.parse(json);
  const all = Object.entries(report.files).flatMap(([file, { source, mutants }]) =>
    mutants.map((mutant) => ({ file, source, mutant })),
  );
  const counted = all.filter(({ mutant }) => !IDLE.has(mutant.status));
  const alive = counted.filter(({ mutant }) => !NOTICED.has(mutant.status));
  return {
    name: shard.name,
    ...by,
    at: new Date().toISOString().slice(0, 10),
    oneOf: shard.oneOf,
    files: filesOf(shard),
    total: counted.length,
    killed: counted.length - alive.length,
    survivors: alive.map((one) => ({ mutant: nameOf(one), line: one.mutant.location.start.line })),
    leftOut: all.filter(({ mutant }) => mutant.status === 'Ignored').map(nameOf),
  };
}

function nameOf({ file, source, mutant }: { file: string; source: string; mutant: Mutant }): string {
  return `${file}: ${short(originalOf(mutant, source))} ⇒ ${short(mutant.replacement ?? '')}`;
}

/** The text that a mutant replaces. */
function originalOf({ location: { start, end } }: Mutant, source: string): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  return lines
    .map((line, index) =>
      line.slice(index === 0 ? start.column - 1 : 0, index === lines.length - 1 ? end.column - 1 : undefined),
    )
    .join(' ');
}

function short(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return flat.length <= 90 ? flat : `${flat.slice(0, 60)} … ${flat.slice(-27)}`;
}
