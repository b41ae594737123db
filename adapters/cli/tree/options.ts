import { type Command, InvalidArgumentError, Option } from 'commander'

/** A text that is read from the environment where it is not typed: what is typed shows in lists of processes. */
export function fromEnvironment(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).env(variable)
}

/** Which store. */
export function withDatabase(command: Command): Command {
  return command
    .addOption(
      fromEnvironment(
        '--database <file-or-url>',
        'SQLite file, or postgres:// URL (default: .countersign/countersign.db)',
        'COUNTERSIGN_DATABASE',
      ),
    )
    .addOption(
      fromEnvironment(
        '--schema <name>',
        'schema of a PostgreSQL database (default: countersign)',
        'COUNTERSIGN_SCHEMA',
      ).argParser(schemaName),
    )
}

/** As `postgresStore` takes it. */
const SCHEMA = /^(?!pg_)[a-z_][a-z\d_]{0,31}$/

function schemaName(text: string): string {
  if (SCHEMA.test(text)) return text
  throw new InvalidArgumentError('Expected small letters, digits and "_", 32 at most, not beginning with "pg_".')
}

/** Which store, or which service. */
export function withTarget(command: Command): Command {
  return withDatabase(command)
    .addOption(fromEnvironment('--url <url>', 'ask a decision service instead of a database', 'COUNTERSIGN_URL'))
    .addOption(fromEnvironment('--api-key <key>', 'key for the service', 'COUNTERSIGN_API_KEY'))
}

/** A store or a service, for what an agent may not do. */
export function withApprover(command: Command): Command {
  return withTarget(command).addOption(
    fromEnvironment('--approver-key <key>', "an approver's key for the service", 'COUNTERSIGN_APPROVER_KEY'),
  )
}

/** The key that seals the audit log: whoever writes to the store seals with the same. */
export function withAuditKey(command: Command): Command {
  return command.addOption(
    fromEnvironment('--audit-key <key>', 'the key that seals the audit log, if it has one', 'COUNTERSIGN_AUDIT_KEY'),
  )
}

/** Reads a whole number within limits. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
    }
    return value
  }
}

/** Reads JSON. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new InvalidArgumentError(`Expected JSON, such as '{"amount": 90}'.`)
  }
}

/** Examples at the end of a help text. */
export function examples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map(line => `  $ ${line}`).join('\n')}`)
}
