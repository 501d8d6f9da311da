import { Duration } from 'aws-cdk-lib';
import { smokeTestTimeout } from '../../../src/delivery/build/smoke-test-build-spec';
import { SmokeTest, SmokeTestOptions } from '../../../src/delivery/site/smoke-test';

const site = { url: 'https://d1.cloudfront.net' };

test('asks a site for its page and for the release', () => {
  expect(SmokeTest.requests()._bind(site)).toEqual({
    url: site.url, requests: [{ path: '/' }, { path: '/release.json', contains: '{commit}' }], script: undefined, attempts: 30, intervalSeconds: 10,
  });
});

test('asks another address, more paths, and a script', () => {
  expect(SmokeTest.requests({
    url: 'https://notes.example.com:8443', requests: [{ path: '/api/notes', status: 401, contains: '{}' }], script: 'deploy/smoke-test.sh', attempts: 3, interval: Duration.minutes(1),
  })._bind({})).toEqual({
    url: 'https://notes.example.com:8443', requests: [{ path: '/' }, { path: '/api/notes', status: 401, contains: '{}' }], script: 'deploy/smoke-test.sh', attempts: 3, intervalSeconds: 60,
  });
});

test('asks nothing where nothing is to be asked or nobody knows where', () => {
  expect(SmokeTest.none()._bind(site)).toBeUndefined();
  expect(SmokeTest.requests()._bind({})).toBeUndefined();
});

test.each<[SmokeTestOptions, RegExp]>([
  [{ url: 'http://notes.example.com' }, /`url` is "http:\/\/notes.example.com", but it is not "https:\/\/" and a host/],
  [{ url: 'https://notes.example.com/' }, /`url` is .* without a path/],
  [{ requests: [{ path: '/' }, { path: 'api' }] }, /`requests\[1\].path` is "api", but it is not a path/],
  [{ requests: [{ path: '/api notes' }] }, /`requests\[0\].path`/],
  [{ requests: [{ path: '/', status: 99 }] }, /`requests\[0\].status` is 99/],
  [{ requests: [{ path: '/', contains: 'a\nb' }] }, /`requests\[0\].contains` is .*one line/],
  [{ script: '../smoke.sh' }, /`script` is "..\/smoke.sh", but/],
  [{ script: 'smoke.sh; id' }, /`script` is/],
  [{ attempts: 0 }, /`attempts` is 0, but it has to be between 1 and 100/],
  [{ attempts: 1.5 }, /`attempts` is 1.5/],
  [{ interval: Duration.millis(1500) }, /`interval` is .* whole seconds/],
  [{ interval: Duration.minutes(2) }, /`interval` is .* between 1 and 60 seconds/],
  [
    { attempts: 100, interval: Duration.minutes(1), requests: ['/a', '/b'].map(path => ({ path })) },
    /`attempts` is 100, but 4 requests could then take 535 minutes, and CodePipeline waits for 480\. Give fewer attempts/,
  ],
])('refuses %j', (options, message) => {
  expect(() => SmokeTest.requests(options)).toThrow(message);
});

test.each<[string, SmokeTestOptions, number]>([
  // twice (30 × 20 s + 29 × 10 s), and five minutes
  ['the default', {}, 35],
  ['one attempt', { attempts: 1 }, 6],
  ['as much as there may be', { attempts: 100, interval: Duration.minutes(1), requests: [{ path: '/a' }] }, 402],
  ['a script', { attempts: 1, script: 'smoke.sh' }, 36],
])('a build ends after the last attempt of the last request: %s', (_, options, minutes) => {
  expect(smokeTestTimeout(SmokeTest.requests(options)._bind(site)!).toMinutes()).toBe(minutes);
});
