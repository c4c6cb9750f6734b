/** A folder of the bucket that looks like a claim's, and is the repository that the Secret of another claim names. */
import { expect, it } from 'vitest';
import { withoutOthers } from '../../../src/plan/answers/of-others.ts';
import type { Repository } from '../../../src/plan/facts/repositories.ts';
import type { JudgedClaim } from '../../../src/plan/restore/judged-claim.ts';
import { claim, destination, listed, namespace, planOf, snapshots, source } from '../../support/build.ts';
import { OUT_OF_REACH, repository } from '../../support/facts.ts';

type Facts = Partial<JudgedClaim>;

const KEY = 'home/tv';
const [PLEX] = planOf().claims;
const ABSENT = { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } as const;
const UNKNOWN = { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' } as const;

const at = (path: string | null): Repository => repository('s3:http://rustfs.example:9000/b/x', {}, path);
const TV = at(KEY);
const OTHER = at('home/radio');
const read = (one: Repository): JudgedClaim['further'][number] => ({ repository: one, probe: listed(snapshots()) });

/** The folder: nothing in the cluster is of its name, not even its namespace. */
function folder(facts: Facts = {}): JudgedClaim {
  const nothing = { claimObject: null, destination: null, sources: [], namespaceObject: null };
  return { ...PLEX!, key: KEY, namespace: 'home', claim: 'tv', ...nothing, ...facts };
}

/** The claim media/plex-config, whose Secret names the folder, with which it is opened. */
function opener(facts: Facts = {}): JudgedClaim {
  return { ...PLEX!, repository: TV, repositories: [TV], ...facts };
}

const HOME = { namespaceObject: namespace({ name: 'home' }) };
const OF_HOME = { namespace: 'home', claim: 'hass', key: 'home/hass' };

it.each<[string, boolean, Facts, JudgedClaim[]]>([
  ['is not told', false, {}, [opener()]],
  ['is not told where the other claim’s repository is empty', false, {}, [opener({ backup: ABSENT })]],
  ['is told where nobody names it', true, {}, [opener({ repository: OTHER, repositories: [OTHER] })]],
  ['is told where the other claim could not open it', true, {}, [opener({ backup: UNKNOWN })]],
  [
    'is not told where it is a further one of the other claim, whatever becomes of the first',
    false,
    {},
    [opener({ backup: UNKNOWN, repository: OTHER, repositories: [OTHER, TV], further: [read(at('x')), read(TV)] })],
  ],
  [
    'is told where the other claim has not opened that further one',
    true,
    {},
    [opener({ repository: OTHER, repositories: [OTHER, TV], further: [read(at('x'))] })],
  ],
  [
    'is told where the other one is out of reach, at the layout path, or in another bucket',
    true,
    {},
    [OUT_OF_REACH, { ...TV, where: { kind: 'layout' } } as const, at(null)].map((one) =>
      opener({ repository: one, repositories: [one] }),
    ),
  ],
  ['is told where a claim is of its name', true, { claimObject: claim() }, [opener()]],
  ['is told where a destination is of its name', true, { destination: destination() }, [opener()]],
  ['is told where a source is of its name', true, { sources: [source()] }, [opener()]],
  ['is told where its namespace is there, and another one names it', true, HOME, [opener()]],
  [
    'is not told where its namespace is there, and one of that namespace names it, too',
    false,
    HOME,
    [opener(OF_HOME), opener()],
  ],
])('%s', (_, isTold, facts, claims) => {
  const all = [...claims, folder(facts)];
  expect(withoutOthers(all, new Map())).toEqual(isTold ? all : claims);
});

it('is told where a claim without a label is of its name', () => {
  const all = [opener(), folder()];
  expect(withoutOthers(all, new Map([[KEY, {}]]))).toEqual(all);
});

it('is left in the very list where nobody names any folder', () => {
  const all = [folder()];
  expect(withoutOthers(all, new Map())).toBe(all);
});
