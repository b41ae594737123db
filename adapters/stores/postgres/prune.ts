import { invalid } from './errors.js'
import type { Session } from './session.js'

/** What to let go of: records that ended before an instant, in epoch milliseconds. Of a kind that is not named all is kept. */
export interface Retention {
  /** Decisions with how they ended and what the world answered, of which no approval and no effect is open. */
  readonly decisions?: number
  /** Requests to people that were rejected, expired, cancelled or used up. */
  readonly approvals?: number
  /** Receipts of effects that succeeded or failed. A call whose receipt is gone could run again. */
  readonly receipts?: number
  /** Grants that were revoked, used up, or expired. */
  readonly grants?: number
  /** Documents that expired. Those that do not expire are kept. */
  readonly documents?: number
  /** Entries of the audit log, from its oldest on. What is left is verified from `first`. */
  readonly audit?: number
}

/** How many of each kind were let go of. */
export type Pruned = Readonly<Record<keyof Retention, number>>

/** So many rows are deleted by one statement: each holds its locks briefly. */
const BATCH = 1000

/** A statement for each kind. `$1` is the instant, `$2` how many at most. */
const STATEMENTS: Readonly<Record<Exclude<keyof Retention, 'audit'>, (schema: string) => string>> = {
  decisions: schema => `
    with old as (
      select d.seq, d.id from ${schema}.decisions d where d.at < $1
        and not exists (select from ${schema}.approvals a where a.decision_id = d.id and a.status in ('pending', 'approved'))
        and not exists (
          select from ${schema}.receipts r where r.decision_id = d.id and r.status in ('claimed', 'started', 'unknown')
        )
      order by d.seq limit $2 for update of d skip locked
    ), ended as (delete from ${schema}.executions e using old where e.seq = old.seq),
      answered as (delete from ${schema}.outcomes o using old where o.decision_id = old.id)
    delete from ${schema}.decisions d using old where d.seq = old.seq returning 1`,
  approvals: schema => `
    delete from ${schema}.approvals where seq in (
      select seq from ${schema}.approvals where at < $1 and status in ('rejected', 'expired', 'cancelled', 'consumed')
      order by seq limit $2 for update skip locked
    ) returning 1`,
  receipts: schema => `
    delete from ${schema}.receipts where seq in (
      select seq from ${schema}.receipts where at < $1 and status in ('succeeded', 'failed')
      order by seq limit $2 for update skip locked
    ) returning 1`,
  grants: schema => `
    delete from ${schema}.grants where seq in (
      select seq from ${schema}.grants where expires_at < $1 or (not usable and at < $1)
      order by seq limit $2 for update skip locked
    ) returning 1`,
  documents: schema => `
    delete from ${schema}.documents where seq in (
      select seq from ${schema}.documents where expires_at < $1 order by expires_at limit $2 for update skip locked
    ) returning 1`,
}

const KINDS = ['decisions', 'approvals', 'receipts', 'grants', 'documents'] as const

/** Lets go of old records that have ended, in batches. @throws GovernanceError `invalid-option` */
export async function prune(session: Session, log: string, retention: Retention): Promise<Pruned> {
  check(retention)
  const pruned = { decisions: 0, approvals: 0, receipts: 0, grants: 0, documents: 0, audit: 0 }
  for (const kind of KINDS) {
    const before = retention[kind]
    if (before === undefined) continue
    const sql = STATEMENTS[kind](session.schema)
    pruned[kind] = await inBatches(async () => (await session.write(`prune ${kind}`, sql, before, BATCH)).length)
  }
  if (retention.audit !== undefined) pruned.audit = await pruneAudit(session, log, retention.audit)
  return pruned
}

/** Up to the first entry that is to be kept, for a chain without its beginning can be verified, and one with a gap cannot. */
async function pruneAudit({ schema, read, write }: Session, log: string, before: number): Promise<number> {
  const [row] = await read(
    'first kept',
    `select coalesce(
       (select seq from ${schema}.audit where log = $1 and at >= $2 order by seq limit 1),
       (select seq + 1 from ${schema}.chains where log = $1), 0) as first`,
    log,
    before,
  )
  const sql = `delete from ${schema}.audit where log = $1 and seq in (
    select seq from ${schema}.audit where log = $1 and seq < $2 order by seq limit $3) returning 1`
  return inBatches(async () => (await write('prune audit', sql, log, row?.['first'] ?? 0, BATCH)).length)
}

async function inBatches(deleteSome: () => Promise<number>): Promise<number> {
  let count = 0
  for (;;) {
    const deleted = await deleteSome()
    count += deleted
    if (deleted < BATCH) return count
  }
}

function check(retention: Retention): void {
  for (const [kind, before] of Object.entries(retention) as [string, unknown][]) {
    if (kind !== 'audit' && !(KINDS as readonly string[]).includes(kind))
      throw invalid(`prune: unknown option \`${kind}\`; known are ${[...KINDS, 'audit'].join(', ')}`)
    if (before !== undefined && !(typeof before === 'number' && Number.isFinite(before)))
      throw invalid(`prune: option \`${kind}\`: expected epoch milliseconds`)
  }
}
