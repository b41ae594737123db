import type { StoredDocument } from 'countersign'
import { newId, present } from '../../../src/ambient.js'
import { conflict } from '../../../src/service/protocol/refusal.js'
import type { Service } from '../service.js'

/** What is kept here besides decisions, by kind. */
export type RecordKind =
  | 'imported-case'
  | 'calibration-observation'
  | 'feature-snapshot'
  | 'ingested-event'
  | 'learning-run'

/** One record with what was kept in it. */
export interface Kept<BODY> {
  readonly id: string
  /** Epoch milliseconds of its first revision. */
  readonly at: number
  readonly body: BODY
}

type Owner = Pick<Service, 'store' | 'tenant' | 'clock'>

/** A page of a store's listing, the largest there is. */
const PAGE = 1000
/** Whoever changes one record at the same time is not that many. */
const TRIES = 8

/** Keeps a new record; `false`, and nothing is changed, where there is one of this id. */
export async function keepRecord(
  owner: Owner,
  kind: RecordKind,
  { id, body, ref }: { readonly id: string; readonly body: unknown; readonly ref?: string | undefined },
): Promise<boolean> {
  const at = owner.clock.now()
  const document = { kind, id, revision: 1, body: JSON.stringify(body), at, ...present({ tenant: owner.tenant, ref }) }
  const { committed } = await owner.store.commit({ at, documents: [document] })
  return committed
}

/** An id for a new record: ids are ordered by time. */
export function recordId(prefix: string, { clock }: Pick<Owner, 'clock'>): string {
  return `${prefix}_${newId(clock.now())}`
}

/** One record of this tenant. */
export async function recordOf<BODY>(owner: Owner, kind: RecordKind, id: string): Promise<Kept<BODY> | undefined> {
  const found = await owner.store.getDocument({ kind, id, ...present({ tenant: owner.tenant }) }, owner.clock.now())
  return found === undefined ? undefined : read<BODY>(found)
}

/** Changes a record by what is in it now; nothing where there is none. @throws Refusal 409 where others keep changing it */
export async function changeRecord<BODY>(
  { store, tenant, clock }: Owner,
  kind: RecordKind,
  id: string,
  change: (body: BODY) => BODY,
): Promise<BODY | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const at = clock.now()
    const found = await store.getDocument({ kind, id, ...present({ tenant }) }, at)
    if (found?.body === undefined) return undefined
    const body = change(JSON.parse(found.body) as BODY)
    const next = { ...found, revision: found.revision + 1, body: JSON.stringify(body) }
    const { committed } = await store.commit({ at, documents: [next] })
    if (committed) return body
  }
  throw conflict('changed_meanwhile', 'others keep changing this; try again')
}

/** All records of a kind, newest first, one page at a time. */
export async function* recordsOf<BODY>(
  { store, tenant, clock }: Owner,
  kind: RecordKind,
  ref?: string,
): AsyncGenerator<Kept<BODY>, void, undefined> {
  let before: Pick<StoredDocument, 'id' | 'tenant'> | undefined
  for (;;) {
    const page = await store.listDocuments({ kind, limit: PAGE, ...present({ tenant, ref, before }) }, clock.now())
    for (const document of page) yield read<BODY>(document)
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    before = { id: last.id, ...present({ tenant: last.tenant }) }
  }
}

function read<BODY>({ id, at, body = 'null' }: StoredDocument): Kept<BODY> {
  return { id, at, body: JSON.parse(body) as BODY }
}
