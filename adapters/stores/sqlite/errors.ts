import { GovernanceError, isGovernanceError } from 'countersign'

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_NOTADB = 26

/** Whether another connection holds the lock that is needed, and nothing has happened. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === SQLITE_BUSY || code === SQLITE_LOCKED
}

/** Whether the file is something other than a SQLite database. */
export function isNotADatabase(error: unknown): boolean {
  return resultCode(error) === SQLITE_NOTADB
}

/** The error as callers see it: what is already a {@link GovernanceError} stays as it is. */
export function storeFailed(error: unknown): GovernanceError {
  if (isGovernanceError(error)) return error
  const why = error instanceof Error ? error.message : String(error)
  return new GovernanceError('store-failed', `The sqlite store failed: ${why}`, { cause: error })
}

/** SQLite's primary result code: `node:sqlite` gives the extended number, `better-sqlite3` its name. */
function resultCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { errcode, code } = error as { readonly errcode?: unknown; readonly code?: unknown }
  if (typeof errcode === 'number') return errcode & 0xff
  if (typeof code !== 'string') return undefined
  if (code.startsWith('SQLITE_BUSY')) return SQLITE_BUSY
  if (code.startsWith('SQLITE_LOCKED')) return SQLITE_LOCKED
  return code === 'SQLITE_NOTADB' ? SQLITE_NOTADB : undefined
}
