import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UPLOAD_FUNCTION } from '../../src/site/site-upload-function';

/** S3 as far as the function knows it, and what it puts there. */
const FAKES = {
  'boto3.py': `
import io, json, os, datetime
from botocore.exceptions import ClientError

STATE = json.load(open('state.json'))
OBJECTS, CALLS = STATE['objects'], []

def refuse(code):
    raise ClientError({'Error': {'Code': code}}, 'operation')

class Paginator:
    def paginate(self, Bucket, Prefix):
        yield {'Contents': [{'Key': key} for key in sorted(OBJECTS) if key.startswith(Prefix)]}

class S3:
    def put_object(self, Bucket, Key, Body, IfMatch=None, IfNoneMatch=None, **more):
        if Key == STATE.get('releasedMeanwhile'):
            refuse('PreconditionFailed')
        CALLS.append({'put': Key, **({'IfMatch': IfMatch} if IfMatch else {}), **({'IfNoneMatch': IfNoneMatch} if IfNoneMatch else {})})
        OBJECTS[Key] = {'Body': Body.decode(), 'ETag': '"new"', **more}
    def head_object(self, Bucket, Key):
        if Key not in OBJECTS:
            refuse('404')
        return {'Metadata': {}, 'ETag': '"old"', **OBJECTS[Key]}
    def get_object(self, Bucket, Key):
        return {'Body': open('content.zip', 'rb')}
    def copy_object(self, Bucket, Key, CopySource, **more):
        assert CopySource == {'Bucket': Bucket, 'Key': Key}
        CALLS.append({'copy': Key, **more})
    def get_paginator(self, name):
        assert name == 'list_objects_v2'
        return Paginator()

def client(name):
    return S3()
`,
  'botocore/__init__.py': '',
  'botocore/exceptions.py': `
class ClientError(Exception):
    def __init__(self, response, operation):
        super().__init__(response['Error']['Code'])
        self.response = response
`,
  'drive.py': `
import json, sys, zipfile
import boto3, index

with zipfile.ZipFile('content.zip', 'w') as content:
    for name, body in json.load(open('content.json')).items():
        content.writestr(name, body)
answers = []
class Answer:
    def __init__(self, url, body, headers, method):
        answers.append(json.loads(body))
        assert (url, method) == ('https://answer.example', 'PUT')
index.urllib.request.Request = Answer
index.urllib.request.urlopen = lambda request, timeout: None
index.handler(json.load(open('event.json')), None)
json.dump({'objects': boto3.OBJECTS, 'calls': boto3.CALLS, 'answers': answers}, open('result.json', 'w'))
`,
};

const CONTENT = {
  'index.html': '<script src=assets/app-2.js>', 'assets/': '', 'assets/app-2.js': 'two', 'assets/font-1.woff2': 'f', 'sw.js': 's', 'manifest.webmanifest': '{}',
  'runtime-config.json': '{"of": "development"}',
};
let folder: string;

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'site-upload-')); });
afterEach(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly objects?: Record<string, object>;
  readonly event?: object;
  readonly properties?: object;
  readonly state?: object;
}

/** Runs the function as Lambda does: its module, then its handler with CloudFormation's event. */
function run({ objects = {}, event, properties = { ContentBucket: 'assets', ContentKey: 'zip', Settings: '{"environment":"staging"}' }, state }: Run = {}) {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  execFileSync('mkdir', ['-p', join(folder, 'botocore')]);
  for (const [name, text] of Object.entries(FAKES)) { write(name, text); }
  write('index.py', UPLOAD_FUNCTION);
  write('content.json', JSON.stringify(CONTENT));
  write('state.json', JSON.stringify({ objects, ...state }));
  write('event.json', JSON.stringify({
    RequestType: 'Create', ResponseURL: 'https://answer.example', StackId: 's', RequestId: 'r', LogicalResourceId: 'SiteUpload', ...event,
    ResourceProperties: { Bucket: 'site', ...properties },
  }));
  execFileSync('python3', ['drive.py'], { cwd: folder, stdio: 'pipe' });
  const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
  return { ...result, puts: result.calls.filter(({ put }: any) => put).map(({ put }: any) => put), answer: result.answers[0] };
}

