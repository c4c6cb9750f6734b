/** The table of docs/admission.md that follows from the rows. `npm run docs` writes it; a test holds it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { GROUPS } from './rows.ts';
import { OVERLAYS, type Outcome, type Row } from './words.ts';

const PAGE = new URL('../../docs/admission.md', import.meta.url);

/** docs/admission.md as it stands. */
export function currentPage(): string {
  return readFileSync(PAGE, 'utf8');
}

/** docs/admission.md with its generated table made anew. */
export function generatedPage(text: string): string {
  return text.replace(/(<!-- truth-table -->\n)[^]*?(<!-- \/truth-table -->)/, (_all, begin: string, end: string) =>
    [begin, truthTable(), end].join(''),
  );
}

function cell(outcome: Outcome): string {
  if (typeof outcome === 'string') return outcome;
  if ('refused' in outcome) return `refused (${outcome.refused})`;
  if ('missing' in outcome) return `refused by the API server (${outcome.missing})`;
  return `${cell(outcome.fate)}, warned (${outcome.warned})`;
}

function line({ name, outcome }: Row): string {
  return `| ${name} | ${OVERLAYS.map((overlay) => cell(outcome[overlay])).join(' | ')} |\n`;
}

function truthTable(): string {
  const columns = OVERLAYS.map((overlay) => `\`${overlay}\``).join(' | ');
  const blank = ' |'.repeat(OVERLAYS.length);
  const groups = GROUPS.map(({ title, rows }) => `| **${title}** |${blank}\n${rows.map(line).join('')}`);
  return `| a claim is created, and … | ${columns} |\n|---|${'---|'.repeat(OVERLAYS.length)}\n${groups.join('')}`;
}

if (import.meta.main) writeFileSync(PAGE, generatedPage(currentPage()));
