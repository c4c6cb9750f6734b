import { describe, expect, it } from 'vitest';
import { readProof, readSaved, readSeconds } from '../../src/restic/log-lines.ts';

describe('the log of a restore', () => {
  const cases: [string, string, unknown][] = [
    [
      'names the snapshot (VolSync 0.11 and newer)',
      'restoring snapshot bba14529 of [/data] at 2026-11-21 07:52:37.374813704 +0000 UTC by root@volsync to .\nRestic completed in 2s',
      { kind: 'restored', id: 'bba14529' },
    ],
    [
      'names the snapshot (VolSync up to 0.9.1)',
      'restoring <Snapshot bba14529 of [/data] at 2023-01-01 10:00:00 +0000 UTC by root@volsync> to .',
      { kind: 'restored', id: 'bba14529' },
    ],
    [
      'says that nothing was there',
      'No eligible snapshots found\n=== No data will be restored ===\nRestic completed in 2s',
      { kind: 'empty' },
    ],
    [
      'says that the restore made the repository itself',
      '=== Initialize Dir ===\ncreated restic repository 0735452df8 at s3:http://rustfs.example:9000/b/n/p',
      { kind: 'empty' },
    ],
    ['was not kept', '', { kind: 'unreadable' }],
    [
      'is the tail of a failed one',
      'oad(<data/95ef2b412c>, 1048, 0) failed: The specified key does not exist.\nFatal: There were 1 errors',
      { kind: 'unreadable' },
    ],
    [
      'holds two attempts: the last one counts',
      'restoring snapshot aaaaaaaa of [/data] at x to .\nFatal: There were 1 errors\nrestoring snapshot bbbbbbbb of [/data] at x to .',
      { kind: 'restored', id: 'bbbbbbbb' },
    ],
    ['has a name that is too long', 'restoring snapshot bba145290 of [/data]', { kind: 'unreadable' }],
    ['has a name in capitals', 'restoring snapshot BBA14529 of [/data]', { kind: 'unreadable' }],
    ['was cut in the name', 'restoring snapshot bba14', { kind: 'unreadable' }],
    ['speaks of a file of that name', 'skipping original file: snapshot bba14529', { kind: 'unreadable' }],
  ];
  it.each(cases)('%s', (_, log, proof) => {
    expect(readProof(log)).toEqual(proof);
  });
});

describe('the log of a backup', () => {
  it('names the snapshot that it saved, the last one of several attempts', () => {
    expect(readSaved('snapshot aaaaaaaa saved\nFatal: unable to create lock\nsnapshot 225ae60e saved')).toBe(
      '225ae60e',
    );
    expect(readSaved('== Directory is empty skipping backup ===')).toBeNull();
    expect(readSaved('using parent snapshot 95377d80')).toBeNull();
  });

  it('says how long its mover has worked, unless it was cut off', () => {
    expect(readSeconds('snapshot bba14529 saved\nRestic completed in 754s')).toBe(754);
    expect(readSeconds('snapshot bba14529 saved\nFatal: unable to create lock')).toBeNull();
  });
});
