import { conflict } from '../../service/protocol/refusal.js'
import type { Reply, StandInRequest } from './recorded.js'

interface Kept {
  /** What was asked under the key. */
  readonly text: string
  readonly reply: Promise<Reply>
}

/** Answers by idempotency key: a request that comes again is answered, not served, also while the first is being served. */
export class KeyedAnswers {
  readonly #kept = new Map<string, Kept>()

  /** @throws Refusal 409 for a key that another request was sent with; what `serve` throws, which is not kept */
  async once(request: StandInRequest, credential: string, serve: () => Promise<Reply>): Promise<Reply> {
    const { idempotencyKey, method, path, query } = request
    const text = JSON.stringify(query) + request.text
    if (idempotencyKey === undefined) return serve()
    const key = JSON.stringify([credential, method, path, idempotencyKey])
    const kept = this.#kept.get(key)
    if (kept !== undefined) {
      if (kept.text !== text) throw conflict('idempotency_key_reused', 'the key was sent with another request')
      const reply = await kept.reply
      return { ...reply, headers: { ...reply.headers, 'idempotency-replayed': 'true' } }
    }
    const reply = serve()
    this.#kept.set(key, { text, reply })
    // What was refused may be tried again.
    reply.catch(() => this.#kept.delete(key))
    return reply
  }

  /** Forgets all, and says how many they were. */
  clear(): number {
    const { size } = this.#kept
    this.#kept.clear()
    return size
  }
}
