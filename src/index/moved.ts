/** The index after a person has said that its repositories are at another place now. */
import type { IndexWrite } from '../decisions.ts';
import type { IndexView } from '../index-model.ts';
import { INDEX_KEY } from '../naming.ts';

/** Every object with this place in it, and all else that is ours as it was. The next run judges what it lists there, its marker first. */
export function movedTo(place: string, { shards }: Pick<IndexView, 'shards'>): IndexWrite[] {
  return shards.map(({ number, uid, resourceVersion, parameters, foreign }) => {
    const ours = Object.entries(parameters).filter(
      ([key]) => !foreign.includes(key) && key !== INDEX_KEY.marker && (number > 0 || key !== INDEX_KEY.onStale),
    );
    const existing = { uid, resourceVersion };
    return { shard: number, existing, parameters: { ...Object.fromEntries(ours), [INDEX_KEY.bucket]: place } };
  });
}
