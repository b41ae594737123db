import { RecentMap } from 'countersign'
import type { Answer } from './approval.js'
import type { Place } from './place.js'

/** What happened ahead of a call, for when it comes to the gate. */
export interface Note {
  /** What a person answered. */
  readonly answer?: Answer
  /** It was decided on without knowing its tool. */
  readonly isBlind?: boolean
}

const MAX_NOTES = 10_000

/** Notes about calls on their way from the model to their tools. Lost with the process; then a person is asked again. */
export class Notes {
  readonly #notes = new RecentMap<string, Note>(MAX_NOTES)

  add(place: Place, note: Note): void {
    const key = keyOf(place)
    this.#notes.set(key, { ...this.#notes.get(key), ...note })
  }

  of(place: Place): Note | undefined {
    return this.#notes.isEmpty ? undefined : this.#notes.get(keyOf(place))
  }
}

function keyOf({ scope: { tenant, sessionId, user }, callId }: Place): string {
  return JSON.stringify([tenant, sessionId, user, callId])
}
