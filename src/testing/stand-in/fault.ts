/** What goes wrong with an answer. Unless it says otherwise, the request was served: what is lost is the answer. */
export type Fault =
  /** The answer is late. */
  | { readonly kind: 'latency'; /** Milliseconds, by the stand-in's clock. */ readonly ms: number }
  /** The answer waits until something is settled; `service.hold()` makes one that a test lets go. */
  | { readonly kind: 'hold'; readonly until: PromiseLike<unknown> }
  /** Another status; the request is not served. */
  | {
      readonly kind: 'status'
      readonly status: number
      /** Sent as JSON. @defaultValue `{ detail, request_id }` */
      readonly body?: unknown
      /** `retry-after`, for one. */
      readonly headers?: Readonly<Record<string, string>>
    }
  /** To another place; the request is not served. */
  | {
      readonly kind: 'redirect'
      readonly to: string
      /** @defaultValue 307 */ readonly status?: 301 | 302 | 303 | 307 | 308
    }
  /** The connection is reset: `request`: and the request is not served; `answer`: before the answer; `headers`, `body`: in the middle of them. */
  | { readonly kind: 'reset'; readonly at: 'request' | 'answer' | 'headers' | 'body' }
  /** What says that it is JSON, and is not. */
  | { readonly kind: 'garbage' }
  /** Half of the answer. Its length is the half's (`right`), or the whole's, and then the connection ends. */
  | { readonly kind: 'truncated'; readonly length: 'right' | 'wrong' }
  /** Other JSON: wrong types in the right answer, or something else. */
  | { readonly kind: 'json'; /** What is sent, or what makes it of the right answer. */ readonly body: unknown }
  /** A page, as proxies send it. */
  | { readonly kind: 'html'; /** @defaultValue 200 */ readonly status?: number }
  /** No body. */
  | { readonly kind: 'empty'; /** @defaultValue 200 */ readonly status?: number }
  /** The right answer at the end of very much blank space. */
  | { readonly kind: 'huge'; /** 64 MiB at most. @defaultValue 9 MiB */ readonly bytes?: number }
  /** The answer, and behind it on the same connection another, which nobody asked for. */
  | { readonly kind: 'twice'; /** @defaultValue the answer once more */ readonly second?: unknown }
  /** The answers of a batch are not those of its actions. */
  | { readonly kind: 'batch'; readonly answers: 'too-many' | 'too-few' | 'repeated' | 'reversed' }
  /** Byte by byte, and the answer itself only when `until` is settled; `service.drip()` makes one that a test lets go. */
  | {
      readonly kind: 'drip'
      readonly until: PromiseLike<unknown>
      /** @defaultValue `body` */
      readonly at?: 'headers' | 'body'
      /** Milliseconds between two bytes, by the stand-in's clock. @defaultValue 5 */
      readonly everyMs?: number
    }
  /** The answer to another request. */
  | { readonly kind: 'wrong-request' }
  /** Answers that are none yet (1xx), and then the answer. */
  | {
      readonly kind: 'informational'
      /** @defaultValue 103 */ readonly status?: 100 | 102 | 103
      /** 100 at most. @defaultValue 1 */ readonly count?: number
    }

/** A fault that waits for its request. */
export interface PendingFault {
  /** The path it waits for; any when absent. */
  readonly path?: string
  readonly fault: Fault
  /** How many requests it will still meet. */
  readonly times: number
}

/** Faults in the order in which they were asked for. */
export class FaultQueue {
  #pending: readonly PendingFault[] = []

  /** Those that no request has met yet. */
  get pending(): readonly PendingFault[] {
    return this.#pending
  }

  add(fault: PendingFault): void {
    this.#pending = [...this.#pending, fault]
  }

  /** The first fault that waits for this path. */
  take(path: string): Fault | undefined {
    const met = this.#pending.find(waiting => waiting.path === undefined || waiting.path === path)
    if (met === undefined) return undefined
    this.#pending = this.#pending.flatMap(waiting =>
      waiting === met ? (met.times > 1 ? [{ ...met, times: met.times - 1 }] : []) : [waiting],
    )
    return met.fault
  }

  clear(): void {
    this.#pending = []
  }
}
