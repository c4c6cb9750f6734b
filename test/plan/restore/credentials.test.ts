import { describe, expect, it } from 'vitest';
import type { BaseCredentials, RepositoryCredentials } from '../../../src/model.ts';
import { passwordChanged } from '../../../src/plan/facts/password.ts';
import { credentialsDrift } from '../../../src/plan/restore/credentials.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { KEY, NOW, PROVEN, base, situation } from '../../support/build.ts';

function withSecrets(
  credentials: RepositoryCredentials | null,
  bases: Record<string, BaseCredentials> = { media: base() },
): Situation {
  return situation({ bases, credentials: credentials === null ? {} : { [KEY]: credentials } });
}

describe('repository credentials', () => {
  it('are made, follow, or are left alone', () => {
    const drift = (credentials: RepositoryCredentials | null): unknown =>
      credentialsDrift(withSecrets(credentials), NOW);
    const ref = { namespace: 'media', claim: 'plex-config' };
    expect([
      drift({ state: 'absent' }),
      drift({ state: 'ours', differs: [], password: PROVEN }),
      drift({ state: 'ours', differs: ['AWS_SECRET_ACCESS_KEY'], password: PROVEN }),
      drift({ state: 'ours', differs: ['RESTIC_REPOSITORY', 'RESTIC_PASSWORD'], password: PROVEN }),
      drift({ state: 'ours', differs: ['RESTIC_PASSWORD'], password: PROVEN }),
      drift({ state: 'foreign' }),
      drift(null),
    ]).toEqual([
      [{ kind: 'create-credentials', keepPassword: false, ...ref }],
      [],
      [{ kind: 'update-credentials', keepPassword: false, ...ref }],
      [{ kind: 'update-credentials', keepPassword: true, ...ref }],
      [],
      [],
      [],
    ]);
  });

  it('are not written from a base that was not read', () => {
    expect(credentialsDrift(withSecrets({ state: 'absent' }, {}), NOW)).toEqual([]);
    expect(credentialsDrift(withSecrets({ state: 'absent' }, { media: { version: 'v', content: null } }), NOW)).toEqual(
      [],
    );
  });

  it('password-changed: only of ours, and only by the password', () => {
    expect(
      [
        { state: 'ours' as const, differs: ['RESTIC_PASSWORD'] },
        { state: 'ours' as const, differs: ['AWS_ACCESS_KEY_ID'] },
        { state: 'foreign' as const },
        null,
      ].map((one) => passwordChanged(withSecrets(one))),
    ).toEqual([true, false, false, false]);
  });
});
