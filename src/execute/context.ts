import { callKey } from '../capture/key.js'
import type { Decision, EvaluationRequest } from '../types.js'
import type { ExecutionContext } from './execution.js'

/** What the tool runs under. */
export interface ToolRunFrame {
  readonly request: EvaluationRequest
  readonly decision: Decision
  /** The ledger key; where there is none, this runtime must hash at once. */
  readonly key: string | undefined
  readonly fencingToken: number
}

/** What the tool is handed. A tool that only reads seldom asks for its key: it is made when it does. */
export class ToolContext implements ExecutionContext {
  declare readonly idempotencyKey: string
  readonly fencingToken: number
  readonly signal: AbortSignal | undefined
  readonly input: unknown
  readonly decision: Decision
  readonly #request: EvaluationRequest

  /** A property of its own, so that a copy of the context has it too. One for all: an object with a getter of its own costs five times as much. */
  static readonly #KEY: PropertyDescriptor & ThisType<ToolContext> = {
    enumerable: true,
    get() {
      return callKey(this.#request)
    },
  }

  constructor({ request, decision, key, fencingToken }: ToolRunFrame, signal: AbortSignal | undefined) {
    if (key === undefined) Object.defineProperty(this, 'idempotencyKey', ToolContext.#KEY)
    else this.idempotencyKey = key
    this.fencingToken = fencingToken
    this.signal = signal
    this.input = request.input
    this.decision = decision
    this.#request = request
  }
}
