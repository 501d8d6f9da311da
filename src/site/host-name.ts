import { Construct } from 'constructs';
import { validateMatch } from '../private/validation';

/** Refuses what is no fully qualified host name in lower case. */
export function validateHostName(scope: Construct, prop: string, value: string | undefined): void {
  validateMatch(scope, {
    prop,
    value,
    pattern: /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
    problem: 'it is not a host name',
    remedy: 'Give a fully qualified name in lower case without scheme, port or path, such as "www.example.com".',
  });
}
