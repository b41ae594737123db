import { forget, isPromiseLike } from '../ambient.js'
import type { ModelEvent, ModelListener } from './events.js'

/** Who hears of what happens. No listener delays or breaks a request. */
export class ModelListeners {
  readonly #listeners = new Set<ModelListener>()

  add(listener: ModelListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** What was thrown may hold secrets: it can be read from the event, and does not go along when that is copied or serialised. */
  readonly tell = (event: ModelEvent): void => {
    const told = 'error' in event ? Object.defineProperty(event, 'error', { enumerable: false }) : event
    for (const listener of this.#listeners) {
      try {
        const answer = listener(told)
        if (isPromiseLike(answer)) forget(answer)
      } catch {
        // Whoever listens has to look after that.
      }
    }
  }
}
