import { RecentMap } from '../recent-map.js'
import { ProvenanceTracker } from './provenance.js'

/** Conversations that are certain to be remembered at the same time. */
const MAX_CONVERSATIONS = 2048

interface Conversation {
  readonly tracker: ProvenanceTracker
  /** Texts of the user that were taken in. */
  heard: number
  /** What the user said last. */
  last: string | undefined
}

/** What was said, and what tools returned, in the conversations of a governor: fingerprints, but for the user's last words. */
export class Conversations {
  readonly #known = new RecentMap<string, Conversation>(MAX_CONVERSATIONS)

  /** Takes in all that the user has said so far; what was heard before is passed over. */
  hear(key: string, said: readonly string[]): void {
    const conversation = this.#of(key)
    for (const text of said.slice(conversation.heard)) conversation.tracker.userSaid(text)
    conversation.heard = said.length
    conversation.last = said.at(-1) ?? conversation.last
  }

  /** Takes in what a tool returned. */
  returned(key: string, tool: string, output: unknown): void {
    this.#of(key).tracker.toolReturned(tool, output)
  }

  /** Where the values of an input came from, and what the user asked for; nothing of a conversation that nobody heard. */
  originOf(
    key: string,
    input: unknown,
  ): { readonly provenance?: Readonly<Record<string, string>>; readonly context?: string } {
    const conversation = this.#known.get(key)
    if (conversation === undefined) return {}
    const { last, heard, tracker } = conversation
    // Without the user's words, everything would look as if the model had made it up.
    return heard === 0 || last === undefined ? {} : { context: last, provenance: tracker.provenanceOf(input) }
  }

  #of(key: string): Conversation {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const begun: Conversation = { tracker: new ProvenanceTracker(), heard: 0, last: undefined }
    this.#known.set(key, begun)
    return begun
  }
}
