import { FindingSeverity, ImageScan } from '../../../src/delivery/api/image-scan';

test('critical findings stop a release', () => {
  expect(ImageScan.findings()._bind()).toEqual({ severities: ['CRITICAL'], accepted: [] });
});

test('milder ones do where that is said, but for those that somebody lives with', () => {
  expect(ImageScan.findings({ stopsAt: FindingSeverity.MEDIUM, acceptedFindings: ['GHSA-2jv5-9r88-3w3p', 'CVE-2025-1'] })._bind())
    .toEqual({ severities: ['MEDIUM', 'HIGH', 'CRITICAL'], accepted: ['CVE-2025-1', 'GHSA-2jv5-9r88-3w3p'] });
});

test('nothing does where that is said', () => {
  expect(ImageScan.none()._bind()).toBeUndefined();
});

test.each(['', 'cve', 'CVE-2025-1; id', "CVE-2025-1'"])('refuses %j as a finding', value => {
  expect(() => ImageScan.findings({ acceptedFindings: ['CVE-2025-1', value] })).toThrow(/`acceptedFindings\[1\]` is .*Give the name that ECR shows/);
});
