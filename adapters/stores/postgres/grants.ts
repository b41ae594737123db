import type { Grant, GrantFilter } from 'countersign'
import { decode, decodeAll, encode, given, optional, revisionOf, text } from './encode.js'
import { listRows } from './listing.js'
import type { Session } from './session.js'

/** A grant as the server takes it. */
export function grantFields(grant: Grant): object {
  const { id, tool, actor, tenant, expiresAt, approvalId } = grant
  return {
    id: text(id),
    revision: revisionOf(grant),
    tool: text(tool),
    actor: text(actor),
    tenant: optional(tenant),
    expires: String(expiresAt),
    usable: isUsable(grant),
    approval: optional(approvalId),
    body: encode(grant),
  }
}

/** Reads a grant. */
export async function getGrant({ schema, read }: Session, id: string): Promise<Grant | undefined> {
  const [row] = await read('get grant', `select body from ${schema}.grants where id = $1`, text(id))
  return decode(row) as Grant | undefined
}

/** Lists grants. */
export async function listGrants(session: Session, filter: GrantFilter): Promise<Grant[]> {
  const { tool, actor, tenant, liveAt, limit } = filter
  const rows = await listRows(session, 'list grants', `select body from ${session.schema}.grants`, {
    equal: [
      ['tool', given(tool)],
      ['actor', given(actor)],
      ['tenant', given(tenant)],
    ],
    further: [['usable and expires_at > $', liveAt]],
    limit,
  })
  return decodeAll(rows) as Grant[]
}

/** Within a transaction: the grants that were given with an approval, which nobody else writes until it ends. */
export async function grantsGivenWith({ schema, read }: Session, approvalId: string): Promise<Grant[]> {
  const sql = `select body from ${schema}.grants where approval_id = $1 order by seq for update`
  return decodeAll(await read('grants given with', sql, text(approvalId))) as Grant[]
}

/** Within a transaction: writes the next form of a grant. */
export async function rewriteGrant({ schema, write }: Session, grant: Grant): Promise<void> {
  const { id, revision } = grant
  const sql = `update ${schema}.grants set revision = $2, usable = $3, body = $4 where id = $1`
  await write('rewrite grant', sql, text(id), revision, isUsable(grant), encode(grant))
}

function isUsable({ revoked, uses, maxUses }: Grant): boolean {
  return revoked === undefined && uses < maxUses
}
