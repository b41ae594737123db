import type { Approval, ApprovalFilter } from 'countersign'
import { decode, decodeAll, encode, given, optional, revisionOf, text } from './encode.js'
import { listRows } from './listing.js'
import type { Session } from './session.js'

/** An approval as the server takes it. */
export function approvalFields(approval: Approval): object {
  const { id, key, policyVersion, status, decisionId, call, actor, sessionId, tenant } = approval
  return {
    id: text(id),
    revision: revisionOf(approval),
    key: text(key),
    policy: text(policyVersion),
    status: text(status),
    decision: text(decisionId),
    call: text(call.id),
    tool: text(call.name),
    actor: text(actor),
    session: optional(sessionId),
    tenant: optional(tenant),
    body: encode(approval),
  }
}

/** Reads an approval. */
export async function getApproval({ schema, read }: Session, id: string): Promise<Approval | undefined> {
  const [row] = await read('get approval', `select body from ${schema}.approvals where id = $1`, text(id))
  return decode(row) as Approval | undefined
}

/** Reads the approval that was asked under a policy; without one, the newest. */
export async function findApproval(
  { schema, read }: Session,
  key: string,
  policyVersion: string | undefined,
): Promise<Approval | undefined> {
  const [row] =
    policyVersion === undefined
      ? await read(
          'find newest approval',
          `select body from ${schema}.approvals where key = $1 order by seq desc limit 1`,
          text(key),
        )
      : await read(
          'find approval',
          `select body from ${schema}.approvals where key = $1 and policy = $2`,
          text(key),
          text(policyVersion),
        )
  return decode(row) as Approval | undefined
}

/** Lists approvals. */
export async function listApprovals(session: Session, filter: ApprovalFilter): Promise<Approval[]> {
  const { callId, sessionId, status, tenant, tool, actor, before, limit } = filter
  const rows = await listRows(session, 'list approvals', `select body from ${session.schema}.approvals`, {
    equal: [
      ['call_id', given(callId)],
      ['session', given(sessionId)],
      ['status', given(status)],
      ['tenant', given(tenant)],
      ['tool', given(tool)],
      ['actor', given(actor)],
    ],
    further: [[`seq < (select seq from ${session.schema}.approvals where id = $)`, given(before)]],
    limit,
  })
  return decodeAll(rows) as Approval[]
}

/** Within a transaction: the approvals of a decision, which nobody else writes until it ends. */
export async function approvalsOfDecision({ schema, read }: Session, decisionId: string): Promise<Approval[]> {
  const sql = `select body from ${schema}.approvals where decision_id = $1 order by seq for update`
  return decodeAll(await read('approvals of decision', sql, text(decisionId))) as Approval[]
}

/** Within a transaction: writes the next form of an approval. */
export async function rewriteApproval({ schema, write }: Session, approval: Approval): Promise<void> {
  const { id, revision } = approval
  const sql = `update ${schema}.approvals set revision = $2, body = $3 where id = $1`
  await write('rewrite approval', sql, text(id), revision, encode(approval))
}
