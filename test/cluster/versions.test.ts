import * as fs from 'node:fs';
import * as path from 'node:path';
import { KubernetesVersion } from 'aws-cdk-lib/aws-eks-v2';
import { defaultVersions, merge, mergeLayers, newer, take, VersionTable, versionsOfPage } from '../../scripts/refresh-cluster-versions';
import { ADDONS, minorOf, releaseOf, validateKubernetesVersion, VERSIONS } from '../../src/cluster/versions';
import { testStack } from '../support/stacks';

const CHARTS = path.join(__dirname, '../../src/cluster/charts');
const chart = (name: string) => fs.readFileSync(path.join(CHARTS, name, 'Chart.yaml'), 'utf8');

test('versions stand in their order, without a gap, the newest last', () => {
  const minors = VERSIONS.kubernetes.map(minorOf);
  expect(minors).toEqual(minors.map((_, index) => minors[0] + index));
});

test.each(VERSIONS.kubernetes)('Kubernetes %s has every add-on in one exact version, kube-proxy of its own minor', version => {
  const { addons } = releaseOf(version);
  expect(Object.keys(addons).sort()).toEqual([...ADDONS].sort());
  for (const addon of Object.values(addons)) { expect(addon).toMatch(/^v\d+\.\d+\.\d+-eksbuild\.\d+$/); }
  expect(minorOf(addons['kube-proxy'])).toBe(minorOf(version));
});

test.each(VERSIONS.kubernetes)('Kubernetes %s has a kubectl layer', version => {
  expect(releaseOf(version).kubectlLayer).toMatch(/^\d+\.\d+\.\d+$/);
});

test('Karpenter runs on all of them', () => {
  const { oldest, newest } = VERSIONS.kubernetesOfKarpenter;
  for (const version of VERSIONS.kubernetes) {
    expect(minorOf(version)).toBeGreaterThanOrEqual(minorOf(oldest));
    expect(minorOf(version)).toBeLessThanOrEqual(minorOf(newest));
  }
});

test('an add-on that knows one line for all Kubernetes versions is not older on a newer Kubernetes', () => {
  const rank = (version: string) => version.match(/\d+/g)!.map(part => part.padStart(4, '0')).join('.');
  for (const name of ['vpc-cni', 'eks-pod-identity-agent', 'metrics-server', 'aws-ebs-csi-driver', 'coredns'] as const) {
    const ranks = VERSIONS.kubernetes.map(version => rank(releaseOf(version).addons[name]));
    expect(ranks).toEqual([...ranks].sort());
  }
});

test('the vendored charts are those of the table', () => {
  for (const name of ['karpenter', 'karpenter-crd']) { expect(chart(name)).toContain(`version: ${VERSIONS.karpenter}\n`); }
  expect(chart('aws-load-balancer-controller')).toContain(`appVersion: v${VERSIONS.loadBalancerController}\n`);
});

test('images are named as their aliases and parameters are', () => {
  expect(VERSIONS.bottlerocket).toMatch(/^\d+\.\d+\.\d+$/);
  expect(VERSIONS.al2023).toMatch(/^v\d{8}$/);
});

test.each<[string, RegExp]>([
  ['1.33', /`kubernetesVersion` is "1.33", but EKS has it in extended support at most, and this version of the library begins with 1.34. Choose one of 1.34, 1.35, 1.36/],
  ['1.37', /`kubernetesVersion` is "1.37", but this version of the library is not known to work with it. Choose one of/],
  ['latest', /`kubernetesVersion` is "latest", but this version of the library is not known to work with it/],
])('%s is refused', (version, message) => {
  expect(() => validateKubernetesVersion(testStack(), KubernetesVersion.of(version).version)).toThrow(message);
});

