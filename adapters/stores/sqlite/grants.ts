import type { Grant, GrantFilter } from 'countersign'
import { decode, decodeAll, encode, type Encoded } from './encode.js'
import { Listing } from './listing.js'
import { putRevision, type RevisionRow } from './revisions.js'
import type { SqliteLike } from './sqlite-like.js'

/** What people need not be asked again. */
export interface GrantTable {
  /** Writes a grant by compare-and-swap; whether it did. */
  readonly put: (row: RevisionRow) => boolean
  readonly get: (id: string) => Grant | undefined
  readonly list: (filter: GrantFilter) => Grant[]
  /** Those that were given with an approval. Reads all there are, as it is seldom asked. */
  readonly givenWith: (approvalId: string) => Grant[]
}

/** Encodes a grant. */
export function grantRow(grant: Grant): RevisionRow {
  const { id, revision, tool, actor, tenant = null, expiresAt, uses, maxUses, revoked } = grant
  const usable = revoked === undefined && uses < maxUses ? 1 : 0
  const body = encode(grant)
  return {
    revision,
    created: [id, revision, tool, actor, tenant, expiresAt, usable, body],
    replaced: [revision, expiresAt, usable, body, id, revision - 1],
  }
}

/** Prepares the statements on grants. */
export function grantTable(database: SqliteLike): GrantTable {
  const create = database.prepare(
    `insert into grants (id, revision, tool, actor, tenant, expires_at, usable, body)
     values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  )
  const replace = database.prepare(
    'update grants set revision = ?, expires_at = ?, usable = ?, body = ? where id = ? and revision = ?',
  )
  const get = database.prepare('select body from grants where id = ?')
  const all = database.prepare('select body from grants')
  const listing = new Listing<Encoded>(database, 'select body from grants')

  return {
    put: row => putRevision(create, replace, row),
    get: id => decode(get.get(id)) as Grant | undefined,
    list: ({ tool, actor, tenant, liveAt, limit }) =>
      decodeAll(
        listing.rows({
          equal: [
            ['tool', tool],
            ['actor', actor],
            ['tenant', tenant],
          ],
          further: [['usable = 1 and expires_at > ?', liveAt]],
          limit,
        }),
      ) as Grant[],
    givenWith: id => (decodeAll(all.all()) as Grant[]).filter(({ approvalId }) => approvalId === id),
  }
}
