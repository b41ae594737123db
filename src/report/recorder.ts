import { type Clock, isPromiseLike } from '../ambient.js'
import { inTime } from '../enforce/deadline.js'
import type { Store } from '../store/store.js'
import type { Awaitable, Decision, ExecutionRecord, ExecutionStatus } from '../types.js'
import type { EventBody } from './events.js'
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

/** The options of a governor that recording needs. */
export interface RecorderOptions {
  readonly store: Store
  readonly clock: Clock
  readonly deadlineMs: number
}

/** Writes down how calls ended, and tells of it. */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #reporter: Reporter

  constructor(options: RecorderOptions, reporter: Reporter) {
    this.#options = options
    this.#reporter = reporter
  }

  /** Never throws or rejects: what happened has happened. A store that fails here is told of, and the call goes on. */
  ended(observers: Observers, decision: Decision, ending: Ending): Awaitable<void> {
    const { store, clock, deadlineMs } = this.#options
    const { status, durationMs } = ending
    const base: ExecutionRecord = { decisionId: decision.id, status, at: clock.now(), durationMs }
    const execution = ending.error === undefined ? base : { ...base, error: describe(ending.error) }
    const saved = (): void => this.#tell(observers, decision, execution)
    const failed = (error: unknown): void => {
      this.#emit(observers, decision, { type: 'store-failed', operation: 'recordExecution', error })
      saved()
    }
    try {
      const pending = inTime(store.recordExecution(execution), deadlineMs, clock)
      if (isPromiseLike(pending)) return pending.then(saved, failed)
    } catch (error) {
      return failed(error)
    }
    saved()
  }

  #tell(observers: Observers, decision: Decision, execution: ExecutionRecord): void {
    if (!observers.listening) return
    const ran = execution.status === 'executed' || execution.status === 'tool_error'
    const shown = this.#reporter.viewExecution(execution)
    this.#emit(observers, decision, { type: ran ? 'tool-executed' : 'tool-refused', decision, execution: shown })
  }

  #emit(observers: Observers, decision: Decision, body: EventBody): void {
    this.#reporter.emit(observers, decision.traceId, decision.id, body)
  }
}

/** Total: a tool may throw anything, even what has no text. */
function describe(error: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${String(error)}`
    return text.slice(0, MAX_ERROR_CHARS)
  } catch {
    return 'Error: no text'
  }
}
