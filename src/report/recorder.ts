import type { Clock } from '../ambient.js'
import type { Store } from '../store/store.js'
import type { Decision, ExecutionRecord, ExecutionStatus } from '../types.js'
import type { Observers } from './observers.js'
import type { Reporter } from './reporter.js'

const MAX_ERROR_CHARS = 500

/** How a call ended. */
export interface Ending {
  readonly status: ExecutionStatus
  /** Milliseconds the tool took. */
  readonly durationMs: number
  /** What the tool threw. */
  readonly error?: unknown
}

/** Writes down how calls ended, and tells of it. */
export class Recorder {
  readonly #store: Store
  readonly #reporter: Reporter
  readonly #clock: Clock

  constructor(store: Store, reporter: Reporter, clock: Clock) {
    this.#store = store
    this.#reporter = reporter
    this.#clock = clock
  }

  /** Never rejects: what happened has happened. A store that fails here is told of, and the call goes on. */
  async ended(observers: Observers, decision: Decision, ending: Ending): Promise<void> {
    const { status, durationMs } = ending
    const base: ExecutionRecord = { decisionId: decision.id, status, at: this.#clock.now(), durationMs }
    const execution = ending.error === undefined ? base : { ...base, error: describe(ending.error) }
    try {
      const pending = this.#store.recordExecution(execution)
      if (pending !== undefined) await pending
    } catch (error) {
      const operation = 'recordExecution'
      this.#reporter.emit(observers, decision.traceId, decision.id, { type: 'store-failed', operation, error })
    }
    const type = status === 'executed' || status === 'tool_error' ? 'tool-executed' : 'tool-refused'
    const shown = this.#reporter.viewExecution(execution)
    this.#reporter.emit(observers, decision.traceId, decision.id, { type, decision, execution: shown })
  }
}

function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${String(error)}`
  return text.slice(0, MAX_ERROR_CHARS)
}
