import { type Preparation, RecentMap } from 'countersign'
import type { Place } from './place.js'

const MAX_NOTES = 10_000

/**
 * What was refused ahead of a call whose tool was not known then: its own facts may say otherwise, and a person's no stands.
 * Lost with the process; every other refusal is the core's to remember.
 */
export class Notes {
  readonly #refused = new RecentMap<string, Preparation>(MAX_NOTES)

  refuse(place: Place, preparation: Preparation): void {
    this.#refused.set(keyOf(place), preparation)
  }

  refusalOf(place: Place): Preparation | undefined {
    return this.#refused.isEmpty ? undefined : this.#refused.get(keyOf(place))
  }
}

function keyOf({ scope: { tenant, sessionId, user }, callId }: Place): string {
  return JSON.stringify([tenant, sessionId, user, callId])
}
