import type { Clock } from '../ambient.js'
import { expect, knownKeys } from '../check.js'
import { Bucket } from './bucket.js'
import { type ByModel, checkTable } from './by-model.js'
import { FairQueue } from './fair-queue.js'

/** How much a model may be asked. */
export interface ModelLimits {
  readonly requestsPerMinute?: number
  /** Of input and output together. Estimated before a request, settled with what it really used. */
  readonly tokensPerMinute?: number
}

/** Who waits in front of a model that may not be asked yet. */
export interface QueueOptions {
  /** Requests that may wait for one model. Beyond it, the newest of whoever has most of them is refused. @defaultValue 1_000 */
  readonly maxWaiting?: number
  /** Milliseconds after which a request waits no longer, and the next model is asked. @defaultValue as long as the request may take */
  readonly maxWaitMs?: number
}

/** A turn that was given. */
export interface Turn {
  /** What it really used. */
  readonly settle: (tokens: number) => void
}

/** What a limiter needs. */
export interface LimiterOptions extends ModelLimits {
  readonly queue: Required<Pick<QueueOptions, 'maxWaiting'>> & { readonly maxWaitMs: number | undefined }
  readonly clock: Clock
  /** The error of a request that is not let in. */
  readonly busy: (why: string) => Error
}

interface Waiter {
  readonly tokens: number
  readonly admit: (turn: Turn) => void
  readonly refuse: (reason: unknown) => void
}

const MINUTE_MS = 60_000
const NO_LIMIT: Turn = {
  settle: () => {
    // Nobody counts.
  },
}

/** Lets requests to one model through as its limits allow, in turn of those on whose behalf they are. */
export class Limiter {
  readonly #options: LimiterOptions
  readonly #requests: Bucket | undefined
  readonly #tokens: Bucket | undefined
  readonly #queue: FairQueue<Waiter>
  #cancelTimer: () => void = () => undefined

  constructor(options: LimiterOptions) {
    const { requestsPerMinute, tokensPerMinute, queue } = options
    this.#options = options
    this.#requests = requestsPerMinute === undefined ? undefined : new Bucket(requestsPerMinute, MINUTE_MS)
    this.#tokens = tokensPerMinute === undefined ? undefined : new Bucket(tokensPerMinute, MINUTE_MS)
    this.#queue = new FairQueue(queue.maxWaiting)
  }

  /** Waits for a turn. @throws the signal's reason, and the error of being busy */
  async turn(who: string, tokens: number, signal: AbortSignal): Promise<Turn> {
    signal.throwIfAborted()
    if (this.#requests === undefined && this.#tokens === undefined) return NO_LIMIT
    const { clock, queue, busy } = this.#options
    if (this.#queue.size === 0 && this.#availableAt(tokens) <= clock.now()) return this.#take(tokens)
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown): void => {
        this.#queue.remove(waiter)
        waiter.refuse(reason)
        this.#serve()
      }
      const aborted = (): void => leave(signal.reason)
      const { maxWaitMs } = queue
      const cancel = maxWaitMs === undefined ? undefined : clock.after(maxWaitMs, () => leave(busy('it took too long')))
      const over = (): void => {
        cancel?.()
        signal.removeEventListener('abort', aborted)
      }
      const waiter: Waiter = {
        tokens,
        admit: turn => {
          over()
          resolve(turn)
        },
        refuse: reason => {
          over()
          reject(reason)
        },
      }
      signal.addEventListener('abort', aborted, { once: true })
      this.#queue.push(who, waiter)?.refuse(busy('too many wait already'))
      this.#serve()
    })
  }

  #serve(): void {
    const { clock } = this.#options
    this.#cancelTimer()
    for (let waiter = this.#queue.peek(); waiter !== undefined; waiter = this.#queue.peek()) {
      const ms = this.#availableAt(waiter.tokens) - clock.now()
      if (ms > 0) {
        this.#cancelTimer = clock.after(ms, () => this.#serve())
        return
      }
      this.#queue.shift()
      waiter.admit(this.#take(waiter.tokens))
    }
  }

  #availableAt(tokens: number): number {
    const now = this.#options.clock.now()
    return Math.max(this.#requests?.availableAt(1, now) ?? now, this.#tokens?.availableAt(tokens, now) ?? now)
  }

  #take(tokens: number): Turn {
    const now = this.#options.clock.now()
    this.#requests?.take(1, now)
    const taken = this.#tokens?.take(tokens, now)
    if (taken === undefined) return NO_LIMIT
    return {
      settle: used => {
        this.#tokens?.settle(taken, used)
        this.#serve()
      },
    }
  }
}

/** @throws GovernanceError `invalid-option` */
export function checkLimits(limits: ByModel<ModelLimits>, place: string): void {
  checkTable(limits, place)
  for (const [model, each] of Object.entries(limits)) {
    const at = `${place}.${model}`
    expect(typeof each === 'object' && each !== null, at, '{ requestsPerMinute, tokensPerMinute }')
    knownKeys(each, ['requestsPerMinute', 'tokensPerMinute'], at)
    for (const [name, value] of Object.entries(each)) {
      const isCount = value === undefined || (Number.isInteger(value) && value >= 1)
      expect(isCount, `${at}.${name}`, 'a whole number of 1 or more')
    }
  }
}
