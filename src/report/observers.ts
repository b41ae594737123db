import { isPromiseLike } from '../ambient.js'
import type { GovernanceEvent, Listener } from './events.js'

/** Makes the event that tells of a failed listener. */
export type FailureEvent = (error: unknown) => GovernanceEvent

/**
 * The listeners of a governor or session. What a session's listeners hear, its parent's hear too. No listener delays or
 * breaks a call: none is waited for, and what one throws is told to the others, once.
 */
export class Observers {
  readonly #listeners = new Set<Listener>()
  readonly #failed = new WeakSet<Listener>()
  /** This one, and all it is part of. */
  readonly #scopes: readonly Observers[]

  constructor(parent?: Observers) {
    this.#scopes = parent === undefined ? [this] : [this, ...parent.#scopes]
  }

  add(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Whether anybody listens; where nobody does, an event need not be built. */
  get listening(): boolean {
    return this.#scopes.some(scope => scope.#listeners.size > 0)
  }

  /** Tells the listeners of this session and of all it is part of; failures after that, so that nobody hears them out of order. */
  notify(event: GovernanceEvent, onFailure: FailureEvent): void {
    const failures: (() => void)[] = []
    for (const scope of this.#scopes) {
      for (const listener of scope.#listeners) {
        const known = scope.#failed
        const failed = (error: unknown): void => {
          if (event.type === 'observer-failed' || known.has(listener)) return
          known.add(listener)
          this.notify(onFailure(error), onFailure)
        }
        try {
          const answer = listener(event)
          if (isPromiseLike(answer)) answer.then(undefined, failed)
        } catch (error) {
          failures.push(() => {
            failed(error)
          })
        }
      }
    }
    for (const tell of failures) tell()
  }
}
