/** Ends a command with one message and no stack trace: something that its user can mend. */
export class CommandError extends Error {}
