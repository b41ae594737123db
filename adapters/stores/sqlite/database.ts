import { GovernanceError } from 'countersign'
import { isNotADatabase, storeFailed } from './errors.js'
import { checkIdentity, migrate } from './migrations.js'
import type { SqliteLike } from './sqlite-like.js'

/** What an acknowledged write survives: the end of the process, or the end of the power. */
export type Durability = 'process' | 'full'

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => SqliteLike
}

/** Directory of the default store; where this package makes it, it stays out of version control. */
const OWN_DIRECTORY = '.countersign'

/**
 * Opens a database, makes it this package's own if it is new, and brings its schema up to date. Throws SQLite's busy
 * error where another process is at it; nothing is left open then.
 *
 * @throws GovernanceError `unsupported-schema` for a file that is not a database, or not one this code can use;
 * `store-failed` where it cannot be opened; `invalid-option` where there is no `node:sqlite`
 */
export function openDatabase(target: string | SqliteLike, durability: Durability): SqliteLike {
  const place = typeof target === 'string' ? `The file "${target}"` : 'The database handle'
  const database = typeof target === 'string' ? openFile(target) : target
  try {
    // SQLite's own waiting would block the event loop.
    database.exec('pragma busy_timeout = 0')
    checkIdentity(database, place)
    database.exec(`pragma journal_mode = wal; pragma synchronous = ${durability === 'full' ? 'full' : 'normal'}`)
    // What is erased must be gone from the file too. Measured, it costs nothing that could be seen.
    database.exec('pragma secure_delete = on')
    migrate(database)
    return database
  } catch (error) {
    if (database !== target) database.close()
    if (!isNotADatabase(error)) throw error
    throw new GovernanceError('unsupported-schema', `${place} is not a SQLite database; choose another path.`, {
      cause: error,
    })
  }
}

/** Built-ins are asked for here and not imported: to import this module costs nothing, and no bundler trips over them. */
function openFile(path: string): SqliteLike {
  const sqlite = (process as Partial<NodeJS.Process>).getBuiltinModule?.('node:sqlite') as SqliteModule | undefined
  if (sqlite === undefined) {
    throw new GovernanceError(
      'invalid-option',
      'sqliteStore: this runtime has no node:sqlite (Node 22.13 and later have it); pass a database handle instead of a path',
    )
  }
  try {
    if (path !== ':memory:' && !path.startsWith('file:')) makePrivate(path)
    return new sqlite.DatabaseSync(path)
  } catch (error) {
    throw storeFailed(error)
  }
}

/** The records hold what tools were called with: what is made for them is for this user alone, and what is there stays as it is. */
function makePrivate(path: string): void {
  const fs = process.getBuiltinModule('node:fs')
  const paths = process.getBuiltinModule('node:path')
  const directory = paths.dirname(path)
  const made = fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (made !== undefined && paths.basename(directory) === OWN_DIRECTORY) {
    fs.writeFileSync(paths.join(directory, '.gitignore'), '*\n')
  }
  // SQLite gives its log and its index the mode of the file.
  if (!fs.existsSync(path)) fs.closeSync(fs.openSync(path, 'a', 0o600))
}
