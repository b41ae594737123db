import type { SqliteLike } from './sqlite-like.js'

/**
 * Runs statements as one transaction that takes the write lock at once: it cannot lose a race halfway. What does not hold
 * is rolled back. Throws SQLite's busy error, before anything is done, where another connection has the lock.
 */
export function inTransaction<T>(database: SqliteLike, run: () => T, holds: (value: T) => boolean = always): T {
  database.exec('begin immediate')
  try {
    const value = run()
    database.exec(holds(value) ? 'commit' : 'rollback')
    return value
  } catch (error) {
    rollBack(database)
    throw error
  }
}

/** Whatever comes of it. */
export function always(): boolean {
  return true
}

/** SQLite may have rolled back by itself, and then there is nothing to roll back: the error that led here is the one to tell. */
export function rollBack(database: SqliteLike): void {
  try {
    database.exec('rollback')
  } catch {
    // See above.
  }
}
