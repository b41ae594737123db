import type { DocumentFilter, StoredDocument } from 'countersign'
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

const PAGE = 100
/** A store gives no more at once. */
const MAX_PAGE = 1000

type Of = Pick<Service, 'store' | 'tenant' | 'clock'>

/** A document of the service's tenant; nothing where there is none, or it has expired. */
export async function findDocument<BODY>(
  { store, tenant, clock }: Of,
  kind: string,
  id: string,
): Promise<Kept<BODY> | undefined> {
  const document = await store.getDocument({ kind, id, ...ofTenant(tenant) }, clock.now())
  return document === undefined ? undefined : opened(document)
}

/** Documents of the service's tenant, the newest first. */
export async function listDocuments<BODY>(
  { store, tenant, clock }: Of,
  filter: Omit<DocumentFilter, 'tenant'>,
): Promise<readonly Kept<BODY>[]> {
  const { limit = PAGE } = filter
  const found: Kept<BODY>[] = []
  let { before } = filter
  // Without a tenant, a listing is that of all of them: more pages may be needed to find enough of none.
  while (found.length < limit) {
    const page = await store.listDocuments(
      { ...filter, ...ofTenant(tenant), limit: Math.min(limit, MAX_PAGE), ...(before && { before }) },
      clock.now(),
    )
    found.push(...page.filter(document => document.tenant === tenant).map(document => opened<BODY>(document)))
    if (page.length < Math.min(limit, MAX_PAGE)) break
    before = page.at(-1)
  }
  return found.slice(0, limit)
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

/** Writes documents, all of them or none; whether nobody else has come in between. */
export async function writeDocuments(service: Of, documents: readonly StoredDocument[]): Promise<boolean> {
  const { committed } = await service.store.commit({ at: service.clock.now(), documents })
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
