import type { Receipt, ReceiptFilter } from 'countersign'
import { decode, decodeAll, encode, given, optional, revisionOf, text } from './encode.js'
import { type Condition, listRows } from './listing.js'
import type { Session } from './session.js'

/** Few of many have not ended, and somebody has to look into them: they have an index of their own, which is used where its words are. */
const IS_OPEN = "status in ('claimed', 'started', 'unknown') and status"
const OPEN: ReadonlySet<string | undefined> = new Set(['claimed', 'started', 'unknown'])

/** A receipt as the server takes it. */
export function receiptFields(receipt: Receipt): object {
  const { key, status, tool, sessionId, tenant, decisionId } = receipt
  return {
    key: text(key),
    revision: revisionOf(receipt),
    status: text(status),
    tool: text(tool),
    session: optional(sessionId),
    tenant: optional(tenant),
    decision: text(decisionId),
    body: encode(receipt),
  }
}

/** Reads a receipt: one row by its key. */
export async function getReceipt({ schema, read }: Session, key: string): Promise<Receipt | undefined> {
  const [row] = await read('get receipt', `select body from ${schema}.receipts where key = $1`, text(key))
  return decode(row) as Receipt | undefined
}

/** Lists receipts. */
export async function listReceipts(session: Session, filter: ReceiptFilter): Promise<Receipt[]> {
  const { status, sessionId, tenant, tool, before, limit } = filter
  const isOpen = OPEN.has(status)
  const byStatus: Condition = [isOpen ? IS_OPEN : 'status', given(status)]
  const name = isOpen ? 'list open receipts' : 'list receipts'
  const rows = await listRows(session, name, `select body from ${session.schema}.receipts`, {
    equal: [byStatus, ['session', given(sessionId)], ['tenant', given(tenant)], ['tool', given(tool)]],
    further: [[`seq < (select seq from ${session.schema}.receipts where key = $)`, given(before)]],
    limit,
  })
  return decodeAll(rows) as Receipt[]
}

/** Within a transaction: the receipts of a decision. Asked seldom, so no index of its own: by the session, where there is one. */
export async function receiptsOfDecision(
  { schema, read }: Session,
  decisionId: string,
  sessionId: string | undefined,
): Promise<Receipt[]> {
  const rows =
    sessionId === undefined
      ? await read(
          'receipts of decision',
          `select body from ${schema}.receipts where decision_id = $1 for update`,
          text(decisionId),
        )
      : await read(
          'receipts of session',
          `select body from ${schema}.receipts where decision_id = $1 and session = $2 for update`,
          text(decisionId),
          text(sessionId),
        )
  return decodeAll(rows) as Receipt[]
}

/** Within a transaction: writes another form of a receipt in its place. */
export async function rewriteReceipt({ schema, write }: Session, receipt: Receipt): Promise<void> {
  const sql = `update ${schema}.receipts set body = $2 where key = $1`
  await write('rewrite receipt', sql, text(receipt.key), encode(receipt))
}
