/**
 * Draws what `npm run demo` prints as docs/pictures/demo.svg: `npm run demo | node test/support/recording.ts`. How long a
 * step took is left out, since it belongs to one machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const PICTURE = new URL('../../docs/pictures/demo.svg', import.meta.url);
/** The scenes that fit a picture; `npm run demo` plays all of them. */
const SCENES = [2, 8, 9];
/** How many actions of a run are shown. */
const ACTIONS = 3;
const COLUMNS = 112;
const LINE_HEIGHT = 18;
const CHARACTER_WIDTH = 7.25;
const MARGIN = 18;

const STYLE = `
    text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328; white-space: pre }
    rect { fill: #f6f8fa; stroke: #d1d9e0 } .title { font-weight: 700 } .command { fill: #0969da; font-weight: 700 }
    .good { fill: #1a7f37 } .bad { fill: #d1242f } .detail { fill: #59636e }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc } rect { fill: #0d1117; stroke: #3d444d } .command { fill: #58a6ff } .good { fill: #3fb950 }
      .bad { fill: #ff7b72 } .detail { fill: #9198a1 }
    }`;

/** The lines of the chosen scenes, without times, broken at the width of the picture. */
export function recorded(output: string, scenes: readonly number[] = SCENES): string[] {
  const told = output.split('\n').map((line) => line.replace(/, \d+\.\d s\)$/, ')').trimEnd());
  const lines: string[] = [];
  let shown = false;
  for (const line of told) {
    const scene = /^(\d+)\. /.exec(line)?.[1];
    if (scene !== undefined) shown = scenes.includes(Number(scene));
    else if (/^\S/.test(line)) shown = false;
    if (shown) lines.push(...broken(line));
  }
  while (lines.at(-1) === '') lines.pop();
  return shortened(lines);
}

const isAction = (line: string | undefined): boolean => /^ {6}\S/.test(line ?? '');

/** Of each row of actions only the first ones. */
function shortened(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let row = 0;
  lines.forEach((line, at) => {
    row = isAction(line) ? row + 1 : 0;
    if (row <= ACTIONS) kept.push(line);
    else if (!isAction(lines[at + 1])) kept.push(`      … and ${row - ACTIONS} more`);
  });
  return kept;
}

/** Breaks a line between words; what goes on is indented a little more. */
function broken(line: string): string[] {
  if (line.length <= COLUMNS) return [line];
  const at = line.lastIndexOf(' ', COLUMNS);
  const indent = ' '.repeat(line.length - line.trimStart().length + 2);
  return [line.slice(0, at), ...broken(indent + line.slice(at + 1))];
}

/** The picture of some lines, in light and dark. */
export function drawn(lines: readonly string[]): string {
  const width = Math.round(COLUMNS * CHARACTER_WIDTH + 2 * MARGIN);
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  const texts = lines.map((line, row) => {
    const y = MARGIN + row * LINE_HEIGHT + 13;
    return `  <text x="${MARGIN}" y="${y}"${classOf(line)}>${escaped(line)}</text>\n`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">\n` +
    `  <title id="title">Three scenes of npm run demo, as it printed them</title>\n` +
    `  <style>${STYLE}\n  </style>\n` +
    `  <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>\n` +
    `${texts.join('')}</svg>\n`
  );
}

function classOf(line: string): string {
  if (line.startsWith('  ✓')) return ' class="good"';
  if (line.startsWith('  ✗')) return ' class="bad"';
  if (line.startsWith('  $')) return ' class="command"';
  if (/^\d+\. | {3}\S/.test(line.slice(0, 4))) return ' class="title"';
  return ' class="detail"';
}

function escaped(line: string): string {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

if (import.meta.main) writeFileSync(PICTURE, drawn(recorded(readFileSync(0, 'utf8'))));
