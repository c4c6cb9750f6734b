/** Documents on stdout: a table for people, JSON for programs. */
import type { Plan } from '../../src/decisions.ts';
import { reportOf } from '../../src/report/report.ts';
import { widthOf } from '../terminal.ts';
import { tableOf } from '../../src/report/table.ts';

/** Prints a plan as its settings say; a table is the default. */
export function printPlan(plan: Plan, output: 'table' | 'json' | null): void {
  process.stdout.write(
    output === 'json' ? `${JSON.stringify(reportOf(plan), null, 2)}\n` : tableOf(plan, widthOf(process.stdout)),
  );
}
