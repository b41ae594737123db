import type { AuditBatch, DocumentFilter, Lesson, StoredDocument } from 'countersign'
import type { Service } from './service.js'

/** A document with what is in it. */
export interface Kept<BODY> {
  readonly document: StoredDocument
  readonly body: BODY
}

/** What a document is to be. */
export interface Writing<BODY> extends Pick<StoredDocument, 'ref' | 'due' | 'expiresAt'> {
  readonly kind: string
  readonly id: string
  readonly body: BODY
}

/** Entries of the audit log, and who hears that they are written. */
export interface WatchedBatch extends AuditBatch {
  readonly written?: () => void
}

const PAGE = 100
/** A store gives no more at once. */
const MAX_PAGE = 1000

type Place = Pick<Service, 'store' | 'clock'>
type Of = Place & { readonly tenant: string | undefined }

/** A document of the service's tenant; nothing where there is none, or it has expired. */
export async function findDocument<BODY>(
  { store, tenant, clock }: Of,
  kind: string,
  id: string,
): Promise<Kept<BODY> | undefined> {
  const document = await store.getDocument({ kind, id, ...ofTenant(tenant) }, clock.now())
  return document === undefined ? undefined : opened(document)
}

/** Documents of one tenant, or those of no tenant, the newest first. They are read page by page. */
export async function* eachDocument<BODY>(
  { store, tenant, clock }: Of,
  filter: Omit<DocumentFilter, 'tenant'>,
): AsyncGenerator<Kept<BODY>, void, undefined> {
  const limit = Math.min(filter.limit ?? MAX_PAGE, MAX_PAGE)
  let { before } = filter
  do {
    const page = await store.listDocuments(
      { ...filter, limit, ...ofTenant(tenant), ...(before && { before }) },
      clock.now(),
    )
    // Without a tenant, a listing is that of all of them.
    for (const document of page) if (document.tenant === tenant) yield opened<BODY>(document)
    before = page.length < limit ? undefined : page.at(-1)
  } while (before !== undefined)
}

/** Documents of the service's tenant, the newest first. @param filter `limit`: how many, 100 unless said otherwise */
export async function listDocuments<BODY>(
  of: Of,
  filter: Omit<DocumentFilter, 'tenant'>,
): Promise<readonly Kept<BODY>[]> {
  const { limit = PAGE } = filter
  const found: Kept<BODY>[] = []
  if (limit <= 0) return found
  for await (const kept of eachDocument<BODY>(of, { ...filter, limit })) {
    found.push(kept)
    if (found.length === limit) break
  }
  return found
}

/** The next revision of a document: the first, where there is none. */
export function draftDocument<BODY>(
  { tenant, clock }: Of,
  { body, ...rest }: Writing<BODY>,
  known?: Kept<BODY>,
): StoredDocument {
  const { revision = 0, at = clock.now() } = known?.document ?? {}
  return { ...rest, ...ofTenant(tenant), revision: revision + 1, body: JSON.stringify(body), at }
}

/**
 * Writes documents, all of them or none; whether nobody else has come in between.
 *
 * @param audit appended to the audit log with them
 * @param lessons learnt with them
 */
export async function writeDocuments(
  { store, clock }: Place,
  documents: readonly StoredDocument[],
  audit?: WatchedBatch,
  lessons: readonly Lesson[] = [],
): Promise<boolean> {
  const { written, ...batch } = audit ?? {}
  const also = { ...(audit && { audit: batch as AuditBatch }), ...(lessons.length > 0 && { lessons }) }
  const { committed } = await store.commit({ at: clock.now(), documents, ...also })
  if (committed) written?.()
  return committed
}

/** Removes a document; whether it was as it is known. */
export function removeDocument(service: Of, known: Kept<unknown>): Promise<boolean> {
  return writeDocuments(service, [removal(known)])
}

/** The revision that removes a document. */
export function removal({ document }: Kept<unknown>): StoredDocument {
  const { body: _body, ...rest } = document
  return { ...rest, revision: document.revision + 1 }
}

function opened<BODY>(document: StoredDocument): Kept<BODY> {
  return { document, body: JSON.parse(document.body ?? 'null') as BODY }
}

function ofTenant(tenant: string | undefined): { readonly tenant?: string } {
  return tenant === undefined ? {} : { tenant }
}
