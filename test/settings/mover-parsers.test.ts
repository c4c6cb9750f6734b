import { expect, test } from 'vitest';
import { parseCustomCA, parseResources } from '../../src/settings/mover-parsers.ts';

test.each([
  ['requests.cpu=100m,limits.memory=1Gi', '{"limits":{"memory":"1Gi"},"requests":{"cpu":"100m"}}'],
  [' limits.nvidia.com/gpu=1 ', '{"limits":{"nvidia.com/gpu":"1"}}'],
  ['cpu=100m', null],
  ['requests.cpu=much', null],
  ['requests.cpu=1,requests.cpu=2', null],
  ['requests.cpu', null],
])('--mover-resources %j', (text, wanted) => {
  expect(parseResources(text)).toBe(wanted);
});

test.each([
  ['secret/minio-ca/ca.crt', '{"key":"ca.crt","secretName":"minio-ca"}'],
  ['configmap/trust/ca-bundle.crt', '{"configMapName":"trust","key":"ca-bundle.crt"}'],
  ['file/ca/ca.crt', null],
  ['secret/ca', null],
  ['secret/ca/a/b', null],
  ['secret/Upper_case/ca.crt', null],
])('--custom-ca %j', (text, wanted) => {
  expect(parseCustomCA(text)).toBe(wanted);
});
