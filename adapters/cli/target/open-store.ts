import { existsSync } from 'node:fs'
import { type DocumentStore, isGovernanceError } from 'countersign'
import { Failure } from '../failure.js'
import { type Database, isPostgres, shown } from './target.js'

/**
 * Opens a database, and makes sure that it can be read.
 *
 * @param options `mayBegin`: a file that is not there is made; `manyWrite`: commits what comes together
 * @throws Failure that says what is wrong with it
 */
export async function openStore(place: Database, { mayBegin = false, manyWrite = false } = {}): Promise<DocumentStore> {
  const { database } = place
  if (!mayBegin && !isPostgres(database) && !existsSync(database)) {
    throw new Failure(
      `there is no database ${database}.`,
      'Name one with --database, or ask a service with --url. `countersign serve` and `countersign demo` make one.',
    )
  }
  const store = await storeOf(place, manyWrite)
  try {
    await store.killSwitches()
    return store
  } catch (error) {
    await Promise.resolve(store.close()).catch(() => undefined)
    throw unreadable(place, error)
  }
}

/** What is wrong with a database, without what is secret of its URL. */
function unreadable(place: Database, error: unknown): Failure {
  const why = error instanceof Error ? error.message : String(error)
  if (/package `pg` is not installed/.test(why)) {
    return new Failure('PostgreSQL needs the package pg, which is not installed.', 'Install it: npm install pg')
  }
  const known = isGovernanceError(error, 'unsupported-schema') ? why : `cannot open ${shown(place)}: ${why}`
  return new Failure(known, isPostgres(place.database) ? 'Is the server there, and may this user use it?' : undefined)
}

async function storeOf({ database, schema }: Database, groupCommit: boolean): Promise<DocumentStore> {
  if (!isPostgres(database)) {
    const { sqliteStore } = await import('countersign/stores/sqlite')
    return sqliteStore(database, { groupCommit })
  }
  const { postgresStore } = await import('countersign/stores/postgres')
  return postgresStore(database, schema === undefined ? {} : { schema })
}
