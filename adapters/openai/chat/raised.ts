/** Carries an error past whoever reads the events of a run. */
export class Raised extends Error {
  constructor(cause: unknown) {
    super('a tool failed', { cause })
  }
}
