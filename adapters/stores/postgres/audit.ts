import { type AuditBatch, type AuditEntry, type AuditRange, sealedText } from 'countersign'
import { optional, plain, text } from './encode.js'
import { pageSize } from './listing.js'
import type { Row } from './pool-like.js'
import type { Session } from './session.js'

/** How far a chain has come. */
export interface Head {
  readonly seq: number
  readonly hash: string
}

/** Entries that follow on a head, as the server takes them, and the head they lead to. */
interface Sealed {
  readonly entries: readonly object[]
  readonly head: Head
}

/** The chain of a store: each tenant that stores are bound to has one of its own, so that it can verify it without the entries of others. */
export function logOf(bound: string | undefined): string {
  return bound === undefined ? '' : text(`tenant ${bound}`)
}

/** A batch that later changes to what was passed in do not reach. */
export function auditBatch({ entries, seal }: AuditBatch): AuditBatch {
  return { entries: entries.map(entry => ({ ...entry })), seal }
}

/** Chains entries to a head. Waits only where a seal has to be waited for. */
export async function sealAfter(head: Head, { entries, seal }: AuditBatch): Promise<Sealed> {
  let { seq, hash } = head
  const sealed: object[] = []
  for (const { decisionId, tenant, body, personal } of entries) {
    const previous = hash
    seq++
    const answer = seal(sealedText(previous, seq, body))
    hash = typeof answer === 'string' ? answer : await answer
    const fields = { decision: optional(decisionId), tenant: optional(tenant), personal: optional(personal) }
    sealed.push({ seq, previous, hash, body: text(body), ...fields })
  }
  return { entries: sealed, head: { seq, hash } }
}

/** Within a transaction: the head of a chain, which nobody else moves until it ends. Makes the chain where there is none. */
export async function lockHead({ schema, write }: Session, log: string): Promise<Head> {
  const [row] = await write('lock head', `select seq, hash from ${schema}.lock_head($1)`, log)
  return { seq: Number(row?.['seq']), hash: row?.['hash'] ?? '' }
}

/** Within a transaction that has locked the head: appends entries to it. */
export async function append(session: Session, log: string, head: Head, at: number, batch: AuditBatch): Promise<void> {
  if (batch.entries.length === 0) return
  const { entries } = await sealAfter(head, batch)
  await session.write(
    'append',
    `select ${session.schema}.append($1, $2, $3, nullif(current_setting('countersign.tenant', true), ''))`,
    JSON.stringify(entries),
    log,
    at,
  )
}

/** Reads part of a chain, oldest first. */
export async function readAudit({ schema, read }: Session, log: string, range: AuditRange): Promise<AuditEntry[]> {
  const { decisionId, limit } = range
  // As the server compares it: a whole number that it can hold.
  const after = Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, Math.floor(range.after ?? 0)))
  const select = `select seq, tenant, names_tenant, previous, hash, decision_id, body, personal from ${schema}.audit
    where log = $1 and seq > $2`
  const size = pageSize(limit, 1000, 10_000)
  const rows =
    decisionId === undefined
      ? await read('read audit', `${select} order by seq limit $3`, log, after, size)
      : await read(
          'read audit of decision',
          `${select} and decision_id = $4 order by seq limit $3`,
          log,
          after,
          size,
          text(decisionId),
        )
  return rows.map(entryOf)
}

/** Within a transaction that has locked the head: replaces the personal fields of a decision's entries. */
export async function eraseAudit(
  { schema, read, write }: Session,
  decisionId: string,
  erased: (personal: string) => string | undefined,
): Promise<void> {
  const rows = await read(
    'personal fields',
    `select log, seq, personal from ${schema}.audit where decision_id = $1 and personal is not null`,
    text(decisionId),
  )
  for (const { log, seq, personal } of rows) {
    await write(
      'set personal fields',
      `update ${schema}.audit set personal = $3 where log = $1 and seq = $2`,
      log ?? null,
      seq ?? null,
      optional(erased(plain(personal ?? ''))),
    )
  }
}

function entryOf(row: Row): AuditEntry {
  const { seq, tenant, names_tenant, previous, hash, decision_id, body, personal } = row
  return {
    seq: Number(seq),
    previous: previous ?? '',
    hash: hash ?? '',
    body: plain(body ?? ''),
    ...(typeof decision_id === 'string' ? { decisionId: plain(decision_id) } : {}),
    ...(names_tenant === 't' ? { tenant: plain(tenant ?? '') } : {}),
    ...(typeof personal === 'string' ? { personal: plain(personal) } : {}),
  }
}
