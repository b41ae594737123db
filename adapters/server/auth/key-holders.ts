import { RecentMap } from 'countersign'
import type { DocumentParts, Held, Shelf } from '../shelf.js'
import { isGood, type KeyRecord } from './key-record.js'

/** Milliseconds for which it is believed who holds a secret: a key that was revoked in another process ends within. */
const BELIEVED_MS = 1000
const MAX_BELIEVED = 4096
/** Milliseconds that pass before it is written once more when a key was used. */
const USE_NOTED_MS = 60_000

interface Belief {
  readonly key: Held<KeyRecord> | undefined
  /** Epoch milliseconds before it was read. */
  readonly at: number
}

interface HolderParts extends DocumentParts {
  /** Hears of what went wrong in the background. */
  readonly onError: (error: unknown) => void
}

/** Which stored key a secret is, without reading it for each request; and when each was used. */
export class KeyHolders {
  readonly #parts: HolderParts
  readonly #shelf: Shelf<KeyRecord>
  #believed = new RecentMap<string, Belief>(MAX_BELIEVED)

  constructor(parts: HolderParts, shelf: Shelf<KeyRecord>) {
    this.#parts = parts
    this.#shelf = shelf
  }

  /** The key of a secret's digest, ended or not. */
  async find(digest: string): Promise<Held<KeyRecord> | undefined> {
    const at = this.#parts.clock.now()
    const known = this.#believed.get(digest)
    if (known !== undefined && at >= known.at && at - known.at < BELIEVED_MS) return known.key
    const believed = this.#believed
    const [key] = await this.#shelf.findByRef(digest)
    // What was read before somebody here changed a key may be what was before.
    if (believed === this.#believed) believed.set(digest, { key, at })
    if (key !== undefined) this.#noteUse(key, at)
    return key
  }

  /** Somebody here changed a key. */
  forget(): void {
    this.#believed = new RecentMap(MAX_BELIEVED)
  }

  /** Best effort, in the background: nobody waits for it, and a change of the key goes before. */
  #noteUse(key: Held<KeyRecord>, at: number): void {
    const { lastUsedAt } = key.body
    if (!isGood(key.body, at) || (lastUsedAt !== undefined && at - lastUsedAt < USE_NOTED_MS)) return
    const noting = this.#shelf.commit(this.#shelf.next(key, { ...key.body, lastUsedAt: at }))
    noting.then(undefined, this.#parts.onError)
  }
}
