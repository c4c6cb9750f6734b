/** The parts of docs/reference that follow from the code. `npm run docs` writes them; a test compares them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { COMMANDS } from '../../job/commands.ts';
import { REASONS } from '../../src/reasons.ts';
import { SETTINGS, type SettingDefinition } from '../../src/settings/table.ts';
import { ACTIONS, BACKUP_STATES, EXIT_CODES, RESTORE_POINT_STATES } from './reference-words.ts';
import { reportSchema } from './report-schema.ts';

const FOLDER = new URL('../../docs/reference/', import.meta.url);

/** Each file with generated parts, and how those parts follow from the text that is there. */
const FILES: Record<string, (text: string) => string> = {
  'commands.md': (text) => replace(replace(text, 'commands', commandsTable()), 'exit-codes', exitCodesTable()),
  'settings.md': (text) => replace(text, 'settings', settingsTables()),
  'verdicts.md': (text) =>
    replace(
      replace(replace(text, 'backups', codeTable('backup', BACKUP_STATES)), 'restore-points', restorePointsTable()),
      'actions',
      codeTable('action', ACTIONS),
    ),
  'reasons.md': (text) => replace(text, 'reasons', reasonsTable()),
  'report.schema.json': () => `${JSON.stringify(reportSchema(), null, 2)}\n`,
};

export const REFERENCE_FILES = Object.keys(FILES);

/** A file of docs/reference as it stands. */
export function currentReference(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

/** The same file with its generated parts made anew. */
export function generatedReference(name: string): string {
  return FILES[name]?.(currentReference(name)) ?? '';
}

function replace(text: string, name: string, table: string): string {
  const pattern = new RegExp(`<!-- ${name} -->\n[^]*?<!-- /${name} -->`);
  return text.replace(pattern, () => `<!-- ${name} -->\n${table}<!-- /${name} -->`);
}

function rows(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return `${row(head)}|${'---|'.repeat(head.length)}\n${lines.map(row).join('')}`;
}

function codeTable(head: string, words: Readonly<Record<string, string>>): string {
  return rows(
    [head, 'means'],
    Object.entries(words).map(([word, means]) => [`\`${word}\``, means]),
  );
}

function restorePointsTable(): string {
  return codeTable('restore point', RESTORE_POINT_STATES);
}

function commandsTable(): string {
  return rows(
    ['command', 'does'],
    Object.entries(COMMANDS).map(([name, { does }]) => [`\`${name}\``, does]),
  );
}

function exitCodesTable(): string {
  return codeTable('code', EXIT_CODES);
}

function reasonsTable(): string {
  return rows(
    ['reason', 'means', 'what to do', 'passes by itself', 'index', 'exit'],
    Object.entries(REASONS).map(([reason, { means, todo, passes, word, exit }]) => [
      `\`${reason}\``,
      means,
      todo,
      passes ? 'yes' : 'no',
      word,
      String(exit),
    ]),
  );
}

function settingsTables(): string {
  const settings = SETTINGS as readonly SettingDefinition[];
  const groups = [...new Set(settings.map(({ group }) => group))];
  return groups
    .map((group) => {
      const lines = settings.filter((setting) => setting.group === group).map(settingRow);
      return `\n## ${group}\n\n${rows(['setting', 'default', 'what it does'], lines)}`;
    })
    .join('');
}

function settingRow(setting: SettingDefinition): string[] {
  const choices = setting.values === undefined ? '' : ` (${setting.values.map((one) => `\`${one}\``).join(', ')})`;
  const usual = setting.default === '' ? '–' : `\`${setting.default.replaceAll(',', ', ')}\``;
  return [`\`--${setting.flag}\``, usual, `${setting.describe}${choices}`];
}

if (import.meta.main)
  for (const name of REFERENCE_FILES) writeFileSync(new URL(name, FOLDER), generatedReference(name));
