import type { Clock, DocumentStore, StoredDocument } from 'countersign'
import { conflict } from '../../src/service/protocol/refusal.js'

/** What documents of a server need. */
export interface DocumentParts {
  readonly store: DocumentStore
  readonly clock: Clock
}

/** A document with what it says. */
export interface Held<BODY> extends Omit<StoredDocument, 'body'> {
  readonly body: BODY
}

const PAGE = 1000

/** Documents of one kind, each with a body of one type. */
export class Shelf<BODY extends object> {
  readonly kind: string
  readonly #parts: DocumentParts

  constructor(parts: DocumentParts, kind: string) {
    this.#parts = parts
    this.kind = kind
  }

  async get(tenant: string | undefined, id: string): Promise<Held<BODY> | undefined> {
    const { store, clock } = this.#parts
    const found = await store.getDocument({ kind: this.kind, id, ...of(tenant) }, clock.now())
    return found === undefined ? undefined : read<BODY>(found)
  }

  /** Of all tenants. */
  async findByRef(ref: string): Promise<readonly Held<BODY>[]> {
    const { store, clock } = this.#parts
    return (await store.listDocuments({ kind: this.kind, ref }, clock.now())).map(found => read<BODY>(found))
  }

  /** Those of one tenant, or those of no tenant; newest first. They are read page by page. */
  async *each(tenant: string | undefined, ref?: string): AsyncGenerator<Held<BODY>, void, undefined> {
    const { store, clock } = this.#parts
    const filter = { kind: this.kind, limit: PAGE, ...of(tenant), ...(ref === undefined ? {} : { ref }) }
    let before: StoredDocument | undefined
    do {
      const page = await store.listDocuments(before === undefined ? filter : { ...filter, before }, clock.now())
      // A listing without a tenant is one of all tenants.
      for (const document of page) if (document.tenant === tenant) yield read<BODY>(document)
      before = page.length < PAGE ? undefined : page.at(-1)
    } while (before !== undefined)
  }

  async list(tenant: string | undefined, ref?: string): Promise<Held<BODY>[]> {
    const found: Held<BODY>[] = []
    for await (const held of this.each(tenant, ref)) found.push(held)
    return found
  }

  /** A first revision, to be committed. */
  first(tenant: string | undefined, id: string, body: BODY, extra: Partial<StoredDocument> = {}): StoredDocument {
    const at = this.#parts.clock.now()
    return { kind: this.kind, id, ...of(tenant), revision: 1, at, ...extra, body: JSON.stringify(body) }
  }

  /** The next revision, to be committed; without a body, the document is removed. */
  next({ body: _before, ...held }: Held<BODY>, body: BODY | undefined): StoredDocument {
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    return { ...held, revision: held.revision + 1, ...text }
  }

  /** Writes documents, all or none. Whether nobody else has written one of them meanwhile. */
  async commit(...documents: readonly StoredDocument[]): Promise<boolean> {
    const { store, clock } = this.#parts
    return (await store.commit({ at: clock.now(), documents })).committed
  }
}

/** Somebody else was faster. */
export function lostRace(what: string): Error {
  return conflict('version_conflict', `${what} was changed meanwhile: read it again`)
}

function read<BODY>({ body, ...document }: StoredDocument): Held<BODY> {
  return { ...document, body: JSON.parse(body ?? 'null') as BODY }
}

function of(tenant: string | undefined): { readonly tenant?: string } {
  return tenant === undefined ? {} : { tenant }
}
