/** A failure that the user can do something about: one sentence that names the thing and the remedy. */
export class Failure extends Error {
  constructor(sentence: string, /** What a tool printed, kept in the work directory. */ readonly details?: string) {
    super(sentence);
    this.name = 'Failure';
  }
}
