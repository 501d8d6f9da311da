import { AspectPriority, Aspects } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Does something once, when the app is synthesized: an asset's content has to be final, so it is made after the user's last line. */
export function whenComplete(scope: IConstruct, action: () => void): void {
  let done = false;
  Aspects.of(scope).add({
    visit: (node: IConstruct) => {
      if (node !== scope || done) { return; }
      done = true;
      action();
    },
  }, { priority: AspectPriority.MUTATING });
}
