import type { ModelEvent, ModelRequestEnded } from './events.js'
import { Counter, type CounterSample, Histogram, type HistogramSample, type Labels } from './metric.js'

/** One metric with all that is counted under its name. */
export type Metric = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: readonly CounterSample[] }
  | { readonly type: 'histogram'; readonly samples: readonly HistogramSample[] }
)

/** The part of a governor's events that is counted here. */
export interface CallEvent {
  readonly type: string
  readonly decision?: { readonly tool: string } | undefined
  readonly execution?: { readonly status: string } | undefined
}

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
const STATES = { closed: 0, 'half-open': 1, open: 2 } as const

/** What is counted, and what it says. */
const METRICS = {
  requests: ['countersign_model_requests_total', 'Requests to models that are over, by how they ended', Counter],
  attempts: ['countersign_model_attempts_total', 'Requests that were sent to a provider, by how they ended', Counter],
  retries: ['countersign_model_retries_total', 'Attempts that follow a failed one, by what had failed', Counter],
  failures: ['countersign_model_failures_total', 'Failed attempts, by what failed', Counter],
  skips: ['countersign_model_skips_total', 'Models that were not asked, by why', Counter],
  cache: ['countersign_model_cache_lookups_total', 'Requests that were looked for in the cache', Counter],
  tokens: ['countersign_model_tokens_total', 'Tokens, as providers count them; cached input is part of input', Counter],
  cost: ['countersign_model_cost_total', 'What answers cost, by the table of prices, in its currency', Counter],
  circuit: ['countersign_model_circuit_state', '0 closed, 1 half-open, 2 open', Counter],
  latency: ['countersign_model_request_seconds', 'From asking to the end, waiting included', Histogram],
  firstChunk: ['countersign_model_first_chunk_seconds', "From asking to a stream's first chunk", Histogram],
  queue: ['countersign_model_queue_seconds', 'Time that attempts waited for their turn', Histogram],
  calls: ['countersign_tool_calls_total', 'Tool calls, by how they ended', Counter],
} as const

type Name = keyof typeof METRICS
type Instruments = { readonly [NAME in Name]: InstanceType<(typeof METRICS)[NAME][2]> }

/** Counts what events tell. */
export class ModelMetrics {
  readonly #instruments = Object.fromEntries(
    Object.entries(METRICS).map(([name, [, , kind]]) => [
      name,
      kind === Counter ? new Counter() : new Histogram(SECONDS),
    ]),
  ) as Instruments

  readonly note = (event: ModelEvent): void => {
    const { provider, model } = event
    const { attempts, failures, queue, retries, skips, circuit } = this.#instruments
    switch (event.type) {
      case 'model-attempt-ended':
        attempts.add({ provider, model, status: event.status })
        if (event.kind !== undefined) failures.add({ provider, model, kind: event.kind })
        return queue.observe({ provider, model }, event.queuedMs / 1000)
      case 'model-retry-scheduled':
        return retries.add({ provider, model, kind: event.kind })
      case 'model-skipped':
        return skips.add({ provider, model, kind: event.kind })
      case 'model-circuit-changed':
        return circuit.set({ provider, model }, STATES[event.state])
      case 'model-request-ended':
        return this.#ended(event, { provider, model })
      case 'budget-unsettled':
    }
  }

  /** Counts how tool calls end: `governor.on(guard.countCalls)`. */
  readonly noteCall = ({ type, decision, execution }: CallEvent): void => {
    if (type !== 'tool-executed' && type !== 'tool-refused') return
    if (decision === undefined || execution === undefined) return
    this.#instruments.calls.add({ tool: decision.tool, status: execution.status })
  }

  list(): readonly Metric[] {
    return Object.entries(METRICS).map(([name, [full, help]]) => {
      const instrument = this.#instruments[name as Name]
      const type = instrument instanceof Histogram ? 'histogram' : full.endsWith('_total') ? 'counter' : 'gauge'
      return { name: full, help, type, samples: instrument.samples() } as Metric
    })
  }

  #ended({ status, latencyMs, firstChunkMs, usage, cost, cache: looked }: ModelRequestEnded, model: Labels): void {
    const { requests, latency, firstChunk, tokens, cost: costs, cache } = this.#instruments
    requests.add({ ...model, status })
    latency.observe(model, latencyMs / 1000)
    if (firstChunkMs !== undefined) firstChunk.observe(model, firstChunkMs / 1000)
    if (looked !== undefined) cache.add({ ...model, result: looked })
    if (cost !== undefined) costs.add(model, cost)
    if (usage === undefined) return
    tokens.add({ ...model, kind: 'input' }, usage.inputTokens)
    tokens.add({ ...model, kind: 'cached_input' }, usage.cachedInputTokens ?? 0)
    tokens.add({ ...model, kind: 'output' }, usage.outputTokens)
  }
}
