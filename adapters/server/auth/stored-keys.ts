import { randomUUID } from 'node:crypto'
import { RecentMap } from 'countersign'
import { notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { type DocumentParts, type Held, lostRace, Shelf } from '../shelf.js'
import type { Change, ChangeLog } from '../changes.js'
import { digestOf } from './initial-keys.js'
import { begunBy, type CreatedKey, isGood, type KeyRecord, type NewKey, newSecret, recordOf } from './key-record.js'
import type { Keys, Principal } from './principal.js'
import type { KeyScope } from './scopes.js'

/** Milliseconds for which it is believed who holds a secret: a key that was revoked in another process ends within. */
const BELIEVED_MS = 1000
const MAX_BELIEVED = 4096
/** Milliseconds that pass before it is written once more when a key was used. */
const USE_NOTED_MS = 60_000
/** What somebody can do who has signed in. */
const PEOPLE: readonly KeyScope[] = ['approvals:write', 'kill_switch:off']
/** A write that others keep overtaking is given up after so many. */
const MAX_ATTEMPTS = 8

interface Belief {
  readonly key: Held<KeyRecord> | undefined
  /** Epoch milliseconds before it was read. */
  readonly at: number
}

/** Who does something to keys, of which tenant. */
export interface KeyActor {
  readonly by: string
  readonly tenant?: string | undefined
}

/** What stored keys need. */
interface StoredKeyParts extends DocumentParts {
  readonly changes: ChangeLog
  /** Credentials that are known from the start. */
  readonly initial: Keys
  /** Hears of what went wrong in the background. */
  readonly onError: (error: unknown) => void
}

/** Credentials: those known from the start, and those in the store, which all processes on it share. */
export class StoredKeys implements Keys {
  readonly #parts: StoredKeyParts
  readonly #shelf: Shelf<KeyRecord>
  #believed = new RecentMap<string, Belief>(MAX_BELIEVED)

  constructor(parts: StoredKeyParts) {
    this.#parts = parts
    this.#shelf = new Shelf(parts, 'api-key')
  }

  async find(secret: string): Promise<Principal | undefined> {
    return (await this.#parts.initial.find(secret)) ?? this.#stored(secret)
  }

  /** Those that people may sign in with: a page has no scopes, and does not ask where somebody is. */
  forPeople(): Keys {
    return {
      find: async secret => {
        const found = await this.find(secret)
        const { scopes, addresses } = found ?? {}
        const isWhole = scopes === undefined || PEOPLE.every(scope => scopes.includes(scope))
        return isWhole && addresses === undefined ? found : undefined
      },
    }
  }

  async #stored(secret: string): Promise<Principal | undefined> {
    const key = await this.#holder(digestOf(secret))
    if (key === undefined || !isGood(key.body, this.#parts.clock.now())) return undefined
    const { id, tenant, body } = key
    const { label, role, scopes, ratePerMinute: max, addresses } = body
    return {
      id,
      name: label,
      role,
      scopes,
      ...(tenant === undefined ? {} : { tenant }),
      ...(max === undefined ? {} : { maxRequestsPerMinute: max }),
      ...(addresses === undefined ? {} : { addresses }),
    }
  }

  async #holder(digest: string): Promise<Held<KeyRecord> | undefined> {
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

  /** Best effort, in the background: nobody waits for it, and a change of the key goes before. */
  #noteUse(key: Held<KeyRecord>, at: number): void {
    const { lastUsedAt } = key.body
    if (!isGood(key.body, at) || (lastUsedAt !== undefined && at - lastUsedAt < USE_NOTED_MS)) return
    const noting = this.#shelf.commit(this.#shelf.next(key, { ...key.body, lastUsedAt: at }))
    noting.then(undefined, this.#parts.onError)
  }

  /** Makes a key. Its secret is in the answer, and nowhere else. @throws Refusal 422 */
  async create(key: NewKey, by = 'setup'): Promise<CreatedKey> {
    const secret = newSecret()
    const made = this.#made(secret, key.tenant, recordOf(secret, key, by, this.#parts.clock.now()))
    const change = changeOf(key.tenant, by, { id: made.created.id, step: 'created', after: made.created.record })
    if (!(await this.#shelf.commitWith(await this.#audit(change), made.document))) throw lostRace('the key')
    this.#forget()
    return made.created
  }

  /** @throws Refusal 404 */
  async get(tenant: string | undefined, id: string): Promise<Held<KeyRecord>> {
    const key = await this.#shelf.get(tenant, id)
    if (key === undefined) throw notFound('key')
    return key
  }

  /** Of one tenant, newest first. */
  async list(tenant: string | undefined, includeRevoked = false): Promise<readonly Held<KeyRecord>[]> {
    const keys = await this.#shelf.list(tenant)
    return includeRevoked ? keys : keys.filter(({ body }) => body.revoked === undefined)
  }

  /** Ends a key, here at once; one that was ended before stays as it is. @throws Refusal 404 */
  async revoke(id: string, { by, tenant }: KeyActor, reason?: string): Promise<Held<KeyRecord>> {
    return this.#change(id, tenant, async key => {
      if (key.body.revoked !== undefined) return key
      const at = this.#parts.clock.now()
      const body = { ...key.body, revoked: { at, by, ...(reason === undefined ? {} : { reason }) } }
      const audit = await this.#audit(
        changeOf(tenant, by, {
          id,
          step: 'revoked',
          reason,
          revision: key.revision + 1,
          before: key.body,
          after: body,
        }),
      )
      return (await this.#shelf.commitWith(audit, this.#shelf.next(key, body))) ? { ...key, body } : undefined
    })
  }

  /** Makes a key like one, which ends with that, in one commit. @throws Refusal 404; 409 for one that has ended */
  async rotate(id: string, { by, tenant }: KeyActor): Promise<CreatedKey> {
    return this.#change(id, tenant, async key => {
      const at = this.#parts.clock.now()
      if (!isGood(key.body, at)) {
        throw new Refusal(409, { code: 'key_over', message: 'The key has ended: make a new one' })
      }
      const secret = newSecret()
      const { lastUsedAt: _lastUsedAt, ...like } = key.body
      const { created, document } = this.#made(secret, tenant, { ...like, ...begunBy(secret, by, at) })
      const revoked = { at, by, reason: 'rotated', replacedBy: created.id }
      const after = { ...key.body, revoked }
      const audit = await this.#audit(
        changeOf(tenant, by, { id, step: 'rotated', revision: key.revision + 1, before: key.body, after }),
        changeOf(tenant, by, { id: created.id, step: 'created', after: created.record }),
      )
      return (await this.#shelf.commitWith(audit, this.#shelf.next(key, after), document)) ? created : undefined
    })
  }

  #audit(...changes: readonly Change[]) {
    return this.#parts.changes.of(this.#parts.clock.now(), changes)
  }

  #made(secret: string, tenant: string | undefined, record: KeyRecord) {
    const id = `key_${randomUUID()}`
    const document = this.#shelf.first(tenant, id, record, { ref: digestOf(secret) })
    const created: CreatedKey = { id, secret, record }
    return { created, document }
  }

  /** Until nobody else was faster: that it was used is written meanwhile, now and then. */
  async #change<T>(
    id: string,
    tenant: string | undefined,
    attempt: (key: Held<KeyRecord>) => Promise<T | undefined>,
  ): Promise<T> {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
      const done = await attempt(await this.get(tenant, id))
      this.#forget()
      if (done !== undefined) return done
    }
    throw lostRace('the key')
  }

  #forget(): void {
    this.#believed = new RecentMap(MAX_BELIEVED)
  }
}

type KeyChange = Pick<Change, 'id' | 'step' | 'reason' | 'before' | 'after'> & { readonly revision?: number }

function changeOf(tenant: string | undefined, by: string, { revision = 1, ...change }: KeyChange): Change {
  return { subject: 'api-key', tenant, by, revision, ...change }
}
