/**
 * A path that names no file is a route of the single-page app: `index.html` answers it. A file is what ends in a dot and an
 * extension with a letter in it, so `/releases/1.2` is a route; what is below `/.well-known/` is a file even without one.
 */
export const DEEP_LINKS = `function handler(event) {
  var request = event.request;
  var name = request.uri.substring(request.uri.lastIndexOf('/') + 1);
  var isFile = /\\.(?=[0-9]*[A-Za-z])[0-9A-Za-z]{1,16}$/.test(name) || request.uri.indexOf('/.well-known/') === 0;
  if (!isFile) { request.uri = '/index.html'; }
  return request;
}
`;

/**
 * The name of an asset carries the hash of its content, so a browser may keep it for ever. A response headers policy would say
 * so on errors too, and a browser would remember a missing asset for a year; CloudFront calls this for successful responses only.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
 */
export const IMMUTABLE_ASSETS = `function handler(event) {
  event.response.headers['cache-control'] = { value: 'public, max-age=31536000, immutable' };
  return event.response;
}
`;
