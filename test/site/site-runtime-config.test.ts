import { SecretValue, Token } from 'aws-cdk-lib';
import { SpaStaticSite } from '../../src/site/spa-static-site';
import { testStack } from '../support/stacks';

const attempt = (runtimeConfig: Record<string, unknown>) => () => new SpaStaticSite(testStack('us-east-1'), 'Site', { runtimeConfig });

test.each<[string, Record<string, unknown>]>([
  ['of every kind', { environment: 'staging', pageSize: 20, beta: true, nothing: null, features: ['a', 'b'], login: { issuer: 'https://login.example.com', scopes: ['openid'] } }],
  ['that are public keys and the like', { tokenEndpoint: 'https://a.example.com/token', passwordPolicyUrl: 'https://a.example.com', mapsApiKey: 'AIzaSy', publicKey: 'abc', clientId: 'x' }],
  ['known at deployment', { url: Token.asString({ Ref: 'Api' }), port: Token.asNumber({ Ref: 'Port' }), list: Token.asList({ Ref: 'List' }) }],
])('takes settings %s', (_, settings) => {
  expect(attempt(settings)).not.toThrow();
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['a secret by its name', { login: { clientSecret: 'x' } }, /Test\/Site: `runtimeConfig.login.clientSecret` is "…", but by its name it is a secret\. Everybody can read/],
  ['a password', { db_password: 'x' }, /runtimeConfig.db_password/],
  ['a private key by its name', { signingKey: 'x' }, /runtimeConfig.signingKey/],
  ['a token', { accessToken: 'x' }, /runtimeConfig.accessToken.*What is public.*gets a name that says so, such as "mapsPublicKey"/],
  ['a key of AWS', { keys: ['AKIAIOSFODNN7EXAMPLE'] }, /`runtimeConfig.keys\[0\]` is "…", but it looks like a key/],
  ['a private key', { tls: '-----BEGIN RSA PRIVATE KEY-----\nMII' }, /it looks like a key/],
  ['a value from a store of secrets', { login: SecretValue.secretsManager('login').unsafeUnwrap() }, /`runtimeConfig.login` is "…", but it is read from a store of secrets/],
  ['a secure parameter', { login: SecretValue.ssmSecure('login').unsafeUnwrap() }, /read from a store of secrets/],
  ['a function', { now: () => 1 }, /`runtimeConfig.now` is ".*", but JSON has nothing for it/],
  ['no number', { size: NaN }, /`runtimeConfig.size` is "NaN"/],
  ['nothing', { size: undefined }, /`runtimeConfig.size` is "undefined"/],
])('refuses %s', (_, settings, message) => {
  expect(attempt(settings)).toThrow(message);
});
