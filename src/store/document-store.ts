import type { Awaitable } from '../types.js'
import type { DocumentFilter, DocumentKey, DocumentPruning, StoredDocument } from './document.js'
import type { Store } from './store.js'

/**
 * A store that also keeps documents, as all stores of this package do: for a decision service. They are written by `commit`.
 * A governor does not need them, so a store of your own may do without.
 */
export interface DocumentStore extends Store {
  /** Absent where it has expired at `at`, in epoch milliseconds. */
  readonly getDocument: (key: DocumentKey, at: number) => Awaitable<StoredDocument | undefined>
  /** Without what has expired at `at`, in epoch milliseconds. */
  readonly listDocuments: (filter: DocumentFilter, at: number) => Awaitable<readonly StoredDocument[]>
  /** Removes documents that have expired, for a job that runs now and then. How many it were. */
  readonly pruneDocuments: (pruning: DocumentPruning) => Awaitable<number>
}
