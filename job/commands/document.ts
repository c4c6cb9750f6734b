/** Documents on stdout: a table for people, JSON, YAML and names for programs. */
import type { Plan } from '../../src/decisions.ts';
import { claimKey } from '../../src/naming.ts';
import { reportOf } from '../../src/report/report.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { widthOf } from '../terminal.ts';
import { visibleJson } from '../../src/report/layout.ts';
import { tableOf } from '../../src/report/table.ts';

export interface Document {
  /** for `json` and `yaml` */
  value: () => unknown;
  /** for `name`: one for each claim, as the commands take them */
  names?: readonly string[];
  /** for `table` and `wide` */
  table: (width: number, wide: boolean) => string;
}

/** Whether programs read it: then no sentence for people stands beside it. */
export function isForPrograms(output: Settings['output']): boolean {
  return output === 'json' || output === 'yaml' || output === 'name';
}

/** Prints the document in the format that was asked for. */
export async function print(document: Document, output: Settings['output']): Promise<void> {
  process.stdout.write(await textOf(document, output));
}

async function textOf({ value, names, table }: Document, output: Settings['output']): Promise<string> {
  switch (output) {
    case 'json':
      return `${visibleJson(JSON.stringify(value(), null, 2))}\n`;
    case 'yaml': {
      const { dump } = await import('js-yaml');
      // JSON first: YAML would write an absent field as an error, and the same object twice as an alias.
      return dump(JSON.parse(JSON.stringify(value())), { lineWidth: -1 });
    }
    case 'name':
      return names === undefined ? table(widthOf(process.stdout), false) : names.map((name) => `${name}\n`).join('');
    case 'wide':
      return table(Number.POSITIVE_INFINITY, true);
    default:
      return table(widthOf(process.stdout), false);
  }
}

/** Prints a plan as its settings say. */
export function printPlan(plan: Plan, output: Settings['output']): Promise<void> {
  return print(
    {
      value: () => reportOf(plan),
      names: plan.entries.map(claimKey),
      table: (width, wide) => tableOf(plan, width, wide),
    },
    output,
  );
}
