/** "Did you mean …?": the known words that are closest to one that is not known. */

const MOST = 3;

/**
 * The known words that a typing mistake could have turned into this one, the closest first, at most three.
 * @param known in the order in which equally near ones are returned
 */
export function nearest(word: string, known: readonly string[]): string[] {
  const most = Math.max(1, Math.floor(word.length / 3));
  return known
    .map((one) => ({ one, steps: stepsBetween(word, one, most) }))
    .filter(({ steps }) => steps <= most)
    .sort((a, b) => a.steps - b.steps)
    .slice(0, MOST)
    .map(({ one }) => one);
}

/** Letters to put in, take out or change (Levenshtein); `most + 1` when there are more. */
function stepsBetween(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (before[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(changed, (before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    before = row;
  }
  return before[b.length] ?? most + 1;
}
