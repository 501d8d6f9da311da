import { App } from 'aws-cdk-lib';
import { DISABLE_CREATION_STACK_TRACES } from 'aws-cdk-lib/cx-api';

/** An app whose snapshot holds no paths of the machine that wrote it. */
export function integApp(): App {
  return new App({ stackTraces: false, context: { [DISABLE_CREATION_STACK_TRACES]: true } });
}
