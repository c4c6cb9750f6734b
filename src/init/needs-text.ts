/** What `init` tells, for a person (pure). */
import { visible, wrapped } from '../report/layout.ts';
import { environmentName } from '../settings/table.ts';
import type { Need, Needs } from './needs.ts';
import type { Proposal } from './survey.ts';

interface Around {
  files: readonly string[];
  proposals: readonly Proposal[];
  open: readonly string[];
  unseen: readonly string[];
  dir: string;
  width: number;
}

/** Files, settings, what each claim needs, and the next steps. Ends with a line feed. */
export function needsText(needs: Needs, { files, proposals, open, unseen, dir, width }: Around): string {
  const line = (text: string, indent = '  '): string => `${wrapped(visible(text), width, indent)}\n`;
  const section = (head: string, all: readonly Need[]): string =>
    all.length === 0
      ? ''
      : `\n${line(head)}${all.map(({ about, what }) => line(`  ${about}: ${what}`, '    ')).join('')}`;
  const list = (head: string, all: readonly string[]): string =>
    all.length === 0 ? '' : `\n${line(head)}${all.map((one) => line(`  ${one}`, '    ')).join('')}`;
  return [
    line(`Written: ${files.join(', ')}`),
    list(
      'With what was seen:',
      proposals.map(({ flag, value, seen }) => `${environmentName(flag)}=${value} (${seen})`),
    ),
    list('Could not be looked at:', unseen),
    list('For you to decide:', open),
    needs.ready === 0 ? '' : `\n${line(`${needs.ready} claims have the label already.`)}`,
    section('These claims have VolSync objects or a backup, and need only the label (hourly or daily):', needs.label),
    section('These destinations are kept fresh, under their own names, with the adopt label:', needs.adopt),
    section(
      'With the same label on these sources `backup` may trigger them, and locks of dead movers are removed:',
      needs.sources,
    ),
    section('These cannot be helped:', needs.helpless),
    section('Nobody backs these claims up; with the label the worker does:', needs.bare),
    `\n${line(`Next: kubectl apply -k ${dir}, then volsync-prewarm doctor and volsync-prewarm readiness.`)}`,
  ].join('');
}
