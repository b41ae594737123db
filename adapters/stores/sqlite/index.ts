import { type Awaitable, type DecisionEntry, GovernanceError, type RecordResult, type Store } from 'countersign'
import { approvalRow } from './approvals.js'
import { patiently } from './busy.js'
import { connect, type Connection } from './connection.js'
import { decisionRow } from './decisions.js'
import { encode } from './encode.js'
import { scopeKey } from './kill-switches.js'
import { lazyConnection } from './lazy-connection.js'
import type { SqliteLike } from './sqlite-like.js'

export type { SqliteLike, SqliteStatement, SqliteValue } from './sqlite-like.js'

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /** What an acknowledged record survives: `process`, the process being killed at any instant; `full`, also the power failing, at the price of a disk flush a write. @defaultValue `process` */
  readonly durability?: 'process' | 'full'
  /** Milliseconds to go on trying while other processes hold the database; the event loop is not blocked meanwhile. @defaultValue 5_000 */
  readonly busyTimeoutMs?: number
}

const OPTION_KEYS = ['durability', 'busyTimeoutMs'] satisfies (keyof SqliteStoreOptions)[]
const STORED: RecordResult = { stored: true }

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
export function sqliteStore(pathOrDatabase: string | SqliteLike, options: SqliteStoreOptions = {}): Store {
  const { durability = 'process', busyTimeoutMs = 5000 } = checked(pathOrDatabase, options)
  const { use, close } = lazyConnection(() =>
    patiently(() => connect(pathOrDatabase, durability, busyTimeoutMs), busyTimeoutMs),
  )

  return {
    name: 'sqlite',
    recordDecision: entry => use(connection => recordDecision(connection, entry)),
    recordExecution: execution =>
      use(({ writer, decisions }) => {
        const ended = { ...execution }
        return writer.statement(() => {
          decisions.setExecution(ended)
        })
      }),
    recordOutcome: outcome =>
      use(({ writer, decisions }) => {
        const { decisionId } = outcome
        const body = encode(outcome)
        return writer.statement(() => {
          decisions.insertOutcome(decisionId, body)
        })
      }),
    getDecision: id => use(({ read, decisions }) => read(() => decisions.get(id))),
    listDecisions: filter => use(({ read, decisions }) => read(() => decisions.list(filter))),
    readWindows: (windows, at) =>
      use(connection =>
        connection.read(() =>
          windows.map(({ key }) => {
            const { total, stale } = connection.windows.read(key, at)
            if (stale) pruneLater(connection, key, at)
            return total
          }),
        ),
      ),
    getApproval: id => use(({ read, approvals }) => read(() => approvals.get(id))),
    findApproval: binding => use(({ read, approvals }) => read(() => approvals.find(binding))),
    listApprovals: filter => use(({ read, approvals }) => read(() => approvals.list(filter))),
    killSwitches: () => use(({ read, killSwitches }) => read(killSwitches.all)),
    activateKillSwitch: killSwitch =>
      use(({ writer, killSwitches }) => {
        const scope = scopeKey(killSwitch)
        const body = encode(killSwitch)
        return writer.statement(() => {
          killSwitches.activate(scope, body)
        })
      }),
    deactivateKillSwitch: scope =>
      use(({ writer, killSwitches }) => {
        const key = scopeKey(scope)
        return writer.statement(() => killSwitches.deactivate(key))
      }),
    close,
  }
}

/** A decision alone is one statement; with spends or an approval it is a transaction. */
function recordDecision(
  connection: Connection,
  { decision, spends, approval }: DecisionEntry,
): Awaitable<RecordResult> {
  const { writer, decisions, windows, approvals } = connection
  const row = decisionRow(decision)
  if (spends.length === 0 && approval === undefined) {
    return writer.statement(() => {
      decisions.insert(row)
      return STORED
    })
  }
  const held = approval === undefined ? undefined : approvalRow(approval)
  const counted = spends.map(spend => ({ ...spend }))
  const { at } = decision
  return writer.transaction((): RecordResult => {
    const exceeded = windows.spend(counted, at)
    if (exceeded !== undefined) return { stored: false, exceeded }
    decisions.insert(row)
    if (held !== undefined) approvals.insert(held)
    return STORED
  })
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
  const { durability, busyTimeoutMs } = options
  if (durability !== undefined && durability !== 'process' && durability !== 'full')
    throw invalid(`option \`durability\`: expected "process" or "full"; found ${JSON.stringify(durability)}`)
  if (busyTimeoutMs !== undefined && !(typeof busyTimeoutMs === 'number' && busyTimeoutMs >= 0))
    throw invalid('option `busyTimeoutMs`: expected milliseconds of 0 or more')
  return options
}

function invalid(message: string): GovernanceError {
  return new GovernanceError('invalid-option', `sqliteStore: ${message}`)
}
