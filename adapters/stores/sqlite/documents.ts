import type { Awaitable, DocumentFilter, DocumentKey, DocumentPruning, StoredDocument } from 'countersign'
import type { Connection } from './connection.js'
import { Listing } from './listing.js'
import type { SqliteLike, SqliteValue } from './sqlite-like.js'

/** So many are removed at once at most: the lock is held meanwhile. */
const MOST = 10_000
const COLUMNS = 'kind, id, tenant, revision, at, ref, due, expires_at, body'

/** A document as it is written: copied when it is handed over, for it may be written later. */
interface DocumentRow {
  readonly key: string
  readonly document: StoredDocument
}

interface Stored {
  readonly kind: string
  readonly id: string
  readonly tenant: string | null
  readonly revision: number
  readonly at: number
  readonly ref: string | null
  readonly due: number | null
  readonly expires_at: number | null
  readonly body: string
}

/** Records that are no decisions. */
export interface DocumentTable {
  /** Within a transaction: writes documents by compare-and-swap, in their order; whether it did all of them. */
  readonly put: (rows: readonly DocumentRow[], at: number) => boolean
  readonly get: (key: DocumentKey, at: number) => StoredDocument | undefined
  readonly list: (filter: DocumentFilter, at: number) => StoredDocument[]
  /** Removes what had expired; how many. */
  readonly prune: (pruning: DocumentPruning) => number
}

/** Copies documents. */
export function documentRows(documents: readonly StoredDocument[]): readonly DocumentRow[] {
  return documents.map(document => ({ key: keyOf(document), document: { ...document } }))
}

/** Removes documents that have expired, in one transaction. */
export function pruneFrom({ writer, documents }: Connection, pruning: DocumentPruning): Awaitable<number> {
  const limit = Math.min(MOST, Math.floor(pruning.limit))
  // Written so that what is not a number removes nothing; to SQLite a limit below 0 is none.
  return limit >= 1 ? writer.transaction(() => documents.prune({ ...pruning, limit })) : 0
}

/** Prepares the statements on documents. */
export function documentTable(database: SqliteLike): DocumentTable {
  const get = database.prepare(
    `select ${COLUMNS} from documents where key = ? and (expires_at is null or expires_at > ?)`,
  )
  const prune = database.prepare(
    'delete from documents where seq in (select seq from documents where expires_at <= ? order by expires_at limit ?)',
  )
  const pruneKind = database.prepare(
    `delete from documents where seq in
     (select seq from documents where expires_at <= ? and kind = ? order by expires_at limit ?)`,
  )
  const pruneTenant = database.prepare(
    `delete from documents where seq in
     (select seq from documents where expires_at <= ? and kind = ifnull(?, kind) and tenant is ? order by expires_at limit ?)`,
  )
  const listing = new Listing<Stored>(database, `select ${COLUMNS} from documents`, 'at desc, seq desc')
  const write = documentWriter(database)

  return {
    put: (rows, at) => rows.every(row => write(row, at)),
    get: (key, at) => {
      const row = get.get(keyOf(key), at) as Stored | undefined
      return row === undefined ? undefined : documentOf(row)
    },
    list: ({ kind, tenant, ref, dueAt, before, limit }, at) =>
      listing
        .rows({
          equal: [['kind', kind]],
          further: [
            ['ref = ?', ref],
            ['tenant = ?', tenant],
            ['due <= ?', dueAt],
            ['(expires_at is null or expires_at > ?)', at],
            [
              '(at, seq) < (select at, seq from documents where key = ?)',
              before === undefined ? undefined : keyOf({ ...before, kind }),
            ],
          ],
          limit,
        })
        .map(documentOf),
    prune: ({ kind, tenant, expiredAt, limit }) => {
      if (tenant !== undefined) return Number(pruneTenant.run(expiredAt, kind ?? null, tenant, limit).changes)
      return Number((kind === undefined ? prune.run(expiredAt, limit) : pruneKind.run(expiredAt, kind, limit)).changes)
    },
  }
}

/** How one document is written; it tells whether it was. */
function documentWriter(database: SqliteLike): (row: DocumentRow, at: number) => boolean {
  const create = database.prepare(
    `insert into documents (key, ${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  )
  const replace = database.prepare(
    `update documents set revision = ?, ref = ?, due = ?, expires_at = ?, body = ?
     where key = ? and revision = ? and (expires_at is null or expires_at > ?)`,
  )
  const remove = database.prepare(
    'delete from documents where key = ? and revision = ? and (expires_at is null or expires_at > ?)',
  )
  const removeExpired = database.prepare('delete from documents where key = ? and expires_at <= ?')
  const exists = database.prepare('select 1 from documents where key = ?')

  return ({ key, document }, at) => {
    const { kind, id, tenant = null, revision, body, ref = null, due = null, expiresAt = null } = document
    if (revision !== 1) {
      const values: readonly SqliteValue[] = [key, revision - 1, at]
      const { changes } =
        body === undefined ? remove.run(...values) : replace.run(revision, ref, due, expiresAt, body, ...values)
      return Number(changes) === 1
    }
    removeExpired.run(key, at)
    if (body === undefined) return exists.get(key) === undefined
    return Number(create.run(key, kind, id, tenant, 1, document.at, ref, due, expiresAt, body).changes) === 1
  }
}

/** A text of its own for each tenant, kind and id. */
function keyOf({ tenant, kind, id }: DocumentKey): string {
  return JSON.stringify([tenant ?? null, kind, id])
}

function documentOf({ kind, id, tenant, revision, at, ref, due, expires_at, body }: Stored): StoredDocument {
  return {
    kind,
    id,
    ...(tenant === null ? {} : { tenant }),
    revision,
    body,
    at,
    ...(ref === null ? {} : { ref }),
    ...(due === null ? {} : { due }),
    ...(expires_at === null ? {} : { expiresAt: expires_at }),
  }
}
