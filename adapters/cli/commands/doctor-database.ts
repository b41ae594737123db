import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../failure.js'
import { openStore } from '../target/open-store.js'
import { type Database, isPostgres, shown } from '../target/target.js'
import { sound, verifyDatabase } from './audit-verify.js'
import type { DoctorOptions, Finding } from './doctor.js'

const MEBIBYTE = 1024 * 1024

/** Whether a database can be used, and is whole. */
export async function checkDatabase(place: Database, { auditKey, skipAudit }: DoctorOptions): Promise<Finding[]> {
  const { database } = place
  if (!isPostgres(database) && !existsSync(database)) {
    const advice = '`countersign serve`, `countersign demo` or your own program makes it.'
    return [{ check: 'database', status: 'warn', message: `no ${database} yet`, advice }]
  }
  // Looked at before it is opened: opening brings an older schema up to date.
  const file = isPostgres(database) ? [] : checkFile(database)
  const opened = await opens(place)
  if (opened.status === 'fail') return [...file, opened]
  return [...file, opened, ...(skipAudit === true ? [] : [await checkAudit(place, auditKey)])]
}

async function opens(place: Database): Promise<Finding> {
  try {
    const store = await openStore(place)
    await store.close()
    return { check: 'database', status: 'ok', message: `${shown(place)} opens, and its schema is known` }
  } catch (error) {
    return failed('database', error)
  }
}

function checkFile(database: string): Finding[] {
  const { size } = statSync(database)
  try {
    for (const path of [database, dirname(database)]) accessSync(path, constants.R_OK | constants.W_OK)
  } catch {
    const advice = 'Give this user the right to write the file and its directory, or run as its owner.'
    return [{ check: 'file', status: 'fail', message: `${database} cannot be written`, advice }]
  }
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  try {
    const connection = new DatabaseSync(database, { readOnly: true })
    try {
      const { user_version: version } = connection.prepare('pragma user_version').get() as { user_version: number }
      const { quick_check: check } = connection.prepare('pragma quick_check(1)').get() as { quick_check: string }
      const facts = `${(size / MEBIBYTE).toFixed(1)} MiB, schema ${Math.floor(version / 1000)}.${version % 1000}`
      if (check === 'ok') return [{ check: 'file', status: 'ok', message: `${facts}, writable and whole` }]
      return [{ check: 'file', status: 'fail', message: `${facts}, damaged: ${check}`, advice: 'Restore a backup.' }]
    } finally {
      connection.close()
    }
  } catch (error) {
    return [failed('file', error)]
  }
}

async function checkAudit(place: Database, auditKey: string | undefined): Promise<Finding> {
  try {
    const found = await verifyDatabase(place, auditKey)
    if (found.ok) return { check: 'audit', status: 'ok', message: sound(found) }
    const advice =
      'Was the log sealed with a key? Pass it as COUNTERSIGN_AUDIT_KEY. Else `countersign audit verify` says more.'
    return { check: 'audit', status: 'fail', message: found.message, advice }
  } catch (error) {
    return failed('audit', error)
  }
}

function failed(check: string, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error)
  const advice = error instanceof Failure ? error.advice : undefined
  return { check, status: 'fail', message, ...(advice === undefined ? {} : { advice }) }
}
