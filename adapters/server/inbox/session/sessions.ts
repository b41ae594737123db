import { type Awaitable, type Clock, RecentMap } from 'countersign'
import { randomBytes } from 'node:crypto'
import { digestOf } from '../../auth/initial-keys.js'
import type { Approver } from './approver.js'

/** More people are not signed in at once: the one who came by longest ago is signed out. */
const MOST_SESSIONS = 10_000

interface Session {
  /** Asked again each time: a key that is revoked ends its sessions. */
  readonly holder: () => Awaitable<Approver | undefined>
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Who is signed in, in this process. Ids are kept as digests. */
export class Sessions {
  readonly #known = new RecentMap<string, Session>(MOST_SESSIONS)
  readonly #clock: Clock
  readonly #ttlMs: number

  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock
    this.#ttlMs = ttlMs
  }

  /** A new session's id: 256 bits of chance. */
  begin(holder: Session['holder']): string {
    const id = newSessionId()
    this.#known.set(digestOf(id), { holder, expiresAt: this.#clock.now() + this.#ttlMs })
    return id
  }

  /** Whose session it is; nobody's where it is not known, or over. */
  async find(id: string): Promise<Approver | undefined> {
    const key = digestOf(id)
    const session = this.#known.get(key)
    if (session === undefined) return undefined
    const holder = this.#clock.now() < session.expiresAt ? await session.holder() : undefined
    if (holder === undefined) this.#known.delete(key)
    return holder
  }

  end(id: string): void {
    this.#known.delete(digestOf(id))
  }
}

/** 256 bits of chance, as text. */
export function newSessionId(): string {
  return randomBytes(32).toString('base64url')
}
