import type { Invocation } from '../tree/invocation.js'
import { Failure, misused } from '../failure.js'

/** Options that say where to look. */
export interface TargetOptions {
  readonly database?: string
  readonly schema?: string
  readonly url?: string
  readonly apiKey?: string
  readonly approverKey?: string
  readonly auditKey?: string
}

/** A database that can be opened. */
export interface Database {
  /** A file, or a PostgreSQL URL. */
  readonly database: string
  /** Of PostgreSQL. @defaultValue the store's */
  readonly schema?: string
}

/** Where to look: a database, or a service. */
export type Target = Database | { readonly url: string }

/** The default store's file. */
export const DEFAULT_DATABASE = '.countersign/countersign.db'

/**
 * Where to look. What is typed goes before what the environment says.
 *
 * @throws Failure where it is both
 */
export function targetOf(invocation: Invocation<TargetOptions>): Target {
  const { options, isTyped } = invocation
  const { database, url } = options
  if (database !== undefined && url !== undefined && isTyped('database') === isTyped('url')) {
    throw misused(
      'a database and a service are named, and one of them can be asked.',
      'Leave out --database or --url (or COUNTERSIGN_DATABASE or COUNTERSIGN_URL).',
    )
  }
  if (url === undefined || (database !== undefined && !isTyped('url'))) return databaseIn(invocation)
  if (isTyped('schema')) throw misused('a service keeps its schema to itself.', 'Leave out --schema or --url.')
  return { url }
}

/**
 * The database that is named. A schema that only the environment names is PostgreSQL's, and says nothing of a file.
 *
 * @throws Failure for a schema of a file, and for a URL of another kind
 */
export function databaseIn(
  { options, isTyped }: Pick<Invocation<TargetOptions>, 'options' | 'isTyped'>,
  usual = DEFAULT_DATABASE,
): Database {
  const { database = usual, schema } = options
  checked(database)
  if (schema === undefined) return { database }
  if (isPostgres(database)) return { database, schema }
  if (!isTyped('schema')) return { database }
  throw misused(`${database} is a file, which has no schemas.`, 'Leave out --schema, or name a postgres:// URL.')
}

/**
 * A database that can be opened. A URL of another kind is no name of a file: what is secret of it would be in the name.
 *
 * @throws Failure for such a URL
 */
function checked(database: string): void {
  const [, scheme] = /^([a-z][a-z\d+.-]*):\/\//i.exec(database) ?? []
  if (scheme === undefined || scheme === 'file' || isPostgres(database)) return
  throw misused(`there is no kind of database for ${scheme}://.`, 'Name a file, or a postgres:// URL.')
}

/** Where a database is, without what is secret of a URL. */
export function shown({ database, schema }: Database): string {
  return schema === undefined ? withoutSecret(database) : `${withoutSecret(database)}, schema ${schema}`
}

/** A database, without what is secret of a URL. */
export function withoutSecret(database: string): string {
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
export function databaseOf(invocation: Invocation<TargetOptions>, what: string): Database {
  const target = targetOf(invocation)
  if ('database' in target) return target
  throw new Failure(`${what} is read from a database, not from a service.`, 'Name it with --database.', 2)
}
