import type { Approval, ApprovalFilter } from 'countersign'
import { decode, decodeAll, encode, type Encoded } from './encode.js'
import { Listing } from './listing.js'
import { putRevision, type RevisionRow } from './revisions.js'
import type { SqliteLike } from './sqlite-like.js'

/** Requests to people. */
export interface ApprovalTable {
  /** Writes an approval by compare-and-swap; whether it did. */
  readonly put: (row: RevisionRow) => boolean
  readonly get: (id: string) => Approval | undefined
  readonly find: (key: string, policyVersion: string | undefined) => Approval | undefined
  readonly list: (filter: ApprovalFilter) => Approval[]
  readonly ofDecision: (decisionId: string) => Approval[]
}

/** Encodes an approval. */
export function approvalRow(approval: Approval): RevisionRow {
  const {
    id,
    revision,
    key,
    policyVersion,
    status,
    decisionId,
    call,
    actor,
    sessionId = null,
    tenant = null,
  } = approval
  const body = encode(approval)
  return {
    revision,
    created: [id, revision, key, policyVersion, status, decisionId, call.id, call.name, actor, sessionId, tenant, body],
    replaced: [revision, status, body, id, revision - 1, key, policyVersion],
  }
}

/** Prepares the statements on approvals. */
export function approvalTable(database: SqliteLike): ApprovalTable {
  const create = database.prepare(
    `insert into approvals
     (id, revision, key, policy_version, status, decision_id, call_id, tool, actor, session, tenant, body)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  )
  const replace = database.prepare(
    `update approvals set revision = ?, status = ?, body = ?
     where id = ? and revision = ? and key = ? and policy_version = ?`,
  )
  const get = database.prepare('select body from approvals where id = ?')
  const find = database.prepare('select body from approvals where key = ? and policy_version = ?')
  const findNewest = database.prepare('select body from approvals where key = ? order by seq desc limit 1')
  const ofDecision = database.prepare('select body from approvals where decision_id = ?')
  const listing = new Listing<Encoded>(database, 'select body from approvals')

  return {
    put: row => putRevision(create, replace, row),
    get: id => decode(get.get(id)) as Approval | undefined,
    find: (key, policyVersion) =>
      decode(policyVersion === undefined ? findNewest.get(key) : find.get(key, policyVersion)) as Approval | undefined,
    list: ({ callId, sessionId, status, tenant, tool, actor, before, limit }) =>
      decodeAll(
        listing.rows({
          equal: [
            ['call_id', callId],
            ['session', sessionId],
            ['status', status],
            ['tenant', tenant],
            ['tool', tool],
            ['actor', actor],
          ],
          further: [['seq < (select seq from approvals where id = ?)', before]],
          limit,
        }),
      ) as Approval[],
    ofDecision: decisionId => decodeAll(ofDecision.all(decisionId)) as Approval[],
  }
}
