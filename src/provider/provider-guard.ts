import { invalid } from '../check.js'
import { Budgets } from './budgets.js'
import { AnswerCache } from './cache.js'
import type { ModelListener } from './events.js'
import { ModelListeners } from './listeners.js'
import { type CallEvent, type Metric, ModelMetrics } from './metrics.js'
import { type ProviderGuardOptions, resolveGuard } from './options.js'
import { metricsResponse, prometheusText } from './prometheus.js'
import type { ModelAttempt, ModelRequest, ModelStreamRequest, ModelTarget, Opened } from './request.js'
import type { RunParts } from './run.js'
import { Ways } from './ways.js'

/** What stands between an application and its model providers: one for all models, so that each knows what the others met. */
export interface ProviderGuard {
  /**
   * Has a request answered by the first of its models that can. `attempt` sends it once, ends when its signal aborts, and
   * tries nothing again by itself.
   *
   * @throws what the provider's client threw; ModelError `model-timeout`, `model-unavailable`, `model-busy`,
   * `budget-exceeded`; GovernanceError `store-failed`; the reason of the caller's signal
   */
  readonly run: <TARGET extends ModelTarget, ANSWER>(
    request: ModelRequest<TARGET, ANSWER>,
    attempt: ModelAttempt<TARGET, ANSWER>,
  ) => Promise<ANSWER>
  /** The same for a stream, which is there when its first chunk is; from then on nothing is tried again. It is over when it was read to its end, or returned from. @throws as `run` */
  readonly stream: <TARGET extends ModelTarget, OPENED extends Opened<unknown>>(
    request: ModelStreamRequest<TARGET, OPENED>,
    attempt: ModelAttempt<TARGET, OPENED>,
  ) => Promise<OPENED>
  /** Checks before the first request that models can be asked. @throws GovernanceError `invalid-option` for one whose price a budget in money needs */
  readonly check: (targets: readonly ModelTarget[]) => void
  /** Listens. Returns a function that stops it. */
  readonly on: (listener: ModelListener) => () => void
  /** Counts how tool calls end: `governor.on(guard.countCalls)`. */
  readonly countCalls: (event: CallEvent) => void
  /** What was counted so far. */
  readonly metrics: () => readonly Metric[]
  /** The same in Prometheus's text format 0.0.4: to be served as `text/plain; version=0.0.4`. */
  readonly prometheusText: () => string
  /** That text as the answer of an endpoint, for any server that answers with a web `Response`. */
  readonly metricsResponse: () => Response
}

/** Makes a guard. @throws GovernanceError `invalid-option` */
export function providerGuard(options: ProviderGuardOptions = {}): ProviderGuard {
  const resolved = resolveGuard(options, 'providerGuard')
  const { budgets, prices, store, cache, clock, onEvent } = resolved
  const listeners = new ModelListeners()
  const metrics = new ModelMetrics()
  listeners.add(metrics.note)
  if (onEvent !== undefined) listeners.add(onEvent)
  const parts: RunParts = {
    options: resolved,
    ways: new Ways(resolved, listeners.tell),
    budgets: new Budgets({ budgets, prices, store }),
    cache: cache && new AnswerCache(cache, clock),
    tell: listeners.tell,
  }
  return Object.freeze<ProviderGuard>({
    run: async (request, attempt) => (await import('../later.js')).ask(parts, request, attempt),
    stream: async (request, attempt) => (await import('../later.js')).stream(parts, request, attempt),
    check: targets => {
      for (const target of targets) parts.budgets.check(target)
    },
    on: listener => listeners.add(listener),
    countCalls: metrics.noteCall,
    metrics: () => metrics.list(),
    prometheusText: () => prometheusText(metrics.list()),
    metricsResponse: () => metricsResponse(metrics.list()),
  })
}

/** The guard that a door was given, or one of its own with these options. @throws GovernanceError `invalid-option` */
export function guardOf(guard: ProviderGuard | ProviderGuardOptions | undefined, place: string): ProviderGuard {
  if (typeof guard !== 'object' && guard !== undefined) throw invalid(place, 'expected a guard, or options for one')
  return guard !== undefined && 'prometheusText' in guard ? guard : providerGuard(guard)
}
