/** A record that is no decision: a key, a rule, a webhook. */
export interface StoredDocument {
  /** What it is: `api-key`, `rule`. */
  readonly kind: string
  /** Unique within its kind and tenant. */
  readonly id: string
  readonly tenant?: string
  /** Written by compare-and-swap, as approvals are: 1 only where there is none yet, n + 1 only in the place of n. */
  readonly revision: number
  /** JSON. Without it, the document is removed; afterwards, 1 is the first revision of a new one. */
  readonly body?: string
  /** Epoch milliseconds: listings go by it. That of the first revision stays. */
  readonly at: number
  /** To find it by: the webhook a delivery belongs to. */
  readonly ref?: string
  /** Epoch milliseconds: due from then on, for lists of what is to be done. */
  readonly due?: number
  /** Epoch milliseconds: from then on it is as if it were not there, and may be pruned. */
  readonly expiresAt?: number
}

/** Which document. Without a tenant: one of no tenant. */
export type DocumentKey = Pick<StoredDocument, 'kind' | 'id' | 'tenant'>

/** Filters of a listing; newest first, and of those of one instant the one that was written last. */
export interface DocumentFilter {
  readonly kind: string
  /** Absent: those of all tenants. */
  readonly tenant?: string
  readonly ref?: string
  /** Epoch milliseconds: only those that are due then. */
  readonly dueAt?: number
  /** The last document of the page before; only older ones are listed. */
  readonly before?: Pick<StoredDocument, 'id' | 'tenant'>
  /** @defaultValue 100; from 1 to 1000 */
  readonly limit?: number
}

/** Which documents are to be let go of. */
export interface DocumentPruning {
  /** Absent: those of all kinds. */
  readonly kind?: string
  /** Absent: those of all tenants; `null`: those of none. */
  readonly tenant?: string | null
  /** Epoch milliseconds: those that had expired then. */
  readonly expiredAt: number
  /** At most 10_000; where it is less than 1, none is removed. */
  readonly limit: number
}
