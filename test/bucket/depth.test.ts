import { expect, test } from 'vitest';
import { bucketOver } from '../../src/bucket/bucket.ts';
import type { ListPage } from '../../src/bucket/requests.ts';
import type { RootListing } from '../../src/model.ts';
import { RECORDS_FOLDER } from '../../src/naming.ts';

const { signal } = new AbortController();
const ID = 'a'.repeat(64);

/** A well-behaved S3 server with these keys. */
function serving(...keys: string[]): ListPage {
  return async ({ prefix, delimited }) => {
    const found = keys.filter((key) => key.startsWith(prefix));
    const folders = new Set<string>();
    const objects: string[] = [];
    for (const key of found) {
      const slash = key.indexOf('/', prefix.length);
      if (delimited && slash >= 0) folders.add(key.slice(0, slash + 1));
      else objects.push(key);
    }
    return {
      IsTruncated: false,
      KeyCount: folders.size + objects.length,
      CommonPrefixes: [...folders].map((Prefix) => ({ Prefix })),
      Contents: objects.map((Key) => ({ Key, Size: 1, LastModified: new Date(0) })),
    };
  };
}

/** A repository with one snapshot in this folder, with a slash at its end. */
function repository(folder: string): string[] {
  return ['config', `keys/${ID}`, `data/aa/${ID}`, `index/${ID}`, `snapshots/${ID}`].map((name) => folder + name);
}

async function listed(listPage: ListPage, prefix = ''): Promise<unknown> {
  const root: RootListing = await bucketOver(listPage, { prefix, concurrency: 2 }).listRepositories(signal);
  if (root.state !== 'listed') return root;
  const claims = [...root.namespaces].flatMap(([namespace, level]) =>
    level.state === 'listed' ? [...level.claims].map((claim) => `${namespace}/${claim}`) : [`${namespace}: unknown`],
  );
  return { claims: claims.sort(), misplaced: root.misplaced, strangers: root.strangers };
}

test('C01: a folder that is a repository is named, and its own names are no claims', async () => {
  const keys = [...repository('sonarr/'), ...repository('plex/'), ...repository('media/plex-config/')];
  expect(await listed(serving(...keys))).toEqual({
    claims: ['media/plex-config'],
    misplaced: ['plex', 'sonarr'],
    strangers: [],
  });
});

test('C01: a namespace that is a repository as well keeps its claims, one that is called `data` included', async () => {
  const keys = [...repository('media/'), ...repository('media/data/'), ...repository('media/plex-config/')];
  expect(await listed(serving(...keys))).toEqual({
    claims: ['media/data', 'media/plex-config'],
    misplaced: ['media'],
    strangers: [],
  });
});

test('C01: the bucket itself can be a repository, and a namespace called `data` in it as well', async () => {
  const keys = [...repository(''), ...repository('data/plex-config/'), ...repository('media/sonarr/')];
  expect(await listed(serving(...keys))).toEqual({
    claims: ['data/plex-config', 'media/sonarr'],
    misplaced: [''],
    strangers: [],
  });
});

test('C01: folders of two hex digits are data of the bucket’s own repository below `data` alone', async () => {
  const keys = [...repository(''), ...repository('media/ab/'), ...repository('data/cd/')];
  expect(await listed(serving(...keys))).toEqual({ claims: ['media/ab'], misplaced: [''], strangers: [] });
  expect(await listed(serving(...repository('data/cd/')))).toEqual({
    claims: ['data/cd'],
    misplaced: [],
    strangers: [],
  });
});

test('C01: `config` at the root is a stranger unless the bucket is a repository, and other files always are', async () => {
  expect(await listed(serving('config', 'notes'))).toEqual({
    claims: [],
    misplaced: [],
    strangers: ['config', 'notes'],
  });
  expect(await listed(serving('notes', ...repository('')))).toEqual({
    claims: [],
    misplaced: [''],
    strangers: ['notes'],
  });
});

test('C01: only what may be a folder of the repository is looked into, without its locks', async () => {
  const asked: string[] = [];
  const page = serving('media/data/config', ...repository('films/'), ...repository('films/data/'), 'films/dvd/config');
  const watched: ListPage = (request, stop) => {
    asked.push(request.prefix);
    return page(request, stop);
  };
  expect(await listed(watched)).toEqual({
    claims: ['films/data', 'films/dvd', 'media/data'],
    misplaced: ['films'],
    strangers: [],
  });
  expect(asked.sort()).toEqual([
    '',
    'films/',
    ...['data', 'index', 'keys', 'snapshots'].map((name) => `films/${name}/snapshots/`),
    'media/',
  ]);
});

test('C01: the depth is counted from the prefix', async () => {
  const keys = [...repository('team-a/plex/'), ...repository('team-a/media/sonarr/')];
  expect(await listed(serving(...keys), 'team-a/')).toEqual({
    claims: ['media/sonarr'],
    misplaced: ['plex'],
    strangers: [],
  });
});

test('a namespace with claims called `data` and `keys` is no repository without a `config` beside them', async () => {
  const keys = [...repository('media/data/'), ...repository('media/keys/')];
  expect(await listed(serving(...keys))).toEqual({
    claims: ['media/data', 'media/keys'],
    misplaced: [],
    strangers: [],
  });
});

test('a look into such a folder that fails leaves its whole namespace unknown', async () => {
  const page = serving(...repository('media/'), ...repository('media/data/'));
  const failing: ListPage = async (request, stop) => {
    if (request.prefix === 'media/data/snapshots/') throw new Error('reset');
    return page(request, stop);
  };
  expect(await listed(failing)).toEqual({ claims: ['media: unknown'], misplaced: ['media'], strangers: [] });
});

test('any folder below the prefix can be looked into', async () => {
  const { probePath } = bucketOver(serving(...repository('team/deep/er/')), { prefix: 'team/', concurrency: 1 });
  expect(await probePath('deep/er', () => true, signal)).toEqual({
    state: 'listed',
    snapshots: [{ id: ID, at: 0 }],
    locks: [],
  });
});

test('records are listed in one go, whatever lies beside them; null when that fails', async () => {
  const keys = ['media/plex', 'media/films'].map((claim) => `team/${RECORDS_FOLDER}${claim}.json`);
  const records = (page: ListPage): unknown =>
    bucketOver(page, { prefix: 'team/', concurrency: 1 }).listRecords(signal);
  const failing: ListPage = async () => {
    throw new Error('reset');
  };
  expect(
    await records(serving(...keys, `team/${RECORDS_FOLDER}notes.txt`, `${RECORDS_FOLDER}media/other.json`)),
  ).toEqual([
    { namespace: 'media', claim: 'plex' },
    { namespace: 'media', claim: 'films' },
  ]);
  expect(await records(failing)).toBeNull();
});
