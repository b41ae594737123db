import type { Clock, DocumentStore, StoredDocument } from 'countersign'
import { conflict } from '../../src/service/protocol/refusal.js'
import { draftDocument, eachDocument, findDocument, type Kept, type WatchedBatch, writeDocuments } from './documents.js'

/** What documents of a server need. */
export interface DocumentParts {
  readonly store: DocumentStore
  readonly clock: Clock
}

/** A document with what it says. */
export interface Held<BODY> extends Omit<StoredDocument, 'body'> {
  readonly body: BODY
}

/** Documents of one kind, each with a body of one type. */
export class Shelf<BODY extends object> {
  readonly kind: string
  readonly #parts: DocumentParts

  constructor(parts: DocumentParts, kind: string) {
    this.#parts = parts
    this.kind = kind
  }

  async get(tenant: string | undefined, id: string): Promise<Held<BODY> | undefined> {
    const found = await findDocument<BODY>({ ...this.#parts, tenant }, this.kind, id)
    return found && held(found)
  }

  /** Of all tenants. */
  async findByRef(ref: string): Promise<readonly Held<BODY>[]> {
    const { store, clock } = this.#parts
    return (await store.listDocuments({ kind: this.kind, ref }, clock.now())).map(found => read<BODY>(found))
  }

  /** Those of one tenant, or those of no tenant; newest first. They are read page by page. */
  async *each(tenant: string | undefined, ref?: string): AsyncGenerator<Held<BODY>, void, undefined> {
    const filter = { kind: this.kind, ...(ref === undefined ? {} : { ref }) }
    for await (const found of eachDocument<BODY>({ ...this.#parts, tenant }, filter)) yield held(found)
  }

  async list(tenant: string | undefined, ref?: string): Promise<Held<BODY>[]> {
    const found: Held<BODY>[] = []
    for await (const held of this.each(tenant, ref)) found.push(held)
    return found
  }

  /** A first revision, to be committed. */
  first(tenant: string | undefined, id: string, body: BODY, extra: Partial<StoredDocument> = {}): StoredDocument {
    return { ...draftDocument({ ...this.#parts, tenant }, { kind: this.kind, id, body }), ...extra }
  }

  /** The next revision, to be committed; without a body, the document is removed. */
  next({ body: _before, ...held }: Held<BODY>, body: BODY | undefined): StoredDocument {
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    return { ...held, revision: held.revision + 1, ...text }
  }

  /** Writes documents, all or none. Whether nobody else has written one of them meanwhile. */
  commit(...documents: readonly StoredDocument[]): Promise<boolean> {
    return writeDocuments(this.#parts, documents)
  }

  /** As {@link commit}, with entries of the audit log. */
  commitWith(audit: WatchedBatch | undefined, ...documents: readonly StoredDocument[]): Promise<boolean> {
    return writeDocuments(this.#parts, documents, audit)
  }
}

/** Somebody else was faster. */
export function lostRace(what: string): Error {
  return conflict('version_conflict', `${what} was changed meanwhile: read it again`)
}

function held<BODY>({ document, body }: Kept<BODY>): Held<BODY> {
  return { ...document, body }
}

function read<BODY>({ body, ...document }: StoredDocument): Held<BODY> {
  return { ...document, body: JSON.parse(body ?? 'null') as BODY }
}
