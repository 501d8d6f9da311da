import { awscdk, javascript, Task, TextFile } from 'projen';
import { TypeScriptRunner } from 'projen/lib/typescript';

/** Where the project lives and who owns it: the only place that says so. */
const OWNER = 'innovate-platform';
const REPOSITORY = `https://github.com/${OWNER}/cdk-innovate-platform.git`;

/** The lowest aws-cdk-lib that users may have; the library is developed against it. */
const CDK_VERSION = '2.257.0';
const CONSTRUCTS_VERSION = '10.5.1';

/** AWS SDK clients: the rehearsal's checks and the functions that the local AWS runs; the lock file pins each. */
const AWS_SDK_VERSION = '^3.1100.0';
const AWS_SDK_CLIENTS = [
  'budgets', 'cloudcontrol', 'cloudformation', 'cloudfront', 'cloudwatch-logs', 'codepipeline', 'ec2', 'ecr', 'eks', 'eventbridge', 'iam', 'kms', 'lambda',
  'organizations', 'rds', 'route-53', 's3', 'secrets-manager', 'sfn', 'sns', 'sqs', 'ssm', 'sts', 'wafv2',
].map(name => `@aws-sdk/client-${name}@${AWS_SDK_VERSION}`);

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-innovate-platform',
  description: 'One architecture document as typed AWS constructs: landing zone, network, EKS with Karpenter, Aurora PostgreSQL, SPA edge and Git Flow delivery',
  author: OWNER,
  authorAddress: `${OWNER}@users.noreply.github.com`,
  authorOrganization: true,
  repositoryUrl: REPOSITORY,
  license: 'Apache-2.0',
  copyrightOwner: OWNER,
  stability: 'experimental',
  mergify: false,
  githubOptions: { mergify: false },
  keywords: ['aws', 'cdk', 'landing-zone', 'vpc', 'eks', 'karpenter', 'aurora', 'postgresql', 'cloudfront', 'waf', 'codepipeline', 'gitflow'],
  defaultReleaseBranch: 'main',
  majorVersion: 0,

  cdkVersion: CDK_VERSION,
  constructsVersion: CONSTRUCTS_VERSION,
  jsiiVersion: '~6.0.16',
  typescriptVersion: '~6.0.3',
  minNodeVersion: '20.0.0',
  packageManager: javascript.NodePackageManager.NPM,
  projenVersion: '0.103.25',
  peerDependencyOptions: { pinnedDevDependency: true },
  devDeps: [
    '@aws-cdk/aws-service-spec@0.1.216',
    '@aws-cdk/integ-runner@2.197.10',
    '@aws-cdk/integ-tests-alpha@2.245.0-alpha.0',
    '@aws-cdk/service-spec-types@0.0.282',
    '@swc/core@1.16.22',
    '@swc/jest@0.2.39',
    'aws-cdk@2.1148.1',
    'cdk-nag@3.0.2',
    'tsx@4.23.15',
    'yaml@2.9.1',
    ...AWS_SDK_CLIENTS,
  ],

  publishToPypi: { distName: 'cdk-innovate-platform', module: 'cdk_innovate_platform' },
  publishToMaven: { javaPackage: 'io.github.innovateplatform.cdk', mavenGroupId: 'io.github.innovateplatform', mavenArtifactId: 'cdk-innovate-platform' },
  publishToGo: { moduleName: `github.com/${OWNER}/cdk-innovate-platform-go`, packageName: 'innovateplatform' },
  publishToNuget: { dotNetNamespace: 'InnovatePlatform.Cdk', packageId: 'InnovatePlatform.Cdk' },

  projenrcTs: true,
  runner: TypeScriptRunner.tsx(),
  sampleCode: false,
  tsconfigDevFile: 'tsconfig.dev.json',
  typecheckTests: true,
  integrationTestAutoDiscover: false,
  lambdaAutoDiscover: false,
  docgenFilePath: 'API.md',
  depsUpgradeOptions: { workflow: false },
  gitignore: ['.rehearsal/', 'cdk.out/', '*.log', 'integ/*.snapshot/asset.*', 'integ/*.snapshot/**/asset.*', '/tmp/'],
  npmignore: ['/bench/', '/docs/', '/examples/', '/integ/', '/rehearsal/', '/.ci/', '/.rehearsal/', '/CONTRIBUTING.md', '/cdk.context.json'],

  eslintOptions: { dirs: ['src'], devdirs: ['test', 'integ', 'rehearsal', 'examples/platform', 'scripts'] },
  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    coverage: false,
    junitReporting: false,
    jestConfig: {
      transform: {
        '^.+\\.tsx?$': new javascript.Transform('@swc/jest', {
          jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
        }),
      },
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      setupFiles: ['<rootDir>/test/support/environment.ts'],
      watchPathIgnorePatterns: ['/node_modules/', '/.rehearsal/'],
      // construct trees of a whole platform are large; a worker that grew is replaced rather than swapped
      workerIdleMemoryLimit: '1GB',
    },
  },
});

// The development compiler also covers what is not part of the package.
project.tsconfigDev.addInclude('integ/**/*.ts');
project.tsconfigDev.addInclude('examples/platform/**/*.ts');
project.tsconfigDev.addInclude('rehearsal/**/*.ts');
project.tsconfigDev.addInclude('scripts/**/*.ts');

project.eslint?.addRules({
  '@stylistic/max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreComments: true, ignoreRegExpLiterals: true }],
});

project.synth();
