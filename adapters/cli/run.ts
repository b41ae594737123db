import { CommanderError } from 'commander'
import { EXIT, Failure } from './failure.js'
import { program } from './tree/program.js'

/** Does what a command line says, and gives back the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  quietAboutSqlite()
  endWithTheReader()
  const root = program()
  try {
    await root.parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? EXIT.ok)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    return fail(error)
  }
}

/** Says in one line what went wrong, and what to do. */
function fail(error: unknown): number {
  const { message, advice, exitCode } = error instanceof Failure ? error : failureOf(error)
  process.stderr.write(`countersign: ${message}\n`)
  if (advice !== undefined) process.stderr.write(`  ${advice}\n`)
  return exitCode
}

/** What the package refuses says itself what to do. Anything else is a mistake in here, and worth its whole stack. */
function failureOf(error: unknown): Failure {
  if (error instanceof Error && Object.hasOwn(error, 'code')) return new Failure(error.message)
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new Failure(`this should not have happened: ${stack}`)
}

/** Whoever reads has enough, as `head` does: that is no failure. */
function endWithTheReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok)
    throw error
  })
  // Nobody reads why it failed: the exit code still says that it did, and a service goes on.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

/** Node 22 warns of its SQLite as experimental: whoever types a command did not choose it. */
function quietAboutSqlite(): void {
  const emit = process.emitWarning.bind(process) as (warning: string | Error, ...rest: readonly unknown[]) => void
  process.emitWarning = (warning: string | Error, ...rest: readonly unknown[]) => {
    if (!String(warning).includes('SQLite is an experimental feature')) emit(warning, ...rest)
  }
}
