import type { Awaitable } from 'countersign'
import { type ApprovalTable, approvalTable } from './approvals.js'
import { patiently } from './busy.js'
import { type Durability, openDatabase } from './database.js'
import { type DecisionTable, decisionTable } from './decisions.js'
import { storeFailed } from './errors.js'
import { type KillSwitchTable, killSwitchTable } from './kill-switches.js'
import type { SqliteLike } from './sqlite-like.js'
import { type WindowTable, windowTable } from './windows.js'
import { Writer } from './writer.js'

/** An open database: its statements, each prepared once, and the ways to read and write. */
export interface Connection {
  readonly decisions: DecisionTable
  readonly windows: WindowTable
  readonly approvals: ApprovalTable
  readonly killSwitches: KillSwitchTable
  readonly writer: Writer
  readonly read: <T>(action: () => T) => Awaitable<T>
  /** Waits for what is being written, and closes the database if it was opened here. */
  readonly close: () => Awaitable<void>
}

/** Opens a database. Throws SQLite's busy error where another process is at it, and otherwise as {@link openDatabase} does. */
export function connect(target: string | SqliteLike, durability: Durability, busyTimeoutMs: number): Connection {
  const database = openDatabase(target, durability)
  const writer = new Writer(database, busyTimeoutMs)
  const closeHandle = (): void => {
    if (database !== target) database.close()
  }
  return {
    decisions: decisionTable(database),
    windows: windowTable(database),
    approvals: approvalTable(database),
    killSwitches: killSwitchTable(database),
    writer,
    read: action => {
      try {
        const value = patiently(action, busyTimeoutMs)
        return value instanceof Promise ? value.catch(refuse) : value
      } catch (error) {
        return refuse(error)
      }
    },
    close: () => {
      const idle = writer.idle()
      return idle instanceof Promise ? idle.then(closeHandle) : closeHandle()
    },
  }
}

function refuse(error: unknown): never {
  throw storeFailed(error)
}
