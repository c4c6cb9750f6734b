/** A cluster with thirty hand-written applications, and what is true of it; the seed decides names, namespaces and their order. */
import type { Lab } from '../lab.ts';
import { Dice } from '../random/dice.ts';
import { KINDS, type Truth } from './kinds.ts';
import { Stage, type Ref } from './stage.ts';

const FRUITS =
  'almond apple apricot banana barberry bilberry blackberry blueberry cherry citron cranberry currant damson date elderberry fig gooseberry grape guava hazel kiwi lemon lime loquat mango medlar melon mulberry nectarine olive orange papaya peach pear plum pomelo quince raspberry rowan sloe'.split(
    ' ',
  );

/** What cannot be looked into has namespaces of its own: nobody else's rows say less because of it. */
const UNREADABLE = ['REST server', 'Secret without an address', 'no Secret', "another tenant's folder"];

export interface World {
  stage: Stage;
  apps: readonly (Ref & { kind: string })[];
  /** of every claim, in no order; called when the world stands still */
  truths: () => Truth[];
  /** VolSync goes away, and what it would do without an end is between two rounds */
  stop: () => void;
}

/** Builds it, and lets it live until everything has been backed up once. */
export async function thirtyApps(lab: Lab, seed: number): Promise<World> {
  const dice = new Dice(seed);
  const stage = new Stage(lab);
  for (const name of ['media', 'home', 'work', 'odd', 'films']) stage.namespace(name);
  const names = shuffled(FRUITS, dice);
  const apps = shuffled(Object.keys(KINDS), dice).map((kind, index) => ({
    kind,
    namespace: UNREADABLE.includes(kind) ? 'odd' : dice.pick(['media', 'home', 'work']),
    // Names that look like those of other objects are names, too.
    claim: `${names[index] ?? 'none'}${dice.pick(['', '', '-data', '-0', '-backup'])}`,
  }));
  lying(stage);
  for (const { kind, ...ref } of apps) if (kind !== 'untriggered') KINDS[kind]?.build(stage, ref);
  await stage.quiet();
  for (const { kind, ...ref } of apps) if (kind !== 'untriggered') await KINDS[kind]?.live?.(stage, ref);
  // It never stands still, so it comes last.
  for (const { kind, ...ref } of apps) if (kind === 'untriggered') await begun(stage, ref, kind);
  return {
    stage,
    apps,
    stop: () => {
      lab.volsync.pause();
      for (const { kind, namespace, claim } of apps)
        if (kind === 'untriggered') stage.settle(namespace, `${claim}-dst`);
    },
    truths: () => [
      ...apps.flatMap(({ kind, ...ref }) =>
        (KINDS[kind]?.truth(stage, ref) ?? []).map((truth) => ({ ...ref, ...truth })),
      ),
      ...around(),
    ],
  };
}

async function begun(stage: Stage, ref: Ref, kind: string): Promise<void> {
  KINDS[kind]?.build(stage, ref);
  await KINDS[kind]?.live?.(stage, ref);
  const newest = stage.short(`apps/${ref.namespace}-${ref.claim}`);
  await stage.until(() => stage.held(ref.namespace, `${ref.claim}-dst`) === newest);
}

const DAY = 86_400_000;

/** What nobody's application is. */
function lying(stage: Stage): void {
  stage.claim({ namespace: 'home', claim: 'cache' });
  stage.stored('gone/ledger', [{ seed: 'old', at: new Date(Date.now() - 20 * DAY) }]);
  stage.stored('attic', ['one']);
  stage.stored('films/diary', ['one', 'two']);
  stage.stored(`media/${'n'.repeat(70)}`, ['one']);
}

function around(): Truth[] {
  const present = (path: string, point: string): Truth['plan'] => ({
    backup: 'present',
    path,
    point,
    destination: null,
  });
  return [
    {
      namespace: 'gone',
      claim: 'ledger',
      plan: present('gone/ledger', 'cold namespace-missing'),
      findings: { 'repository-abandoned': /no claim uses it, and its newest snapshot is 20 days old/ },
      // A labelled claim of this name would get its data.
      safe: true,
      why: null,
    },
    {
      namespace: 'films',
      claim: 'diary',
      plan: present('films/diary', 'cold credentials-missing'),
      findings: {},
      safe: false,
      why: /credentials-missing/,
    },
    {
      namespace: 'media',
      claim: 'n'.repeat(70),
      plan: present(`media/${'n'.repeat(70)}`, 'cold name-invalid'),
      findings: {},
      safe: false,
      why: /name-invalid/,
    },
  ];
}

function shuffled<T>(all: readonly T[], dice: Dice): T[] {
  return all
    .map((one) => ({ one, by: dice.next() }))
    .toSorted((a, b) => a.by - b.by)
    .map(({ one }) => one);
}
