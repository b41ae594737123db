import type { Clock, DocumentStore, StoredDocument } from 'countersign'
import { WEBHOOK, type OwnedWebhook, type Webhook } from './webhook.js'

const MAX_AGE_MS = 5000
const PAGE = 1000

/** The webhooks of all tenants that are switched on. What other servers change is known after five seconds. */
export class WebhookList {
  readonly #parts: { readonly store: DocumentStore; readonly clock: Clock }
  #known: { readonly at: number; readonly list: Promise<readonly OwnedWebhook[]> } | undefined

  constructor(parts: { readonly store: DocumentStore; readonly clock: Clock }) {
    this.#parts = parts
  }

  /** @throws whatever the store throws; the next one asks again */
  active(): Promise<readonly OwnedWebhook[]> {
    const now = this.#parts.clock.now()
    if (this.#known !== undefined && Math.abs(now - this.#known.at) < MAX_AGE_MS) return this.#known.list
    const list = this.#read(now)
    this.#known = { at: now, list }
    list.catch(() => this.forget())
    return list
  }

  /** One of them has changed. */
  forget(): void {
    this.#known = undefined
  }

  async #read(now: number): Promise<readonly OwnedWebhook[]> {
    const documents: StoredDocument[] = []
    let page: readonly StoredDocument[] = []
    do {
      const before = page.at(-1)
      page = await this.#parts.store.listDocuments({ kind: WEBHOOK, limit: PAGE, ...(before && { before }) }, now)
      documents.push(...page)
    } while (page.length === PAGE)
    return documents
      .map(({ id, tenant, at, body }) => ({ id, tenant, at, webhook: JSON.parse(body ?? '{}') as Webhook }))
      .filter(({ webhook }) => webhook.isActive)
  }
}
