import { checkAccess } from './access.js'
import { logOf } from './audit.js'
import { Database } from './database.js'
import { storeFailed } from './errors.js'
import { migrate } from './migrate.js'
import { openPool } from './open-pool.js'
import type { Settings } from './options.js'
import type { PoolLike } from './pool-like.js'
import { Watch } from './watch.js'
import { Writer } from './writer.js'

/** A database whose schema is as it should be, and the ways to read, write and listen. */
export interface Connection {
  readonly database: Database
  readonly writer: Writer
  readonly watch: Watch
  /** The chain that this store appends to. */
  readonly log: string
  readonly bound: string | undefined
  /** Waits for what is being written, and closes the pool if it was made here. */
  readonly close: () => Promise<void>
}

/** Connects, and brings the schema up to date. @throws GovernanceError */
export async function connect(target: string | PoolLike, settings: Settings): Promise<Connection> {
  const { schema, tenant } = settings
  const { pool, close } = typeof target === 'string' ? await openPool(target, settings) : { pool: target, close: keep }
  const database = new Database(pool, schema, tenant)
  try {
    await database.connected(async client => {
      await migrate(client, schema)
      await checkAccess(client, schema, tenant)
    })
  } catch (error) {
    await close()
    throw storeFailed(error)
  }
  const log = logOf(tenant)
  const writer = new Writer(database, log)
  const watch = new Watch(database)
  return {
    database,
    writer,
    watch,
    log,
    bound: tenant,
    close: async () => {
      watch.close()
      await writer.idle()
      await close()
    },
  }
}

async function keep(): Promise<void> {
  // A pool that was passed in stays open.
}
