import { randomUUID } from 'node:crypto'
import { present } from '../../../src/ambient.js'
import { notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import type { StoredDocument } from 'countersign'
import { type DocumentParts, type Held, lostRace, Shelf } from '../shelf.js'
import type { Change, ChangeLog } from '../audit/changes.js'
import { digestOf } from './initial-keys.js'
import { KeyHolders } from './key-holders.js'
import { begunBy, type CreatedKey, isGood, type KeyRecord, type NewKey, newSecret, recordOf } from './key-record.js'
import { familyOf, type Keys, type Principal } from './principal.js'
import type { KeyScope } from './scopes.js'
import { within } from './within.js'

/** What somebody can do who has signed in. */
const PEOPLE: readonly KeyScope[] = ['approvals:write', 'kill_switch:off']
/** A write that others keep overtaking is given up after so many. */
const MAX_ATTEMPTS = 8

/** Who does something to keys, of which tenant. */
export interface KeyActor {
  readonly by: string
  readonly tenant?: string | undefined
  /** With which credential: what comes of it goes no further. @defaultValue whoever runs the service, who may do all */
  readonly maker?: Principal | undefined
}

/** How a key is ended. */
export interface Revoking {
  readonly reason?: string | undefined
  /** The keys that were made by it stay. @defaultValue false: they end with it */
  readonly keepMade?: boolean | undefined
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
  readonly #holders: KeyHolders

  constructor(parts: StoredKeyParts) {
    this.#parts = parts
    this.#shelf = new Shelf(parts, 'api-key')
    this.#holders = new KeyHolders(parts, this.#shelf)
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
    const key = await this.#holders.find(digestOf(secret))
    if (key === undefined || !isGood(key.body, this.#parts.clock.now())) return undefined
    const { id, tenant, body } = key
    const { label, role, scopes, ratePerMinute: maxRequestsPerMinute, addresses, expiresAt, family, madeBy } = body
    const limits = present({ tenant, maxRequestsPerMinute, addresses, expiresAt, family, madeBy })
    return { id, name: label, role, scopes, ...limits }
  }

  /**
   * Makes a key. Its secret is in the answer, and nowhere else.
   *
   * @param maker whose credential asks for it: the key goes no further. @defaultValue whoever runs the service
   * @throws Refusal 422; 403 for more than the maker has; 401 where the maker has ended
   */
  async create(key: NewKey, maker?: Principal): Promise<CreatedKey> {
    const secret = newSecret()
    const by = maker?.name ?? 'setup'
    const record = within(maker, recordOf(secret, key, by, this.#parts.clock.now()))
    return this.#untilWritten(async () => {
      const { created, document } = this.#made(secret, key.tenant, record)
      const audit = await this.#audit(changeOf(key.tenant, by, { id: created.id, step: 'created', after: record }))
      return (await this.#shelf.commitWith(audit, document, ...(await this.#standing(maker)))) ? created : undefined
    })
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

  /** Ends a key, and in the same commit those it made: here at once; one that was ended before stays as it is. @throws Refusal 404 */
  async revoke(id: string, { by, tenant }: KeyActor, { reason, keepMade }: Revoking = {}): Promise<Held<KeyRecord>> {
    return this.#change(id, tenant, async key => {
      if (key.body.revoked !== undefined) return key
      const at = this.#parts.clock.now()
      const body = { ...key.body, revoked: { at, by, ...present({ reason }) } }
      const made = keepMade === true ? [] : await this.#madeBy(tenant, familyOf({ id, ...present(key.body) }))
      const falls = made.map(one => {
        const why = `${id}, which made it, was revoked`
        return { one, after: { ...one.body, revoked: { at, by, reason: why } }, why }
      })
      const audit = await this.#audit(
        revocation(tenant, by, key, body, reason),
        ...falls.map(({ one, after, why }) => revocation(tenant, by, one, after, why)),
      )
      const fallen = falls.map(({ one, after }) => this.#shelf.next(one, after))
      return (await this.#shelf.commitWith(audit, this.#shelf.next(key, body), ...fallen))
        ? { ...key, body }
        : undefined
    })
  }

  /** Those that are good, and were made by a family of keys, or by what that made. */
  async #madeBy(tenant: string | undefined, family: string): Promise<readonly Held<KeyRecord>[]> {
    const isMade = ({ body }: Held<KeyRecord>): boolean =>
      body.revoked === undefined && body.madeBy?.includes(family) === true
    return (await this.#shelf.list(tenant)).filter(isMade)
  }

  /**
   * What is written with a key that somebody makes: the maker's record once more, so that whoever ends it meanwhile finds what it made.
   *
   * @throws Refusal 401 where it has ended
   */
  async #standing(maker: Principal | undefined): Promise<readonly StoredDocument[]> {
    const held = maker === undefined ? undefined : await this.#shelf.get(maker.tenant, maker.id)
    // Those that are known from the start are in no store.
    if (held === undefined) return []
    if (!isGood(held.body, this.#parts.clock.now())) {
      throw new Refusal(401, { code: 'invalid_credential', message: 'The credential is revoked or over' })
    }
    return [this.#shelf.next(held, held.body)]
  }

  /** Makes a key like one, which ends with that, in one commit. @throws Refusal 404; 409 for one that has ended; as {@link create} */
  async rotate(id: string, { by, tenant, maker }: KeyActor): Promise<CreatedKey> {
    return this.#change(id, tenant, async key => {
      const at = this.#parts.clock.now()
      if (!isGood(key.body, at)) {
        throw new Refusal(409, { code: 'key_over', message: 'The key has ended: make a new one' })
      }
      const secret = newSecret()
      const { lastUsedAt: _lastUsedAt, family = id, ...like } = key.body
      const record = within(maker, { ...like, family, ...begunBy(secret, by, at) })
      const { created, document } = this.#made(secret, tenant, record)
      const revoked = { at, by, reason: 'rotated', replacedBy: created.id }
      const after = { ...key.body, revoked }
      const audit = await this.#audit(
        changeOf(tenant, by, { id, step: 'rotated', revision: key.revision + 1, before: key.body, after }),
        changeOf(tenant, by, { id: created.id, step: 'created', after: created.record }),
      )
      const standing = maker?.id === id ? [] : await this.#standing(maker)
      const documents = [this.#shelf.next(key, after), document, ...standing]
      return (await this.#shelf.commitWith(audit, ...documents)) ? created : undefined
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

  #change<T>(
    id: string,
    tenant: string | undefined,
    attempt: (key: Held<KeyRecord>) => Promise<T | undefined>,
  ): Promise<T> {
    return this.#untilWritten(async () => attempt(await this.get(tenant, id)))
  }

  /** Until nobody else was faster: that a key was used is written meanwhile, now and then. */
  async #untilWritten<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
      const done = await attempt()
      this.#holders.forget()
      if (done !== undefined) return done
    }
    throw lostRace('the key')
  }
}

type KeyChange = Pick<Change, 'id' | 'step' | 'reason' | 'before' | 'after'> & { readonly revision?: number }

function changeOf(tenant: string | undefined, by: string, { revision = 1, ...change }: KeyChange): Change {
  return { subject: 'api-key', tenant, by, revision, ...change }
}

function revocation(
  tenant: string | undefined,
  by: string,
  key: Held<KeyRecord>,
  after: KeyRecord,
  reason: string | undefined,
): Change {
  const { id, revision, body: before } = key
  return changeOf(tenant, by, { id, step: 'revoked', reason, revision: revision + 1, before, after })
}
