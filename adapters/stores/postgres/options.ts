import { text } from './encode.js'
import { invalid } from './errors.js'
import type { PoolSettings } from './open-pool.js'
import type { PoolLike } from './pool-like.js'

/** Options of `postgresStore`. */
export interface PostgresStoreOptions {
  /** The schema of the store's tables, made at first use: small letters, digits and `_`, 32 at most. @defaultValue `countersign` */
  readonly schema?: string
  /** Binds the store to one tenant: the server shows it no row of another, and takes none. Records that name no tenant are its own. @defaultValue none: the store serves all tenants */
  readonly tenant?: string
  /** Most connections at a time, and one more that listens while a call waits. With a connection string only. @defaultValue 10 */
  readonly poolSize?: number
  /** Milliseconds after which the server gives up a statement. With a connection string only. @defaultValue 10_000 */
  readonly statementTimeoutMs?: number
  /** Milliseconds to wait for a connection. With a connection string only. @defaultValue 5_000 */
  readonly connectTimeoutMs?: number
}

/** Options with their defaults. */
export interface Settings extends PoolSettings {
  readonly schema: string
  readonly tenant: string | undefined
}

const OPTION_KEYS = [
  'schema',
  'tenant',
  'poolSize',
  'statementTimeoutMs',
  'connectTimeoutMs',
] satisfies (keyof PostgresStoreOptions)[]
/** So that it needs no quotes anywhere, and names that are made with it are no longer than PostgreSQL keeps. */
const SCHEMA = /^[a-z_][a-z\d_]{0,31}$/

/** @throws GovernanceError `invalid-option` */
export function checked(target: string | PoolLike, options: PostgresStoreOptions): Settings {
  if (typeof target === 'string' ? target === '' : typeof target?.connect !== 'function')
    throw invalid('expected a connection string (postgres://…), or a pool of `pg`')
  for (const key of Object.keys(options)) {
    if (!(OPTION_KEYS as readonly string[]).includes(key))
      throw invalid(`unknown option \`${key}\`; known are ${OPTION_KEYS.join(', ')}`)
  }
  const { schema = 'countersign', tenant } = options
  if (typeof schema !== 'string' || !SCHEMA.test(schema) || schema.startsWith('pg_'))
    throw invalid(
      `option \`schema\`: expected small letters, digits and "_", 32 at most, not beginning with "pg_"; found ${JSON.stringify(schema)}`,
    )
  if (tenant !== undefined && (typeof tenant !== 'string' || tenant === '' || text(tenant) !== tenant))
    throw invalid('option `tenant`: expected a text that is not empty')
  return { schema, tenant, ...checkedPool(typeof target === 'string', options) }
}

function checkedPool(isOwn: boolean, options: PostgresStoreOptions): PoolSettings {
  const { poolSize = 10, statementTimeoutMs = 10_000, connectTimeoutMs = 5000 } = options
  const settings = { poolSize, statementTimeoutMs, connectTimeoutMs }
  for (const [key, value] of Object.entries(settings)) {
    if (!isOwn && Object.hasOwn(options, key)) throw invalid(`option \`${key}\`: a pool that was passed in has its own`)
    if (!Number.isSafeInteger(value) || value < 1)
      throw invalid(`option \`${key}\`: expected a whole number of 1 or more`)
  }
  return settings
}
