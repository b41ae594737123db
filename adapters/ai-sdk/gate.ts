import {
  type CallScope,
  checkScope,
  type Decision,
  type Execution,
  type ExecutionContext,
  GovernanceError,
  type Governor,
  type Scope,
  streamGoverned,
  type ToolCall,
  type ToolProfile,
} from 'countersign'
import type { AnyScope, ScopeRequest } from './options.js'
import { isResumed } from './resumed.js'
import type { CallOptions } from './tool-like.js'

/** The tool's own function, with the options it is to receive. */
export type Call = (input: unknown, options: CallOptions) => unknown

/** One tool's way to the governor: turns the SDK's calls into the core's, and the core's answers into what the SDK expects. */
export class Gate {
  readonly #name: string
  readonly #governor: Governor
  readonly #profile: ToolProfile | undefined
  readonly #scope: AnyScope

  constructor(name: string, governor: Governor, profile: ToolProfile | undefined, scope: AnyScope) {
    this.#name = name
    this.#governor = governor
    this.#profile = profile
    this.#scope = scope
  }

  /** Decides ahead of the execution, which then uses this decision. @throws GovernanceError `evaluation-failed` if the scope threw */
  prepare(input: unknown, options: CallOptions): Promise<Decision> {
    return this.#governor.prepare(this.#call(input, options), this.#callScope(options))
  }

  /** Records a call that runs elsewhere and cannot be stopped. */
  async observe(input: unknown, options: CallOptions): Promise<void> {
    await this.#governor.decide(this.#call(input, options), this.#callScope(options))
  }

  /**
   * Runs the tool if it may.
   *
   * @throws GovernanceError `blocked` or `approval-required` with what the model is to read; the tool's own error as it was
   */
  async run(input: unknown, options: CallOptions, tool: Call): Promise<unknown> {
    const execution = await this.#governor.run(
      this.#call(input, options),
      context => lastValue(tool(context.input, withKey(options, context))),
      this.#callScope(options),
    )
    return execution.status === 'executed' ? execution.output : refuse(execution)
  }

  /** The same for a tool that streams: returns at once, because the SDK recognises an iterable only if it is not promised. */
  stream(input: unknown, options: CallOptions, tool: Call): AsyncIterable<unknown> {
    return streamGoverned(
      async execute => this.#governor.run(this.#call(input, options), execute, this.#callScope(options)),
      context => tool(context.input, withKey(options, context)),
      refuse,
    )
  }

  #call(input: unknown, options: CallOptions): ToolCall {
    return { id: options.toolCallId, name: this.#name, input }
  }

  #callScope(options: CallOptions): CallScope {
    return {
      ...(this.#scope === undefined ? undefined : this.#whoAndWhere(this.#scope, options)),
      profile: this.#profile,
      signal: options.abortSignal,
      resumed: isResumed(options),
      isControlFlow: isCodeModeInterrupt,
    }
  }

  #whoAndWhere(scope: NonNullable<AnyScope>, options: CallOptions): Scope {
    const { toolCallId, messages } = options
    const context = options.context ?? options.experimental_context
    const request: ScopeRequest = { toolName: this.#name, toolCallId, messages, context }
    try {
      const who = scope(request as ScopeRequest<never>)
      checkScope(who, 'scope()')
      return who
    } catch (cause) {
      const message = `The call to tool "${this.#name}" was not executed: on whose behalf could not be determined. Do not retry it; tell the user.`
      throw new GovernanceError('evaluation-failed', message, { cause })
    }
  }
}

/** What the SDK turns into a `tool-error`, whose text the model reads. */
function refuse(execution: Execution): never {
  switch (execution.status) {
    case 'blocked':
      throw new GovernanceError('blocked', execution.message, { decisionId: execution.decision.id })
    case 'approval_required':
      throw new GovernanceError('approval-required', execution.message, { decisionId: execution.decision.id })
    case 'tool_error':
      throw execution.error
    case 'executed':
      throw new TypeError('an executed call is not refused')
  }
}

/** A copy: the SDK may hand the same options to others. The key is made when a tool asks for it. */
function withKey(options: CallOptions, context: ExecutionContext): CallOptions {
  const copy = {
    ...options,
    get idempotencyKey(): string {
      return context.idempotencyKey
    },
  }
  return copy
}

/** A tool that streams without saying so: its last value is its result, as in the SDK; the ones before are not shown. */
function lastValue(result: unknown): unknown {
  const streams = typeof result === 'object' && result !== null && Symbol.asyncIterator in result
  return streams ? drain(result as AsyncIterable<unknown>) : result
}

async function drain(values: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown
  for await (const value of values) last = value
  return last
}

/** Code mode's way to suspend a nested call; it brings the call again. */
function isCodeModeInterrupt(error: unknown): boolean {
  return error instanceof Error && error.name === 'HostFunctionInterruptSignal'
}
