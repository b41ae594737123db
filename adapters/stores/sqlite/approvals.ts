import type { Approval, ApprovalBinding, ApprovalFilter } from 'countersign'
import { pageSize } from './decisions.js'
import { encode } from './encode.js'
import type { SqliteLike } from './sqlite-like.js'

/** An approval as it is written: encoded when it is handed over, for it may be written later. */
export type ApprovalRow = readonly [
  id: string,
  callId: string,
  tool: string,
  digest: string,
  actor: string,
  session: string | null,
  tenant: string | null,
  policyVersion: string,
  body: string,
]

interface StoredApproval {
  readonly body: string
}

/** Requests to people. */
export interface ApprovalTable {
  readonly insert: (row: ApprovalRow) => void
  readonly get: (id: string) => Approval | undefined
  readonly find: (binding: ApprovalBinding) => Approval | undefined
  readonly list: (filter: ApprovalFilter) => Approval[]
}

/** Encodes an approval. */
export function approvalRow(approval: Approval): ApprovalRow {
  const { id, call, digest, actor, sessionId = null, tenant = null, policyVersion } = approval
  return [id, call.id, call.name, digest, actor, sessionId, tenant, policyVersion, encode(approval)]
}

/** Prepares the statements on approvals. */
export function approvalTable(database: SqliteLike): ApprovalTable {
  const insert = database.prepare(
    `insert into approvals (id, call_id, tool, digest, actor, session, tenant, policy_version, body)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const get = database.prepare('select body from approvals where id = ?')
  const find = database.prepare(
    `select body from approvals where call_id = ? and digest = ? and tool = ? and actor = ? and session is ?
     and tenant is ? and policy_version = ? order by seq limit 1`,
  )
  const list = database.prepare(
    `select body from approvals where (?1 is null or tool = ?1) and (?2 is null or actor = ?2)
     and (?3 is null or session = ?3) and (?4 is null or tenant = ?4) order by seq desc limit ?5`,
  )

  return {
    insert: row => {
      insert.run(...row)
    },
    get: id => decoded(get.get(id)),
    find: ({ callId, tool, digest, actor, sessionId = null, tenant = null, policyVersion }) =>
      decoded(find.get(callId, digest, tool, actor, sessionId, tenant, policyVersion)),
    list: ({ tool = null, actor = null, sessionId = null, tenant = null, limit }) =>
      (list.all(tool, actor, sessionId, tenant, pageSize(limit)) as StoredApproval[]).map(
        ({ body }) => JSON.parse(body) as Approval,
      ),
  }
}

function decoded(row: unknown): Approval | undefined {
  return row === undefined ? undefined : (JSON.parse((row as StoredApproval).body) as Approval)
}
