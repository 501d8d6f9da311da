/** A program of the rehearsal that has no options: it ends with 0, or says what failed and ends with 1. */
import { endChildrenWithThisProcess } from './process';
import type { Progress } from './progress';

export function runProgram(progress: Progress, main: () => Promise<void>): void {
  endChildrenWithThisProcess(signal => progress.line(`Interrupted by ${signal}; everything that was started has ended.`));
  main().then(
    () => process.exit(0),
    (error: Error & { details?: string }) => {
      progress.line(`FAILED: ${error.message}${error.details ? `\n${error.details.slice(-3000)}` : ''}`);
      process.exit(1);
    },
  );
}
