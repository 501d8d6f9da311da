/** What the metadata of a file says that the stack, and not a release, has written. */
export const WRITTEN_BY_STACK = 'stack';

/**
 * Writes the settings of a site, and its first pages: assets before the pages that refer to them, `index.html` last, nothing removed.
 * Once somebody else has written an `index.html` the pages are theirs, and only the settings are written.
 *
 * As text, because CloudFormation puts 4,096 characters into a function without a bucket, and jsii packages nothing but compiled TypeScript.
 *
 * Assets that this version does not have are copied onto themselves with a tag: the bucket's lifecycle counts the days from the copy.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export const UPLOAD_FUNCTION = `import io, json, mimetypes, urllib.request, zipfile
import boto3
from botocore.exceptions import ClientError

s3 = boto3.client('s3')
for ending, kind in {'js': 'text/javascript', 'mjs': 'text/javascript', 'map': 'application/json', 'wasm': 'application/wasm', 'svg': 'image/svg+xml',
                     'woff': 'font/woff', 'woff2': 'font/woff2', 'webp': 'image/webp', 'avif': 'image/avif', 'ico': 'image/x-icon',
                     'webmanifest': 'application/manifest+json'}.items():
    mimetypes.add_type(kind, '.' + ending)
KEPT = 'public, max-age=31536000, immutable'
SETTINGS = 'runtime-config.json'


def handler(event, context):
    answer = {name: event[name] for name in ('StackId', 'RequestId', 'LogicalResourceId')}
    answer.update(Status='SUCCESS', PhysicalResourceId=event.get('PhysicalResourceId', event['LogicalResourceId']))
    try:
        if event['RequestType'] != 'Delete':
            upload(event['ResourceProperties'])
    except Exception as error:
        answer.update(Status='FAILED', Reason=repr(error)[:1000])
    print(json.dumps(answer))
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(event['ResponseURL'], body, {'content-type': ''}, method='PUT'), timeout=30)


def upload(given):
    bucket = given['Bucket']
    if 'Settings' in given:
        put(bucket, SETTINGS, given['Settings'].encode())
    if 'ContentKey' not in given:
        return
    page = head(bucket, 'index.html')
    if page and page['Metadata'].get('written-by') != '${WRITTEN_BY_STACK}':
        print('index.html is a release: the pages stay as they are')
        return
    packed = s3.get_object(Bucket=given['ContentBucket'], Key=given['ContentKey'])['Body'].read()
    with zipfile.ZipFile(io.BytesIO(packed)) as content:
        files = [name for name in content.namelist() if not name.endswith('/') and name != SETTINGS]
        for name in sorted(files, key=lambda name: (name == 'index.html', not name.startswith('assets/'), name)):
            # a release that arrives at this moment wins
            last = {} if name != 'index.html' else {'IfMatch': page['ETag']} if page else {'IfNoneMatch': '*'}
            try:
                put(bucket, name, content.read(name), **last)
            except ClientError as error:
                if not last or error.response['Error']['Code'] not in ('PreconditionFailed', 'ConditionalRequestConflict'):
                    raise
                print('a release came first')
                return
    supersede(bucket, set(files))


def put(bucket, key, body, **more):
    s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={'written-by': '${WRITTEN_BY_STACK}'}, CacheControl=KEPT if key.startswith('assets/') else 'no-cache',
                  ContentType=mimetypes.guess_type(key)[0] or 'application/octet-stream', **more)


def head(bucket, key):
    try:
        return s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response['Error']['Code'] in ('404', 'NoSuchKey', 'NotFound'):
            return None
        raise


def supersede(bucket, files):
    for listed in s3.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix='assets/'):
        for key in (each['Key'] for each in listed.get('Contents', []) if each['Key'] not in files):
            old = head(bucket, key)
            if old and 'superseded' not in old['Metadata']:
                s3.copy_object(Bucket=bucket, Key=key, CopySource={'Bucket': bucket, 'Key': key}, MetadataDirective='REPLACE', Metadata={'superseded': 'true'},
                               **{name: old[name] for name in ('ContentType', 'ContentEncoding') if name in old},
                               CacheControl=KEPT, TaggingDirective='REPLACE', Tagging='superseded=true')
`;
