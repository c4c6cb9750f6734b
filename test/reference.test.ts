import { describe, expect, test } from 'vitest';
import { reportOf } from '../src/report/report.ts';
import { NOW, bucketView, lostCluster, planOf, unknownRoot } from './support/build.ts';
import { REFERENCE_FILES, currentReference, generatedReference } from './support/reference.ts';
import { schemaErrors } from './support/report-document.ts';

/** What a program reads: without fields that JSON leaves out. */
function documentOf(plan: Parameters<typeof reportOf>[0]): Record<string, unknown> {
  const document: unknown = JSON.parse(JSON.stringify(reportOf(plan)));
  return typeof document === 'object' && document !== null ? { ...document } : {};
}

describe('docs/reference', () => {
  test.each(REFERENCE_FILES)('%s says what the code says (`npm run docs` writes it)', (name) => {
    expect(currentReference(name)).toBe(generatedReference(name));
  });

  test('explains a reason, a setting, an action and an exit code', () => {
    expect(currentReference('reasons.md')).toContain('| `image-empty` |');
    expect(currentReference('settings.md')).toContain('| `--quiet-period` | `2m` |');
    expect(currentReference('verdicts.md')).toContain('| `retrigger` |');
    expect(currentReference('commands.md')).toContain('| `3` |');
  });
});

describe('the JSON Schema of the Report', () => {
  test('accepts the report of a healthy, a lost and an unknown bucket', () => {
    const unknown = bucketView({}, { root: unknownRoot(), startedAt: NOW });

    for (const plan of [planOf(), planOf({ cluster: lostCluster() }), planOf({ bucket: unknown })])
      expect(schemaErrors(documentOf(plan))).toEqual([]);
  });

  test('refuses a field that it does not know, a field that is missing and a word that nobody has explained', () => {
    const document = documentOf(planOf());
    const { complete: _complete, ...without } = document;

    expect(schemaErrors({ ...document, surprise: 1 })).toEqual([' must NOT have additional properties']);
    expect(schemaErrors(without)).toEqual([" must have required property 'complete'"]);
    expect(schemaErrors({ ...document, summary: { ...reportOf(planOf()).summary, actions: { explode: 1 } } })).toEqual([
      '/summary/actions must be equal to one of the allowed values',
      '/summary/actions property name must be valid',
    ]);
  });
});
