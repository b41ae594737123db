import type { DocumentFilter, DocumentKey, DocumentPruning, StoredDocument } from 'countersign'
import { given, optional, plain, revisionOf, text } from './encode.js'
import { listRows } from './listing.js'
import type { Row } from './pool-like.js'
import type { Session } from './session.js'

/** So many are removed by one statement at most. */
const MOST = 10_000
const COLUMNS = 'kind, id, tenant, names_tenant, revision, at, ref, due, expires_at, body'

/** A document as the server takes it. To a store that is bound to a tenant, those of no tenant are that tenant's. */
export function documentFields(document: StoredDocument, bound: string | undefined): object {
  const { kind, id, tenant, body, at, ref, due, expiresAt } = document
  return {
    key: keyOf(document, bound),
    kind: text(kind),
    id: text(id),
    tenant: optional(tenant),
    revision: revisionOf(document),
    at: String(at),
    ref: optional(ref),
    due: due === undefined ? null : String(due),
    expires: expiresAt === undefined ? null : String(expiresAt),
    body: optional(body),
  }
}

/** Reads a document. */
export async function getDocument(
  { schema, read }: Session,
  key: DocumentKey,
  at: number,
  bound: string | undefined,
): Promise<StoredDocument | undefined> {
  const [row] = await read(
    'get document',
    `select ${COLUMNS} from ${schema}.documents where key = $1 and (expires_at is null or expires_at > $2)`,
    keyOf(key, bound),
    at,
  )
  return row === undefined ? undefined : documentOf(row)
}

/** Lists documents. */
export async function listDocuments(
  session: Session,
  { kind, tenant, ref, dueAt, before, limit }: DocumentFilter,
  at: number,
  bound: string | undefined,
): Promise<StoredDocument[]> {
  const { schema } = session
  const narrowing = {
    equal: [
      ['kind', text(kind)],
      ['tenant', given(tenant)],
      ['ref', given(ref)],
    ],
    further: [
      ['due <= $', dueAt],
      ['(expires_at is null or expires_at > $)', at],
      [
        `(at, seq) < (select at, seq from ${schema}.documents where key = $)`,
        before === undefined ? undefined : keyOf({ ...before, kind }, bound),
      ],
    ],
    limit,
  } as const
  const select = `select ${COLUMNS} from ${schema}.documents`
  return (await listRows(session, 'list documents', select, narrowing, 'at desc, seq desc')).map(documentOf)
}

/** Removes documents that have expired. */
export async function pruneDocuments({ schema, write }: Session, pruning: DocumentPruning): Promise<number> {
  const { kind, tenant, expiredAt } = pruning
  const limit = Math.min(MOST, Math.floor(pruning.limit))
  if (!(limit >= 1)) return 0
  const rows = await write(
    'prune documents of a kind',
    `delete from ${schema}.documents where seq in (
      select seq from ${schema}.documents where expires_at <= $1 and ($2::text is null or kind = $2)
      and ($4::text is null or tenant = $4) and (not $5::boolean or names_tenant is not true)
      order by expires_at limit $3 for update skip locked
    ) returning 1`,
    expiredAt,
    optional(kind),
    limit,
    optional(tenant ?? undefined),
    tenant === null,
  )
  return rows.length
}

function keyOf({ tenant, kind, id }: DocumentKey, bound: string | undefined): string {
  return text(JSON.stringify([tenant ?? bound ?? null, kind, id]))
}

function documentOf({ kind, id, tenant, names_tenant, revision, at, ref, due, expires_at, body }: Row): StoredDocument {
  return {
    kind: plain(kind ?? ''),
    id: plain(id ?? ''),
    ...(names_tenant === 't' ? { tenant: plain(tenant ?? '') } : {}),
    revision: Number(revision),
    body: plain(body ?? ''),
    at: Number(at),
    ...(typeof ref === 'string' ? { ref: plain(ref) } : {}),
    ...(typeof due === 'string' ? { due: Number(due) } : {}),
    ...(typeof expires_at === 'string' ? { expiresAt: Number(expires_at) } : {}),
  }
}
