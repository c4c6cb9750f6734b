/** The tables of README.md that follow from the code. `node test/support/readme.ts` writes them; a test holds them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { REASONS } from '../../src/reasons.ts';
import { SETTINGS, type SettingDefinition } from '../../src/settings/table.ts';

const README = new URL('../../README.md', import.meta.url);

/** README.md as it stands. */
export function currentReadme(): string {
  return readFileSync(README, 'utf8');
}

/** README.md with its generated tables made anew. */
export function generatedReadme(text: string): string {
  return replace(replace(text, 'reasons', reasonsTable()), 'settings', settingsTable());
}

function replace(text: string, name: string, table: string): string {
  const pattern = new RegExp(`<!-- ${name} -->\n[^]*?<!-- /${name} -->`);
  return text.replace(pattern, () => `<!-- ${name} -->\n${table}<!-- /${name} -->`);
}

function reasonsTable(): string {
  const rows = Object.entries(REASONS).map(([reason, { means, todo }]) => `| \`${reason}\` | ${means} | ${todo} |\n`);
  return `| reason | means | what to do |\n|---|---|---|\n${rows.join('')}`;
}

function settingsTable(): string {
  const rows = (SETTINGS as readonly SettingDefinition[]).map((setting) => {
    const choices = setting.values === undefined ? '' : ` (${setting.values.map((one) => `\`${one}\``).join(', ')})`;
    const usual = setting.default === '' ? '–' : `\`${setting.default.replaceAll(',', ', ')}\``;
    return `| \`--${setting.flag}\` | ${usual} | ${setting.describe}${choices}${setting.reserved === true ? '. No effect yet' : ''} |\n`;
  });
  return `| setting | default | what it does |\n|---|---|---|\n${rows.join('')}`;
}

if (import.meta.main) writeFileSync(README, generatedReadme(currentReadme()));
