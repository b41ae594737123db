import type { Awaitable } from 'countersign'
import { type ApprovalTable, approvalTable } from './approvals.js'
import { type AuditTable, auditTable } from './audit.js'
import { type Durability, openDatabase } from './database.js'
import { type DecisionTable, decisionTable } from './decisions.js'
import { type DocumentTable, documentTable } from './documents.js'
import { type GrantTable, grantTable } from './grants.js'
import { type KillSwitchTable, killSwitchTable } from './kill-switches.js'
import { type LessonTable, lessonTable } from './lessons.js'
import { type OutboxTable, outboxTable } from './outbox.js'
import { Reader } from './reader.js'
import { type ReceiptTable, receiptTable } from './receipts.js'
import { type SnapshotTable, snapshotTable } from './snapshots.js'
import type { SqliteLike } from './sqlite-like.js'
import { type WindowTable, windowTable } from './windows.js'
import { Writer, type WriterOptions } from './writer.js'

/** An open database: its statements, each prepared once, and the ways to read and write. */
export interface Connection {
  readonly decisions: DecisionTable
  readonly windows: WindowTable
  readonly approvals: ApprovalTable
  readonly receipts: ReceiptTable
  readonly grants: GrantTable
  readonly documents: DocumentTable
  readonly lessons: LessonTable
  readonly snapshots: SnapshotTable
  readonly outbox: OutboxTable
  readonly audit: AuditTable
  readonly killSwitches: KillSwitchTable
  readonly writer: Writer
  readonly read: <T>(action: () => T) => Awaitable<T>
  /** Rids the write-ahead log of pages as they were before. Where another process is at it, the next one to close the file does. */
  readonly truncateLog: () => void
  /** Waits for what is being written, and closes the database if it was opened here. */
  readonly close: () => Awaitable<void>
}

/** Pages of the write-ahead log (4 KiB each) after which they are brought into the file. */
const GROUPED_LOG_PAGES = 32_000

/** Opens a database. Throws SQLite's busy error where another process is at it, and otherwise as {@link openDatabase} does. */
export function connect(
  target: string | SqliteLike,
  { durability, ...writing }: WriterOptions & { readonly durability: Durability },
): Connection {
  const database = openDatabase(target, durability)
  // Each checkpoint waits for the disk: where much is written, they are fewer, and the log is longer.
  if (writing.groups) database.exec(`pragma wal_autocheckpoint = ${GROUPED_LOG_PAGES}`)
  const audit = auditTable(database)
  const writer = new Writer(database, writing, audit.forgetLast)
  const reader = new Reader(database, writing)
  const closeHandle = (): void => {
    if (database !== target) database.close()
  }
  return {
    decisions: decisionTable(database),
    windows: windowTable(database),
    approvals: approvalTable(database),
    receipts: receiptTable(database),
    grants: grantTable(database),
    documents: documentTable(database),
    lessons: lessonTable(database),
    snapshots: snapshotTable(database),
    outbox: outboxTable(database),
    audit,
    killSwitches: killSwitchTable(database),
    writer,
    read: ask => reader.read(ask),
    truncateLog: () => {
      try {
        database.exec('pragma wal_checkpoint(truncate)')
      } catch {
        // Best effort, see above.
      }
    },
    close: () => {
      reader.flush()
      const idle = writer.idle()
      return idle instanceof Promise ? idle.then(closeHandle) : closeHandle()
    },
  }
}
