import { readFileSync } from 'node:fs'
import { type Verification, verifyAudit, type VerifyAuditOptions } from 'countersign'
import { EXIT, Failure, misused } from '../failure.js'
import { plain } from '../output/text.js'
import { governorOver } from '../target/governing.js'
import { openStore } from '../target/open-store.js'
import { type Database, databaseOf, type TargetOptions } from '../target/target.js'
import { tracked } from '../target/tracked.js'
import type { Handler } from '../tree/invocation.js'

/** Options of `audit verify`. */
export interface VerifyOptions extends TargetOptions {
  readonly file?: string
  readonly checkpoints?: string
  readonly publicKey?: string
  readonly fromFirst?: boolean
}

/** `audit verify` */
export const handler: Handler<VerifyOptions> = async invocation => {
  const { screen, options } = invocation
  const { file, auditKey } = options
  const checks = checksOf(options)
  const found =
    file === undefined
      ? await verifyDatabase(databaseOf(invocation, 'the audit log'), auditKey, checks)
      : await verifyAudit(file, { ...checks, ...(auditKey === undefined ? {} : { key: auditKey }) })
  screen.result(found, () => (found.ok ? sound(found) : screen.style('red', `Broken: ${plain(found.message)}`)))
  if (found.ok) return undefined
  const { seq, decisionId, kind } = found.at
  screen.note(`  problem: ${found.problem}, entry ${seq}${kind === undefined ? '' : ` (${plain(kind)})`}`)
  if (decisionId !== undefined) screen.note(`  decision: ${plain(decisionId)}`)
  screen.note(
    `  ${found.entries} entries before it are sound. Keep the file as it is, and compare it with your backups.`,
  )
  return EXIT.found
}

/** Checks the log of a database. */
export async function verifyDatabase(
  place: Database,
  auditKey: string | undefined,
  checks: VerifyAuditOptions = {},
): Promise<Verification> {
  const store = await openStore(place)
  try {
    return await tracked(store, 'Checking', async log => {
      const { audit } = await governorOver(log, { auditKey })
      const { checkpoints, ...rest } = checks
      return audit.verify({
        ...rest,
        ...(checkpoints === undefined ? {} : { checkpoints: linesOf(checkpoints as string) }),
      })
    })
  } finally {
    await store.close()
  }
}

/** What was found, in one sentence. */
export function sound(found: Extract<Verification, { readonly ok: true }>): string {
  const { entries, head, erased, checkpoints } = found
  const also = [
    ...(checkpoints > 0 ? [`${checkpoints} checkpoints agree`] : []),
    ...(erased > 0 ? [`${erased} fields were erased on record`] : []),
  ]
  if (entries === 0) return 'Sound: the log is empty.'
  return `Sound: ${entries} entries, the last of them number ${head.seq}${also.map(text => `; ${text}`).join('')}.`
}

function checksOf({ checkpoints, publicKey, fromFirst }: VerifyOptions): VerifyAuditOptions {
  if ((checkpoints === undefined) !== (publicKey === undefined)) {
    throw misused('--checkpoints and --public-key go together: a checkpoint is believed by its signature only.')
  }
  return {
    ...(fromFirst === true ? { from: 'first' as const } : {}),
    ...(checkpoints === undefined ? {} : { checkpoints }),
    ...(publicKey === undefined ? {} : { publicKeys: textOf(publicKey) }),
  }
}

function linesOf(path: string): string[] {
  return textOf(path)
    .split('\n')
    .filter(line => line !== '')
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
