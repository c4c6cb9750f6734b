import { describe, expect, it } from 'vitest';
import { HOUR, NOW, clusterView, indexOf, planOf } from '../../support/build.ts';

const iso = (at: number): string => new Date(at).toISOString();

describe('since when claims are watched', () => {
  it('is the first published listing, and stays so', () => {
    const since = iso(NOW - 48 * HOUR);
    expect(planOf().index?.about).toMatchObject({ _generatedAt: iso(NOW), _since: iso(NOW) });
    const cluster = clusterView({ index: indexOf({ _generatedAt: iso(NOW - HOUR), _since: since }) });
    expect(planOf({ cluster }).index?.about).toMatchObject({ _generatedAt: iso(NOW), _since: since });
  });
});
