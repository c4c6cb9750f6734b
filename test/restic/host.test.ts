import { expect, it } from 'vitest';
import { awsRegionOf } from '../../src/restic/host.ts';

it.each([
  ['s3.amazonaws.com:443', { partition: 'amazonaws.com', region: null }],
  ['s3.amazonaws.com:80', { partition: 'amazonaws.com', region: null }],
  ['s3-external-1.amazonaws.com:443', { partition: 'amazonaws.com', region: 'us-east-1' }],
  ['s3.us-gov-west-1.amazonaws.com:443', { partition: 'amazonaws.com', region: 'us-gov-west-1' }],
  ['s3-fips.us-gov-east-12.amazonaws.com:443', { partition: 'amazonaws.com', region: 'us-gov-east-12' }],
  ['s3.cn-north-1.amazonaws.com.cn:443', { partition: 'amazonaws.com.cn', region: 'cn-north-1' }],
  [`s3.eu-${'w'.repeat(27)}-1.amazonaws.com:443`, { partition: 'amazonaws.com', region: `eu-${'w'.repeat(27)}-1` }],
])('%s is the S3 service of AWS', (host, aws) => {
  expect(awsRegionOf(host)).toEqual(aws);
});

it.each([
  'not a host',
  's3.amazonaws.com:8443',
  's3-fips.amazonaws.com:443',
  's3.amazonaws.example:443',
  's3.tenant.amazonaws.com:443',
  's3-tenant.amazonaws.com:443',
  's3.eu-west.amazonaws.com:443',
  's3.eu-west-1a.amazonaws.com:443',
  's3.eu-west-100.amazonaws.com:443',
  's3.1eu-west-1.amazonaws.com:443',
  's3.e-west-1.amazonaws.com:443',
  's3.eu-west-1.eu-west-1.amazonaws.com:443',
  `s3.eu-${'w'.repeat(28)}-1.amazonaws.com:443`,
])('%s is not', (host) => {
  expect(awsRegionOf(host)).toBeNull();
});
