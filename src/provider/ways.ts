import type { Clock } from '../ambient.js'
import { RecentMap } from '../recent-map.js'
import { createResilience, type Resilience } from '../service/resilience.js'
import { nameOf, ofModel } from './by-model.js'
import { classify } from './classify.js'
import type { ModelEvent } from './events.js'
import { ModelError, type ModelFailureKind } from './failure.js'
import { Limiter } from './limiter.js'
import type { ResolvedGuard } from './options.js'
import type { ModelTarget } from './request.js'

/** The way to one model, shared by all who ask it through one guard. */
export interface Way {
  readonly resilience: Resilience
  readonly limiter: Limiter
}

/** Names may come from outside: beyond so many, what has not been asked for long is forgotten. */
const MAX_WAYS = 1000
const RETRIED = new Set<ModelFailureKind>(['network', 'timeout', 'rate-limit', 'server'])
const FAULTS = new Set<ModelFailureKind>(['network', 'timeout', 'server', 'malformed'])

/** The ways to all models. */
export class Ways {
  readonly #options: ResolvedGuard
  readonly #tell: (event: ModelEvent) => void
  readonly #ways = new RecentMap<string, Promise<Way>>(MAX_WAYS)

  constructor(options: ResolvedGuard, tell: (event: ModelEvent) => void) {
    this.#options = options
    this.#tell = tell
  }

  to(target: ModelTarget): Promise<Way> {
    const name = nameOf(target)
    const way = this.#ways.get(name) ?? this.#make(target)
    // Once more, so that what is in use is not forgotten.
    this.#ways.set(name, way)
    return way
  }

  async #make({ provider, model }: ModelTarget): Promise<Way> {
    const { retry, circuitBreaker, limits, queue, clock } = this.#options
    const target = { provider, model }
    const limiter = new Limiter({ ...ofModel(limits, target), queue, clock, busy: why => busy(target, why) })
    const resilience = await createResilience({
      retry,
      circuitBreaker,
      clock,
      failures: failuresOf(target, clock),
      onChange: state => {
        this.#tell({ type: 'model-circuit-changed', at: clock.now(), ...target, state })
      },
    })
    return { resilience, limiter }
  }
}

function failuresOf(target: ModelTarget, clock: Clock) {
  const kindOf = (error: unknown): ModelFailureKind => classify(error, clock.now()).kind
  return {
    isRetried: (error: unknown) => RETRIED.has(kindOf(error)),
    isFault: (error: unknown) => FAULTS.has(kindOf(error)),
    saysNothing: (error: unknown) => kindOf(error) === 'unknown',
    retryAfterMs: (error: unknown) => classify(error, clock.now()).retryAfterMs,
    unavailable: (cause?: unknown) =>
      new ModelError(`${nameOf(target)} has failed too often, and is left alone for a while`, {
        kind: 'circuit',
        target,
        cause,
      }),
  }
}

function busy(target: ModelTarget, why: string): ModelError {
  return new ModelError(`the limits of ${nameOf(target)} are reached: ${why}`, { kind: 'busy', target })
}
