/** What the command says by the code it exits with. */
export const EXIT = {
  ok: 0,
  /** It could not be done; standard error says why. */
  failed: 1,
  /** The command line is not one. */
  usage: 2,
  /** It was done, and found something wrong: a broken audit log, a failed check. */
  found: 3,
} as const

/** Why a command could not be done, for whoever typed it. */
export class Failure extends Error {
  /** What to do about it. */
  readonly advice: string | undefined
  readonly exitCode: number

  constructor(message: string, advice?: string, exitCode: number = EXIT.failed) {
    super(message)
    this.advice = advice
    this.exitCode = exitCode
  }
}

/** A command line that cannot be meant. */
export function misused(message: string, advice?: string): Failure {
  return new Failure(message, advice, EXIT.usage)
}
