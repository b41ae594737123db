import { type Awaitable, type Clock, type Governor, isGovernanceError, type Store } from 'countersign'

/** What hearing of changes needs. */
export interface HubParts {
  /** Of all tenants, or of the only one. */
  readonly governor: Governor
  readonly governorOf: (tenant: string | undefined) => Governor
  readonly clock: Clock
  /** Tells what other processes write, where the store can. */
  readonly watch: Store['watch']
  /** Milliseconds between looks at the store. */
  readonly pollMs: number
  readonly onError: (error: unknown) => void
}

interface Listener {
  readonly tenant: string | undefined
  readonly tell: () => void
}

/** Requests that are looked at to see whether anything changed. */
const MOST_LOOKED_AT = 500

/** Tells whoever looks at an inbox that it has changed, whichever process changed it. It looks only while somebody listens. */
export class Hub {
  readonly #parts: HubParts
  readonly #listeners = new Set<Listener>()
  /** What was seen last, by tenant. */
  readonly #seen = new Map<string | undefined, string>()
  #stop: (() => void) | undefined

  constructor(parts: HubParts) {
    this.#parts = parts
  }

  /** How many listen. */
  get size(): number {
    return this.#listeners.size
  }

  /** Calls `tell` when something of a tenant (of any, without one) has changed, until the returned function is called. */
  join(tenant: string | undefined, tell: () => void): () => void {
    const listener = { tenant, tell }
    this.#listeners.add(listener)
    this.#stop ??= this.#listen()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#stop?.()
      this.#stop = undefined
      this.#seen.clear()
    }
  }

  #listen(): () => void {
    const { governor, clock, watch, pollMs, onError } = this.#parts
    const stopListening = governor.on(event => {
      if (event.type === 'approval-requested' || event.type === 'approval-changed') this.#tell(event.approval.tenant)
    })
    let stopTimer: (() => void) | undefined
    let isOver = false
    // There is nothing to be told of once the governor was closed.
    const failed = (error: unknown): void => {
      if (isGovernanceError(error, 'closed')) isOver = true
      else onError(error)
    }
    const look = async (): Promise<void> => {
      await this.#look().catch(failed)
      if (!isOver) stopTimer = clock.after(pollMs, () => void look(), true)
    }
    void look()
    const stopWatching = watched(watch, () => void this.#look().catch(failed), onError)
    return () => {
      isOver = true
      stopListening()
      stopTimer?.()
      stopWatching()
    }
  }

  async #look(): Promise<void> {
    for (const tenant of new Set([...this.#listeners].map(listener => listener.tenant))) {
      const pending = await this.#parts.governorOf(tenant).approvals.list({ status: 'pending', limit: MOST_LOOKED_AT })
      const now = pending.map(({ id, revision }) => `${id}.${revision}`).join(' ')
      const before = this.#seen.get(tenant)
      this.#seen.set(tenant, now)
      if (before === undefined || before === now) continue
      for (const listener of this.#listeners) if (listener.tenant === tenant) listener.tell()
    }
  }

  #tell(tenant: string | undefined): void {
    for (const listener of this.#listeners) {
      if (listener.tenant === undefined || listener.tenant === tenant) listener.tell()
    }
  }
}

/** Where a store cannot tell, looking now and then has to do. */
function watched(watch: Store['watch'], changed: () => void, onError: (error: unknown) => void): () => void {
  if (watch === undefined) return () => undefined
  const watching = (async (): Promise<Awaited<Awaitable<() => void>>> => watch(changed))()
  watching.catch(onError)
  return () => {
    watching.then(stop => stop()).catch(() => undefined)
  }
}
