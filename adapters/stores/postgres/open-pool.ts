import { invalid } from './errors.js'
import type { PoolLike } from './pool-like.js'

/** How a pool of the store's own is made. */
export interface PoolSettings {
  readonly poolSize: number
  readonly statementTimeoutMs: number
  readonly connectTimeoutMs: number
}

/** A pool, and how it is closed. */
export interface OpenPool {
  readonly pool: PoolLike
  readonly close: () => Promise<void>
}

/** Makes a pool for a connection string. `pg` is loaded here: who passes a pool, or uses another store, need not have it. */
export async function openPool(connectionString: string, settings: PoolSettings): Promise<OpenPool> {
  const { Pool } = await loadPg()
  const { poolSize, statementTimeoutMs, connectTimeoutMs } = settings
  const pool = new Pool({
    connectionString,
    // One of them listens while somebody waits.
    max: poolSize + 1,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // A server that says nothing any more must not be waited for for ever.
    query_timeout: statementTimeoutMs + 5000,
    keepAlive: true,
    allowExitOnIdle: true,
    application_name: 'countersign',
    pipeline: true,
  })
  // An idle connection that breaks is replaced when it is needed; an `error` without a listener would end the process.
  pool.on('error', () => undefined)
  return { pool, close: () => whole(pool.end()) }
}

/** Keeps the process running until it is over: connections that are not used do not. */
async function whole(work: Promise<void>): Promise<void> {
  const running = setInterval(() => undefined, 1000)
  try {
    await work
  } finally {
    clearInterval(running)
  }
}

interface Pg {
  readonly Pool: new (config: object) => PoolLike & {
    readonly on: (event: 'error', listener: () => void) => unknown
    readonly end: () => Promise<void>
  }
}

async function loadPg(): Promise<Pg> {
  try {
    const loaded = (await import('pg')) as Pg & { readonly default?: Pg }
    return loaded.default ?? loaded
  } catch (error) {
    const isMissing = (error as { readonly code?: unknown }).code === 'ERR_MODULE_NOT_FOUND'
    if (!isMissing) throw error
    throw invalid('the package `pg` is not installed; install it, or pass a pool instead of a connection string')
  }
}
