// The built-in template validation of newer versions costs seconds per file and runs where the rule packs run instead.
process.env.CDK_VALIDATION = 'false';
process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = '20';
