import {
  type CallScope,
  type Execution,
  type ExecutionContext,
  type Governor,
  type Preparation,
  type Scope,
  streamGoverned,
  type ToolCall,
  type ToolProfile,
} from 'countersign'
import { claimFor } from './answers.js'
import type { Asking } from './asking.js'
import { handOn, type HandedOn } from './hand-on.js'
import { validateWith } from './input-schema.js'
import { Notices } from './notices.js'
import { noteQuestion, otherQuestion } from './one-question.js'
import type { AnyScope } from './options.js'
import { outputOf } from './refuse.js'
import { saidIn } from './said.js'
import { asksApproval, type CallOptions, isProviderExecuted, type ToolLike } from './tool-like.js'
import { whoAlone, whoAndWhere } from './who.js'

/** The tool's own function, with the options it is to receive. */
export type Call = (input: unknown, options: CallOptions) => unknown

/** What a gate is made of. */
export interface GateOptions {
  readonly name: string
  readonly governor: Governor
  readonly tool: ToolLike
  readonly profile: ToolProfile | undefined
  readonly scope: AnyScope
  readonly asking: Asking
}

/** One tool's way to the governor: turns the SDK's calls into the core's, and the core's answers into what the SDK expects. */
export class Gate {
  /** What the model is to be told of calls that were changed. */
  readonly notices: Notices
  readonly #options: GateOptions
  readonly #runsHere: boolean
  readonly #fixed: Pick<CallScope, 'profile' | 'validate' | 'isControlFlow'>

  constructor(options: GateOptions) {
    const { name, governor, tool, profile } = options
    this.#options = options
    this.#runsHere = typeof tool.execute === 'function'
    this.#fixed = { profile, validate: validateWith(tool), isControlFlow: isCodeModeInterrupt }
    this.notices = new Notices(name, governor, profile)
  }

  /** Decides ahead of the execution, which then uses this decision. @throws GovernanceError `evaluation-failed` if the scope threw */
  async prepare(input: unknown, options: CallOptions): Promise<Preparation> {
    const { governor, asking } = this.#options
    const scope = this.#callScope(input, options)
    const preparation = await governor.prepare(this.#call(input, options), scope)
    if (asking.onlyFirst && preparation.next === 'ask' && scope.resumed !== true) {
      noteQuestion(options.messages, options.toolCallId)
    }
    return preparation
  }

  /**
   * Decides a call as {@link Gate.prepare} will, when nothing of its conversation is known yet. Nothing happens where something
   * of it would be needed: by the scope, by the tool's own question, or to ask about one call of several.
   */
  async prepareAhead(input: unknown, toolCallId: string, abortSignal: AbortSignal | undefined): Promise<void> {
    const { name, governor, scope, tool, asking } = this.#options
    if (asking.onlyFirst || typeof tool.needsApproval === 'function' || isProviderExecuted(tool)) return
    const who = scope === undefined ? undefined : whoAlone(name, scope, toolCallId)
    if (scope !== undefined && who === undefined) return
    const known = this.#callScope(input, { toolCallId, messages: [], abortSignal }, who ?? {})
    await governor.prepare({ id: toolCallId, name, input }, known)
  }

  /** Whether its profile says that the tool changes nothing. */
  get isReadOnly(): boolean {
    return this.#options.profile?.annotations?.readOnly === true
  }

  /** Records a call that runs elsewhere and cannot be stopped. */
  async observe(input: unknown, options: CallOptions): Promise<void> {
    await this.#options.governor.decide(this.#call(input, options), this.#callScope(input, options))
  }

  /** Whether a call may go on whose tool has no gate of its own; once. */
  handOn(input: unknown, options: CallOptions): Promise<HandedOn> {
    return handOn(this.#options.governor, this.#call(input, options), this.#callScope(input, options))
  }

  /**
   * Runs the tool if it may; what ran before gives back its result.
   *
   * @throws as {@link outputOf}
   */
  async run(input: unknown, options: CallOptions, tool: Call): Promise<unknown> {
    const execute = (context: ExecutionContext): unknown => lastValue(tool(context.input, withKey(options, context)))
    return outputOf(await this.#run(input, options, execute))
  }

  /** The same for a tool that streams: returns at once, because the SDK recognises an iterable only if it is not promised. */
  stream(input: unknown, options: CallOptions, tool: Call): AsyncIterable<unknown> {
    return streamGoverned(
      execute => this.#run(input, options, execute),
      context => tool(context.input, withKey(options, context)),
      outputOf,
    )
  }

  async #run(
    input: unknown,
    options: CallOptions,
    execute: (context: ExecutionContext) => unknown,
  ): Promise<Execution> {
    const { governor } = this.#options
    const execution = await governor.run(this.#call(input, options), execute, this.#callScope(input, options))
    this.notices.note(options.toolCallId, execution)
    return execution
  }

  #call(input: unknown, options: CallOptions): ToolCall {
    return { id: options.toolCallId, name: this.#options.name, input }
  }

  #callScope(input: unknown, options: CallOptions, who?: Scope): CallScope {
    const { name, scope, tool, asking } = this.#options
    const claim = claimFor(options)
    const { messages, toolCallId } = options
    const isSecond = asking.onlyFirst && claim === undefined && Array.isArray(messages)
    return {
      ...this.#fixed,
      ...(who ?? (scope === undefined ? undefined : whoAndWhere(name, scope, options))),
      ...(claim === undefined ? undefined : { ...claim, resumed: true }),
      ...(tool.needsApproval === undefined || tool.needsApproval === false
        ? undefined
        : { asks: async () => ((await asksApproval(tool, input, options)) ? OWN_QUESTION : undefined) }),
      ...(isSecond ? { unaskable: otherQuestion(messages, toolCallId) } : undefined),
      ...(asking.waits && this.#runsHere ? { waits: true } : undefined),
      said: () => saidIn(messages),
      signal: options.abortSignal,
    }
  }
}

/** What a person is told where it is the tool that asks. */
const OWN_QUESTION = 'the tool asks for approval'

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
