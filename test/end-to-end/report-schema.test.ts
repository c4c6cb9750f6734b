/** What the program prints for other programs, over the wire, held against the published JSON Schema. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claim } from '../../sandbox/story.ts';
import { ordinary, startLab, type Lab } from '../support/lab.ts';
import { schemaErrors } from '../support/report-document.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
  ordinary(lab);
  lab.kube.apply(claim({ namespace: 'media', name: 'never-backed-up', labels: { backup: 'daily' } }));
  await lab.run();
});

afterAll(() => lab[Symbol.asyncDispose]());

const deaf = { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' };

test.each([
  { command: 'plan', env: {}, when: 'of a healthy world', code: 0 },
  { command: 'status', env: deaf, when: 'without the bucket', code: 0 },
  { command: 'plan', env: deaf, when: 'when the S3 server does not answer', code: 1 },
])('$command $when prints a document that conforms to the Schema', { timeout: 120_000 }, async (row) => {
  const ended = await lab.spawn([row.command, '--output', 'json'], row.env);

  expect(ended.code).toBe(row.code);
  expect(schemaErrors(JSON.parse(ended.stdout))).toEqual([]);
});
