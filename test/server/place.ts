import { DatabaseSync } from 'node:sqlite'
import type { DocumentStore } from 'countersign'
import { postgresStore } from 'countersign/stores/postgres'
import { sqliteStore } from 'countersign/stores/sqlite'

/** Where records are kept that several processes see. */
export type Place = { readonly sqlite: string } | { readonly postgres: string; readonly schema: string }

/** @param maxPages of a SQLite file, beyond which its disk is full */
export function storeAt(place: Place, maxPages?: number): DocumentStore & { readonly close: () => unknown } {
  if ('postgres' in place) return postgresStore(place.postgres, { schema: place.schema })
  if (maxPages === undefined) return sqliteStore(place.sqlite, { groupCommit: true })
  const database = new DatabaseSync(place.sqlite)
  database.exec(`pragma max_page_count = ${maxPages}`)
  return sqliteStore(database, { groupCommit: true })
}
