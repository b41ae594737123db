import { type Awaitable, type DocumentStore, GovernanceError, type WindowSpend } from 'countersign'
import { patiently } from './busy.js'
import { claimFrom, settleIn } from './claiming.js'
import { commitTo } from './commit.js'
import { connect, type Connection } from './connection.js'
import { pruneFrom } from './documents.js'
import { eraseFrom } from './erase.js'
import { lazyConnection } from './lazy-connection.js'
import { saveIn } from './saving.js'
import { listDecisions } from './scan.js'
import type { SqliteLike } from './sqlite-like.js'
import { activate, deactivate } from './switching.js'

export type { SqliteLike, SqliteStatement, SqliteValue } from './sqlite-like.js'

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /** What an acknowledged record survives: `process`, the process being killed at any instant; `full`, also the power failing, at the price of a disk flush a write. @defaultValue `process` */
  readonly durability?: 'process' | 'full'
  /** Milliseconds to go on trying while other processes hold the database; the event loop is not blocked meanwhile. @defaultValue 5_000 */
  readonly busyTimeoutMs?: number
  /** Commits together what one turn of the event loop brings, each with its own result: for a service, where much is written at the same time. A lone write waits for the end of its turn. @defaultValue false */
  readonly groupCommit?: boolean
}

const OPTION_KEYS = ['durability', 'busyTimeoutMs', 'groupCommit'] satisfies (keyof SqliteStoreOptions)[]

/**
 * A store in one SQLite file, shared by any number of processes on one machine. Takes a path (the directory and the file
 * are made at first use), `:memory:`, or an open handle of `node:sqlite` or `better-sqlite3`, which is switched to WAL
 * and a busy timeout of 0 and stays open when the store is closed.
 *
 * Its methods throw, or reject with, GovernanceError `store-failed`; `unsupported-schema` where the file is not a
 * database, belongs to another program or to a newer major version of the schema; and `closed` after `close`.
 *
 * @throws GovernanceError `invalid-option`
 */
export function sqliteStore(pathOrDatabase: string | SqliteLike, options: SqliteStoreOptions = {}): DocumentStore {
  const { durability = 'process', busyTimeoutMs = 5000, groupCommit: groups = false } = checked(pathOrDatabase, options)
  const { use, close } = lazyConnection(() =>
    patiently(() => connect(pathOrDatabase, { durability, busyTimeoutMs, groups }), busyTimeoutMs),
  )

  return {
    name: 'sqlite',
    commit: commit => use(connection => commitTo(connection, commit)),
    getDecision: id => use(({ read, decisions }) => read(() => decisions.get(id))),
    listDecisions: filter => use(connection => listDecisions(connection, filter)),
    readWindows: (windows, at) => use(connection => readWindows(connection, windows, at)),
    getApproval: id => use(({ read, approvals }) => read(() => approvals.get(id))),
    findApproval: (key, policyVersion) => use(({ read, approvals }) => read(() => approvals.find(key, policyVersion))),
    listApprovals: filter => use(({ read, approvals }) => read(() => approvals.list(filter))),
    getReceipt: key => use(({ read, receipts }) => read(() => receipts.get(key))),
    listReceipts: filter => use(({ read, receipts }) => read(() => receipts.list(filter))),
    getGrant: id => use(({ read, grants }) => read(() => grants.get(id))),
    listGrants: filter => use(({ read, grants }) => read(() => grants.list(filter))),
    getDocument: (key, at) => use(({ read, documents }) => read(() => documents.get(key, at))),
    listDocuments: (filter, at) => use(({ read, documents }) => read(() => documents.list(filter, at))),
    pruneDocuments: pruning => use(connection => pruneFrom(connection, pruning)),
    readAudit: range => use(({ read, audit }) => read(() => audit.read(range))),
    erase: (erasure, audit) => use(connection => eraseFrom(connection, erasure, audit)),
    killSwitches: () => use(({ read, killSwitches }) => read(killSwitches.all)),
    activateKillSwitch: (killSwitch, audit) => use(connection => activate(connection, killSwitch, audit)),
    deactivateKillSwitch: (scope, audit) => use(connection => deactivate(connection, scope, audit)),
    readLessons: range => use(({ read, lessons }) => read(() => lessons.read(range))),
    saveSnapshot: saved => use(connection => saveIn(connection, saved)),
    loadSnapshot: name => use(({ read, snapshots }) => read(() => snapshots.load(name))),
    claimOutbox: claim => use(connection => claimFrom(connection, claim)),
    settleOutbox: settlement => use(connection => settleIn(connection, settlement)),
    countOutbox: destination => use(({ read, outbox }) => read(() => outbox.count(destination))),
    close,
  }
}

function readWindows(
  connection: Connection,
  windows: readonly WindowSpend[],
  at: number,
): Awaitable<readonly number[]> {
  return connection.read(() =>
    windows.map(({ key }) => {
      const { total, stale } = connection.windows.read(key, at)
      if (stale) pruneLater(connection, key, at)
      return total
    }),
  )
}

/** Reading alone never writes, and a window that is only read must not pile up what has left it. Best effort. */
function pruneLater({ writer, windows }: Connection, key: string, at: number): void {
  const pruning = async (): Promise<void> =>
    writer.transaction(() => {
      windows.prune(key, at)
    })
  pruning().catch(() => undefined)
}

function checked(target: string | SqliteLike, options: SqliteStoreOptions): SqliteStoreOptions {
  if (typeof target === 'string' ? target === '' : typeof target?.prepare !== 'function')
    throw invalid('expected a path, ":memory:", or an open SQLite database handle')
  for (const key of Object.keys(options)) {
    if (!(OPTION_KEYS as readonly string[]).includes(key))
      throw invalid(`unknown option \`${key}\`; known are ${OPTION_KEYS.join(', ')}`)
  }
  const { durability, busyTimeoutMs, groupCommit } = options
  if (durability !== undefined && durability !== 'process' && durability !== 'full')
    throw invalid(`option \`durability\`: expected "process" or "full"; found ${JSON.stringify(durability)}`)
  if (busyTimeoutMs !== undefined && !(typeof busyTimeoutMs === 'number' && busyTimeoutMs >= 0))
    throw invalid('option `busyTimeoutMs`: expected milliseconds of 0 or more')
  if (groupCommit !== undefined && typeof groupCommit !== 'boolean')
    throw invalid('option `groupCommit`: expected true or false')
  return options
}

function invalid(message: string): GovernanceError {
  return new GovernanceError('invalid-option', `sqliteStore: ${message}`)
}
