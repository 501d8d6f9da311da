import { IConstruct } from 'constructs';
import { isDeployTime, reject, Rejection } from './validation';

const HOST_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** What is wrong with a name that is no fully qualified one in lower case; undefined where nothing is. */
export function hostNameRejection(prop: string, value: string | undefined): Rejection | undefined {
  if (value === undefined || isDeployTime(value) || HOST_NAME.test(value)) { return undefined; }
  return {
    prop,
    value,
    problem: 'it is not a domain name',
    remedy: 'Give a fully qualified name in lower case without scheme, port, path or a dot at its end, such as "www.example.com".',
  };
}

/** Refuses what is no fully qualified host name in lower case. */
export function validateHostName(scope: IConstruct, prop: string, value: string | undefined): void {
  const rejection = hostNameRejection(prop, value);
  if (rejection) { reject(scope, rejection); }
}
