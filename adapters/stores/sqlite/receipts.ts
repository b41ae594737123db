import type { Receipt, ReceiptFilter } from 'countersign'
import { decode, decodeAll, encode, type Encoded } from './encode.js'
import { type Condition, Listing } from './listing.js'
import { putRevision, type RevisionRow } from './revisions.js'
import type { SqliteLike } from './sqlite-like.js'

/** Few of many, and somebody has to look into them: they have an index of their own, which costs the others nothing. In its words, else SQLite does not use it. */
const IS_UNKNOWN = "status = 'unknown' and status"

/** The effect ledger. */
export interface ReceiptTable {
  /** Writes a receipt by compare-and-swap; whether it did. */
  readonly put: (row: RevisionRow) => boolean
  readonly get: (key: string) => Receipt | undefined
  readonly list: (filter: ReceiptFilter) => Receipt[]
  /** Asked seldom, so no index of its own: by the session, where there is one. */
  readonly ofDecision: (decisionId: string, sessionId: string | undefined) => Receipt[]
  /** Writes another form of a receipt in its place. */
  readonly rewrite: (receipt: Receipt) => void
}

/** Encodes a receipt. */
export function receiptRow(receipt: Receipt): RevisionRow {
  const { key, revision, status, tool, sessionId = null, tenant = null, decisionId } = receipt
  const body = encode(receipt)
  return {
    revision,
    created: [key, revision, status, tool, sessionId, tenant, decisionId, body],
    replaced: [revision, status, decisionId, body, key, revision - 1],
  }
}

/** Prepares the statements on receipts. */
export function receiptTable(database: SqliteLike): ReceiptTable {
  const create = database.prepare(
    `insert into receipts (key, revision, status, tool, session, tenant, decision_id, body)
     values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  )
  const replace = database.prepare(
    'update receipts set revision = ?, status = ?, decision_id = ?, body = ? where key = ? and revision = ?',
  )
  const get = database.prepare('select body from receipts where key = ?')
  const ofDecision = database.prepare('select body from receipts where decision_id = ?')
  const ofSession = database.prepare('select body from receipts where session = ? and decision_id = ?')
  const rewrite = database.prepare('update receipts set body = ? where key = ?')
  const listing = new Listing<Encoded>(database, 'select body from receipts')

  return {
    put: row => putRevision(create, replace, row),
    get: key => decode(get.get(key)) as Receipt | undefined,
    list: ({ status, sessionId, tenant, tool, before, limit }) => {
      const isUnknown = status === 'unknown'
      const byStatus: Condition = [isUnknown ? IS_UNKNOWN : 'status', status]
      const others: readonly Condition[] = [
        ['session', sessionId],
        ['tenant', tenant],
        ['tool', tool],
      ]
      return decodeAll(
        listing.rows({
          equal: isUnknown ? [byStatus, ...others] : [...others, byStatus],
          further: [['seq < (select seq from receipts where key = ?)', before]],
          limit,
        }),
      ) as Receipt[]
    },
    ofDecision: (decisionId, sessionId) =>
      decodeAll(
        sessionId === undefined ? ofDecision.all(decisionId) : ofSession.all(sessionId, decisionId),
      ) as Receipt[],
    rewrite: receipt => {
      rewrite.run(encode(receipt), receipt.key)
    },
  }
}
