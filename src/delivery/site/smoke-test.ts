import { Duration } from 'aws-cdk-lib';
import { explain, isDeployTime } from '../../private/validation';
import { SmokeTestPlan, smokeTestTimeout } from '../build/smoke-test-build-spec';

/** CodePipeline waits no longer for a build. */
const MAX_TIMEOUT = Duration.hours(8);

/** One request of a smoke test, and the answer that is right. */
export interface SmokeTestRequest {
  /** Path below the site's address, such as `/api/notes`. */
  readonly path: string;
  /**
   * The status of the right answer.
   *
   * @default 200
   */
  readonly status?: number;
  /**
   * Text that stands in the right answer; `{commit}` is the commit that was released.
   *
   * @default - any text
   */
  readonly contains?: string;
}

/** What a smoke test asks, and how long it waits for the right answers. */
export interface SmokeTestOptions {
  /**
   * Where the application answers, `https://` and a host.
   *
   * @default - the name that CloudFront gave the distribution of `site`
   */
  readonly url?: string;
  /**
   * Requests besides `/` and, where there is a site, `/release.json`, which has to name the commit. A path of the API that answers with its own commit tells a new pod from
   * an old one.
   *
   * @default - none
   */
  readonly requests?: SmokeTestRequest[];
  /**
   * A script of the application, from the root of the repository. It is told `SITE_URL`, `COMMIT` and `ENVIRONMENT`, and runs after the requests,
   * for half an hour at most.
   *
   * @default - none
   */
  readonly script?: string;
  /**
   * How often a request is made until its answer is right; each may take 20 seconds. All of them together have to end within eight hours.
   *
   * @default 30
   */
  readonly attempts?: number;
  /**
   * Time between two attempts, in whole seconds.
   *
   * @default Duration.seconds(10)
   */
  readonly interval?: Duration;
}

/**
 * What is asked of the application right after a release. A wrong answer takes the release back.
 *
 * @example
 * import { SmokeTest } from 'cdk-innovate-platform';
 *
 * const smokeTest = SmokeTest.requests({
 *   requests: [{ path: '/api/notes', contains: '[' }],
 *   script: 'deploy/smoke-test.sh',
 * });
 */
export class SmokeTest {
  /**
   * Requests over HTTPS, through CloudFront like everybody's, and a script where there is one.
   *
   * @throws where a path, the address, the script or a number is malformed
   */
  public static requests(options: SmokeTestOptions = {}): SmokeTest {
    validateOptions(options);
    return new SmokeTest(options);
  }

  /** Nothing is asked: only a failing deployment or an alarm takes a release back. */
  public static none(): SmokeTest {
    return new SmokeTest(undefined);
  }

  private constructor(private readonly options: SmokeTestOptions | undefined) {}

  /** @internal */
  public get _isWithoutAddress(): boolean {
    return this.options !== undefined && this.options.url === undefined;
  }

  /**
   * What is asked at an address; undefined where nothing is.
   *
   * @internal
   */
  public _bind(site: { readonly url?: string }): SmokeTestPlan | undefined {
    const url = this.options?.url ?? site.url;
    if (!this.options || url === undefined) { return undefined; }
    const { requests = [], script, attempts = 30, interval = Duration.seconds(10) } = this.options;
    const release = site.url === undefined ? [] : [{ path: '/release.json', contains: '{commit}' }];
    return { url, requests: [{ path: '/' }, ...release, ...requests], script, attempts, intervalSeconds: interval.toSeconds() };
  }
}

function validateOptions({ url, requests = [], script, attempts = 30, interval }: SmokeTestOptions): void {
  const refuse = (prop: string, value: unknown, problem: string, remedy: string): never => {
    throw new Error(explain({ prop, value, problem, remedy }));
  };
  if (url !== undefined && !isDeployTime(url) && !/^https:\/\/[A-Za-z0-9.-]+(:\d+)?$/.test(url)) {
    refuse('url', url, 'it is not "https://" and a host', 'Give an address such as "https://notes.example.com", without a path.');
  }
  requests.forEach(({ path, status = 200, contains = '' }, index) => {
    if (!/^\/[A-Za-z0-9._~/?=&%+,:@-]*$/.test(path)) {
      refuse(`requests[${index}].path`, path, 'it is not a path', 'Give a path such as "/api/notes", with everything else percent-encoded.');
    }
    if (!(Number.isInteger(status) && status >= 100 && status <= 599)) {
      refuse(`requests[${index}].status`, status, 'it is no status of HTTP', 'Give a number from 100 to 599.');
    }
    if (/[\r\n]/.test(contains)) {
      refuse(`requests[${index}].contains`, contains, 'it is more than one line', 'Give a piece of one line.');
    }
  });
  if (script !== undefined && !/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/.test(script)) {
    refuse('script', script, 'it is not a file below the root of the repository', 'Give a path such as "deploy/smoke-test.sh".');
  }
  if (!(Number.isInteger(attempts) && attempts >= 1 && attempts <= 100)) {
    refuse('attempts', attempts, 'it has to be between 1 and 100 attempts', 'Give a number of attempts from 1 to 100.');
  }
  const seconds = interval?.toSeconds({ integral: false }) ?? 10;
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60)) {
    refuse('interval', interval?.toString(), 'it has to be between 1 and 60 seconds', 'Give whole seconds, such as `Duration.seconds(10)`.');
  }
  // `/` and `/release.json` are asked as well
  const plan = { requests: [{ path: '/' }, { path: '/release.json' }, ...requests], script, attempts, intervalSeconds: seconds };
  const longest = smokeTestTimeout(plan).toMinutes();
  if (longest > MAX_TIMEOUT.toMinutes()) {
    refuse('attempts', attempts, `${plan.requests.length} requests could then take ${longest} minutes, and CodePipeline waits for 480`, 'Give fewer attempts, a shorter `interval` or fewer `requests`.');
  }
}
