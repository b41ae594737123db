import type { Invocation } from '../tree/invocation.js'
import { Failure, misused } from '../failure.js'

/** Options that say where to look. */
export interface TargetOptions {
  readonly database?: string
  readonly url?: string
  readonly apiKey?: string
  readonly approverKey?: string
  readonly auditKey?: string
}

/** Where to look: a database, or a service. */
export type Target = { readonly database: string } | { readonly url: string }

/** The default store's file. */
export const DEFAULT_DATABASE = '.countersign/countersign.db'

/**
 * Where to look. What is typed goes before what the environment says.
 *
 * @throws Failure where it is both
 */
export function targetOf({ options, isTyped }: Invocation<TargetOptions>): Target {
  const { database, url } = options
  if (database !== undefined && url !== undefined && isTyped('database') === isTyped('url')) {
    throw misused(
      'a database and a service are named, and one of them can be asked.',
      'Leave out --database or --url (or COUNTERSIGN_DATABASE or COUNTERSIGN_URL).',
    )
  }
  if (url !== undefined && (database === undefined || isTyped('url'))) return { url }
  return { database: checked(database ?? DEFAULT_DATABASE) }
}

/**
 * A database that can be opened. A URL of another kind is no name of a file: what is secret of it would be in the name.
 *
 * @throws Failure for such a URL
 */
export function checked(database: string): string {
  const [, scheme] = /^([a-z][a-z\d+.-]*):\/\//i.exec(database) ?? []
  if (scheme === undefined || scheme === 'file' || isPostgres(database)) return database
  throw misused(`there is no kind of database for ${scheme}://.`, 'Name a file, or a postgres:// URL.')
}

/** Where a database is, without what is secret of a URL. */
export function shown(database: string): string {
  if (!isPostgres(database)) return database
  try {
    const { protocol, host, pathname } = new URL(database)
    return `${protocol}//${host}${pathname}`
  } catch {
    return 'the postgres:// URL'
  }
}

/** Whether a database is a PostgreSQL URL, and not a file. */
export function isPostgres(database: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(database)
}

/** @throws Failure for what only a service, or only a database, can be asked */
export function databaseOf(invocation: Invocation<TargetOptions>, what: string): string {
  const target = targetOf(invocation)
  if ('database' in target) return target.database
  throw new Failure(`${what} is read from a database, not from a service.`, 'Name it with --database.', 2)
}