describe('the script that refreshes the table', () => {
  test('takes the default for Graviton of what EKS answers', () => {
    const versionOf = (addonVersion: string, architecture: string[], clusterVersion: string, defaultVersion: boolean) =>
      ({ addonVersion, architecture, compatibilities: [{ clusterVersion, defaultVersion }] });
    expect(defaultVersions({
      addons: [{
        addonName: 'coredns',
        addonVersions: [
          versionOf('v1.14.7-eksbuild.10', ['amd64', 'arm64'], '1.36', false),
          versionOf('v1.14.6-eksbuild.1', ['amd64'], '1.36', true),
          versionOf('v1.14.3-eksbuild.24', ['amd64', 'arm64'], '1.36', true),
          versionOf('v1.13.2-eksbuild.9', ['amd64', 'arm64'], '1.35', true),
        ],
      }],
    }, '1.36')).toEqual({ coredns: 'v1.14.3-eksbuild.24' });
  });

  test('reads the tables of the user guide', () => {
    const page = ['| Kubernetes version | version |', '| --- | --- |', '|  1.36  |  v1.36.0-eksbuild.25  |', '| `1.35` | `v1.35.3-eksbuild.29` |', '| 1.28 | none |'].join('\n');
    expect(versionsOfPage(page)).toEqual({ 1.36: 'v1.36.0-eksbuild.25', 1.35: 'v1.35.3-eksbuild.29' });
  });

  test('takes what is newer, keeps what is not, and says both', () => {
    const table: Pick<VersionTable, 'sources' | 'kubernetes'> = { sources: {}, kubernetes: { 1.36: { kubectlLayer: '2.0.1', addons: { ...releaseOf('1.36').addons, 'coredns': 'v1.14.3-eksbuild.9', 'vpc-cni': 'v1.22.4-eksbuild.3' } } } };
    const lines = merge(table, { 1.36: { 'coredns': 'v1.14.3-eksbuild.24', 'vpc-cni': 'v1.22.4-eksbuild.2', 'kube-proxy': releaseOf('1.36').addons['kube-proxy'] } }, 'the source');
    expect(table.kubernetes['1.36'].addons).toMatchObject({ 'coredns': 'v1.14.3-eksbuild.24', 'vpc-cni': 'v1.22.4-eksbuild.3' });
    expect(table.sources).toEqual({ 1.36: 'the source' });
    expect(lines).toEqual([
      expect.stringMatching(/^\? 1\.36 aws-ebs-csi-driver: stays at .*, no source names it$/),
      '+ 1.36 coredns: v1.14.3-eksbuild.9 -> v1.14.3-eksbuild.24',
      expect.stringMatching(/^\? 1\.36 eks-pod-identity-agent/),
      expect.stringMatching(/^\? 1\.36 metrics-server/),
      '= 1.36 vpc-cni: stays at v1.22.4-eksbuild.3, the source is behind with v1.22.4-eksbuild.2',
    ]);
  });

  test('takes newer kubectl layers, and names those that nobody answered for', () => {
    const { addons } = releaseOf('1.36');
    const table = { kubernetes: { 1.34: { kubectlLayer: '2.2.2', addons }, 1.35: { kubectlLayer: '2.2.2', addons }, 1.36: { kubectlLayer: '2.0.9', addons } } };
    expect(mergeLayers(table, { 1.34: '2.2.2', 1.36: '2.0.10' })).toEqual([
      '? 1.35 kubectl layer: stays at 2.2.2, the registry does not answer', '+ 1.36 kubectl layer: 2.0.9 -> 2.0.10',
    ]);
    expect(Object.values(table.kubernetes).map(({ kubectlLayer }) => kubectlLayer)).toEqual(['2.2.2', '2.2.2', '2.0.10']);
  });

  test('says what else is out, releases only, and takes it on demand', () => {
    expect(newer('karpenter', '1.14.1', ['v1.9.0', 'v1.15.1', 'v1.16.0-rc.0', 'tools/v2.0.0'])).toEqual(['> karpenter: 1.15.1 is out, the table has 1.14.1; --take karpenter=1.15.1']);
    expect(newer('al2023', 'v20260903', ['v20260801', 'v20260903'])).toEqual([]);
    expect(newer('bottlerocket', '1.64.0', undefined)).toEqual(['? bottlerocket: stays at 1.64.0, https://github.com/bottlerocket-os/bottlerocket cannot be read']);
    const table = { components: { karpenter: '1.14.1', loadBalancerController: '2.17.1', bottlerocket: '1.64.0', al2023: 'v20260903' } };
    expect(take(table, 'karpenter=1.15.1')).toBe('+ karpenter: 1.14.1 -> 1.15.1; now scripts/refresh-charts.ts');
    expect(take(table, 'al2023=v20261101')).toBe('+ al2023: v20260903 -> v20261101');
    expect(table.components).toMatchObject({ karpenter: '1.15.1', al2023: 'v20261101' });
    for (const wrong of ['', 'karpenter', 'karpenter=latest', 'coredns=1.2.3', 'al2023=2026']) { expect(() => take(table, wrong)).toThrow('give one of karpenter, loadBalancerController'); }
  });
});
