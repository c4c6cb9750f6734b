import { expect, it } from 'vitest';
import { HOME_NAMESPACE, claimKey } from '../../src/naming.ts';
import { EVERYTHING, narrowed } from '../../src/report/narrow.ts';
import { claim, clusterView, destination, namespace, planOf } from '../support/build.ts';

/** Two claims in two namespaces, each with an acceptance that matches nothing. */
const ALL = planOf({
  cluster: clusterView({
    namespaces: [namespace(), namespace({ name: 'films' })],
    destinations: [destination(), destination({ namespace: 'films', claim: 'dvd', name: 'dvd-restore' })],
    claims: [claim({ namespace: 'films', claim: 'dvd', accept: 'nonsense' }), claim({ accept: 'nonsense' })],
  }),
});

it('one namespace: its claims alone, and the findings that are not about another one', () => {
  const { entries, claims, findings } = narrowed(ALL, { claim: null, namespace: 'media' });

  expect([entries.map(claimKey), claims.map(({ key }) => key)]).toEqual([['media/plex-config'], ['media/plex-config']]);
  expect(ALL.findings.some(({ about }) => about === 'films/dvd')).toBe(true);
  expect(findings).toEqual(ALL.findings.filter(({ about }) => about !== 'films/dvd' && about !== 'films'));
});

it('one namespace: also what is about the index, in whose namespace it may not be', () => {
  const namespaces = clusterView({ namespaces: [namespace(), namespace({ name: HOME_NAMESPACE })] });
  const findings = ['volsync-prewarm-index', 'volsync'].flatMap((name) =>
    ALL.findings.slice(0, 1).map((one) => ({ ...one, about: `${HOME_NAMESPACE}/${name}` })),
  );
  const all = { ...planOf({ cluster: namespaces }), findings };

  expect(narrowed(all, { claim: null, namespace: 'media' }).findings).toEqual([findings[0]]);
});

it('one claim', () => {
  expect(narrowed(ALL, { claim: 'films/dvd', namespace: null }).entries.map(claimKey)).toEqual(['films/dvd']);
});

it('everything is the plan itself', () => {
  expect(narrowed(ALL, EVERYTHING)).toBe(ALL);
});
