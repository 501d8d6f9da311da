import { Duration } from 'aws-cdk-lib';
import { shellCommand } from '../../private/shell-command';

/** What is asked of a released application. */
export interface SmokeTestPlan {
  readonly url: string;
  readonly requests: { readonly path: string; readonly status?: number; readonly contains?: string }[];
  readonly script?: string;
  readonly attempts: number;
  readonly intervalSeconds: number;
}

/** How long one request may take. */
const REQUEST_SECONDS = 20;
/** How long a script may take, and how long a build takes to begin. */
const MINUTES = { script: 30, start: 5 };

/** Every request answers rightly at its last attempt only, and each of the others takes its time: no build ends before. */
export function smokeTestTimeout({ requests, script, attempts, intervalSeconds }: Omit<SmokeTestPlan, 'url'>): Duration {
  const seconds = requests.length * (attempts * REQUEST_SECONDS + (attempts - 1) * intervalSeconds);
  return Duration.minutes(Math.ceil(seconds / 60) + MINUTES.start + (script === undefined ? 0 : MINUTES.script));
}

/** Asks until the answer is right or the attempts are used up; `SITE_URL`, `COMMIT` and `ENVIRONMENT` are told. */
export function smokeTestBuildSpec({ requests, script, attempts, intervalSeconds }: SmokeTestPlan) {
  return {
    env: { shell: 'bash' },
    phases: {
      build: {
        commands: [
          `answers() {
  code="$(curl --silent --show-error --max-time ${REQUEST_SECONDS} --output answer.txt --write-out '%{http_code}' "$SITE_URL$1")" || return 1
  [ "$code" = "$2" ] && { [ -z "$3" ] || grep --quiet --fixed-strings -e "\${3//\\{commit\\}/$COMMIT}" answer.txt; }
}
ask() {
  for attempt in $(seq ${attempts}); do
    if answers "$@"; then echo "$1 answers $2"; return 0; fi
    [ "$attempt" = ${attempts} ] || sleep ${intervalSeconds}
  done
  echo "$SITE_URL$1 does not answer as it should: $code instead of $2, or without \\"$3\\"."; return 1
}`,
          ...requests.map(({ path, status = 200, contains = '' }) => `ask ${shellCommand([path, `${status}`])} ${contains === '' ? "''" : shellCommand([contains])}`),
          ...script ? [`bash ${script}`] : [],
        ],
      },
    },
  };
}
