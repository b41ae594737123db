import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { type Awaitable, type Clock, type DocumentStore, RecentMap, type StoredDocument } from 'countersign'
import { digestOf } from '../../auth/initial-keys.js'
import type { Approver } from './approver.js'

/** More people are not signed in at once, where sessions live in one process: the one who came by longest ago is signed out. */
const MOST_SESSIONS = 10_000
const KIND = 'inbox-session'
const SECRET = { kind: 'inbox-secret', id: 'forms' } as const
const MOST_PRUNED = 1000
const [IV_BYTES, TAG_BYTES] = [12, 16]

/** Where sessions can be kept, so that all processes on it know them. */
export type SessionStore = Pick<DocumentStore, 'getDocument' | 'commit' | 'pruneDocuments'>

/** What keeping sessions needs. */
interface SessionParts {
  readonly clock: Clock
  /** Milliseconds after which somebody has to sign in again. */
  readonly ttlMs: number
  /** Whose key it is. Asked again each time: a key that is revoked ends its sessions. */
  readonly holder: (key: string) => Awaitable<Approver | undefined>
  /** @defaultValue sessions live in this process */
  readonly store?: SessionStore | undefined
}

interface Place {
  readonly get: (id: string) => Promise<StoredDocument | undefined>
  readonly put: (document: StoredDocument) => Promise<unknown>
}

/**
 * Who is signed in. A session is kept under the digest of its id, and holds the key that somebody signed in with, locked by that id,
 * which only the browser has: whoever reads the store can neither take a session over nor learn a key.
 */
export class Sessions {
  readonly #parts: SessionParts
  readonly #place: Place

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#place = parts.store === undefined ? inProcess(parts.clock) : inStore(parts.store, parts.clock)
  }

  /** A new session's id: 256 bits of chance. */
  async begin(key: string): Promise<string> {
    const id = newSessionId()
    const at = this.#parts.clock.now()
    const expiresAt = at + this.#parts.ttlMs
    await this.#place.put({ kind: KIND, id: digestOf(id), revision: 1, body: locked(key, id), at, expiresAt })
    return id
  }

  /** Whose session it is; nobody's where it is not known, or over. */
  async find(id: string): Promise<Approver | undefined> {
    const session = await this.#place.get(digestOf(id))
    const key = session?.body === undefined ? undefined : unlocked(session.body, id)
    return key === undefined ? undefined : this.#parts.holder(key)
  }

  /** Signs out, in all processes. */
  async end(id: string): Promise<void> {
    const known = await this.#place.get(digestOf(id))
    if (known === undefined) return
    const { body: _body, ...rest } = known
    await this.#place.put({ ...rest, revision: known.revision + 1 })
  }
}

function inProcess(clock: Clock): Place {
  const known = new RecentMap<string, StoredDocument>(MOST_SESSIONS)
  return {
    get: id => {
      const found = known.get(id)
      return Promise.resolve(found?.expiresAt !== undefined && clock.now() < found.expiresAt ? found : undefined)
    },
    put: document => {
      if (document.body === undefined) known.delete(document.id)
      else known.set(document.id, document)
      return Promise.resolve()
    },
  }
}

function inStore(store: SessionStore, clock: Clock): Place {
  return {
    get: async id => store.getDocument({ kind: KIND, id }, clock.now()),
    put: async document => {
      const at = clock.now()
      await store.commit({ at, documents: [document] })
      // Somebody signs in now and then: so seldom, what is over is let go of.
      if (document.revision === 1) await store.pruneDocuments({ kind: KIND, expiredAt: at, limit: MOST_PRUNED })
    },
  }
}

/** The secret that signs the forms of all processes on a store, where none was given: made by the first that needs it. */
export async function sharedSecret(store: SessionStore, clock: Clock): Promise<string> {
  const known = await store.getDocument(SECRET, clock.now())
  if (known?.body !== undefined) return JSON.parse(known.body) as string
  const at = clock.now()
  const body = JSON.stringify(randomBytes(32).toString('base64url'))
  await store.commit({ at, documents: [{ ...SECRET, revision: 1, body, at }] })
  return sharedSecret(store, clock)
}

/** 256 bits of chance, as text. */
export function newSessionId(): string {
  return randomBytes(32).toString('base64url')
}

/** The digest that a session is found by must not open it. */
function lockOf(id: string): Buffer {
  return createHash('sha256').update(`countersign-inbox-session-v1 ${id}`).digest()
}

function locked(key: string, id: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', lockOf(id), iv)
  const text = Buffer.concat([cipher.update(key, 'utf8'), cipher.final()])
  return JSON.stringify(Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url'))
}

/** Nothing where it was changed. */
function unlocked(body: string, id: string): string | undefined {
  try {
    const bytes = Buffer.from(JSON.parse(body) as string, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', lockOf(id), bytes.subarray(0, IV_BYTES))
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
    return text.toString('utf8')
  } catch {
    return undefined
  }
}