test('an empty bucket gets the settings, the assets, the pages, and index.html last', () => {
  const { puts, objects, calls, answer } = run();
  expect(puts).toEqual(['runtime-config.json', 'assets/app-2.js', 'assets/font-1.woff2', 'manifest.webmanifest', 'sw.js', 'index.html']);
  expect(answer).toEqual({ StackId: 's', RequestId: 'r', LogicalResourceId: 'SiteUpload', Status: 'SUCCESS', PhysicalResourceId: 'SiteUpload' });
  expect(objects['runtime-config.json'].Body).toBe('{"environment":"staging"}');
  expect(calls[calls.length - 1]).toEqual({ put: 'index.html', IfNoneMatch: '*' });
});

test('every file has its type; hashed assets are kept and nothing else is', () => {
  const { objects } = run();
  const described = Object.fromEntries(Object.entries<any>(objects).map(([key, { ContentType, CacheControl }]) => [key, `${ContentType} ${CacheControl}`]));
  expect(described).toEqual({
    'assets/app-2.js': 'text/javascript public, max-age=31536000, immutable',
    'assets/font-1.woff2': 'font/woff2 public, max-age=31536000, immutable',
    'index.html': 'text/html no-cache',
    'manifest.webmanifest': 'application/manifest+json no-cache',
    'runtime-config.json': 'application/json no-cache',
    'sw.js': 'text/javascript no-cache',
  });
});

test('what a pipeline has released stays; the settings are written all the same', () => {
  const { puts, objects, answer } = run({ objects: { 'index.html': { Body: 'released' } } });
  expect(puts).toEqual(['runtime-config.json']);
  expect(objects['index.html'].Body).toBe('released');
  expect(answer.Status).toBe('SUCCESS');
});

test('the stack\'s own pages are written anew, and the assets that they no longer have are marked, each once', () => {
  const stack = { 'written-by': 'stack' };
  const { puts, calls } = run({
    event: { RequestType: 'Update', PhysicalResourceId: 'SiteUpload' },
    objects: {
      'index.html': { Body: 'before', Metadata: stack },
      'assets/app-1.js': { Metadata: stack, ContentType: 'text/javascript', ContentEncoding: 'br' },
      'assets/app-0.js': { Metadata: { superseded: 'true' }, ContentType: 'text/javascript' },
      'assets/app-2.js': { Metadata: { superseded: 'true' }, ContentType: 'text/javascript' },
      'old-page.html': { Metadata: stack },
    },
  });
  expect(puts).toContain('assets/app-2.js');
  expect(calls.filter(({ put }: any) => put === 'index.html')).toEqual([{ put: 'index.html', IfMatch: '"old"' }]);
  expect(calls.filter(({ copy }: any) => copy)).toEqual([{
    copy: 'assets/app-1.js', MetadataDirective: 'REPLACE', Metadata: { superseded: 'true' }, ContentType: 'text/javascript', ContentEncoding: 'br',
    CacheControl: 'public, max-age=31536000, immutable', TaggingDirective: 'REPLACE', Tagging: 'superseded=true',
  }]);
});

test('a release that arrives while the stack uploads wins', () => {
  const { puts, calls, answer } = run({ state: { releasedMeanwhile: 'index.html' }, objects: { 'assets/app-3.js': { ContentType: 'text/javascript' } } });
  expect(puts).not.toContain('index.html');
  expect(calls.filter(({ copy }: any) => copy)).toEqual([]);
  expect(answer.Status).toBe('SUCCESS');
});

test('an upload that fails is told to CloudFormation, before index.html is written', () => {
  const { puts, answer } = run({ state: { releasedMeanwhile: 'sw.js' } });
  expect(puts).not.toContain('index.html');
  expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('PreconditionFailed') });
});

test('settings without pages, and pages without settings', () => {
  expect(run({ properties: { Settings: '{}' } }).puts).toEqual(['runtime-config.json']);
  expect(run({ properties: { ContentBucket: 'assets', ContentKey: 'zip' } }).puts).not.toContain('runtime-config.json');
});

test('nothing is removed with the stack', () => {
  const { calls, objects, answer } = run({ event: { RequestType: 'Delete', PhysicalResourceId: 'SiteUpload' }, objects: { 'index.html': { Body: 'x' } } });
  expect([calls, Object.keys(objects), answer.Status]).toEqual([[], ['index.html'], 'SUCCESS']);
});

test('fits into a template', () => {
  expect(UPLOAD_FUNCTION.length).toBeLessThanOrEqual(4096);
});
