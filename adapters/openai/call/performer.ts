import type { Execute, Execution, Governor, Scope } from 'countersign'
import type { RegisteredTool } from '../tools/tool.js'
import { isToolResult } from '../tools/tool-result.js'
import type { Answer } from '../wire/wire.js'
import { type AskPerson, ask } from './ask.js'
import type { EventLog } from './event-log.js'
import type { RunDecision, ToolExecutionEvent } from './execution-event.js'
import {
  anyError,
  badArguments,
  type DescribeError,
  handedOnBefore,
  modelResult,
  type ModelResult,
  unknownTool,
  wireText,
} from './model-text.js'
import { type ProposedCall, readArguments } from './proposed.js'
import { serviceSignal } from './service-signal.js'

/** What performing calls needs of a run. */
export interface PerformerOptions {
  /** The governor in the run's scope. */
  readonly session: Governor
  readonly scope: Readonly<Scope>
  readonly tools: ReadonlyMap<string, RegisteredTool>
  readonly log: EventLog
  readonly signal: AbortSignal | undefined
  /** Handed on to every tool. */
  readonly context: unknown
  readonly describeError: DescribeError
  /** Asks a person about a held call, at once. */
  readonly askPerson: AskPerson | undefined
  /** Milliseconds, of any beginning. */
  readonly now: () => number
}

/** A call's result, and the event that tells of it; a wrapper call has one for each call in it. */
export interface Performed extends Answer {
  readonly events: readonly ToolExecutionEvent[]
}

/** Brings proposed calls to the governor, and back what became of them. Never rejects for what a call holds, or a tool does. */
export class Performer {
  readonly #options: PerformerOptions

  constructor(options: PerformerOptions) {
    this.#options = options
  }

  /** Decides on a call, and executes it if it may be. */
  async perform(call: ProposedCall): Promise<Performed> {
    if (call.children !== undefined) return this.#performAll(call, call.children)
    const { tools } = this.#options
    const startedAt = this.#options.now()
    if (call.kind === 'hosted') return this.#governHosted(call, startedAt)
    const tool = tools.get(call.name)
    if (tool === undefined) return this.#refuse(call, unknownTool(call.name), call.text, startedAt)
    const read = readArguments(call)
    if ('problem' in read) return this.#refuse(call, badArguments(read.problem), call.text, startedAt)
    const parsed = await validated(tool, read.input)
    if ('problem' in parsed) return this.#refuse(call, badArguments(parsed.problem), read.input, startedAt)
    return this.#govern(call, tool, parsed.input, startedAt)
  }

  /** Decides on calls at once, ahead of performing them: a decision service is asked about them together. What cannot be decided ahead is decided in its turn. */
  async decideAhead(calls: readonly ProposedCall[]): Promise<void> {
    const each = calls.flatMap(call => call.children ?? [call])
    if (each.length > 1) await Promise.all(each.map(call => this.#prepare(call)))
  }

  async #prepare(call: ProposedCall): Promise<void> {
    const { session, signal, tools } = this.#options
    const tool = tools.get(call.name)
    const read = readArguments(call)
    if ('problem' in read || (tool === undefined && call.kind !== 'hosted')) return
    const isHosted = tool === undefined || call.kind === 'hosted'
    const parsed = isHosted ? read : await validated(tool, read.input)
    if ('problem' in parsed) return
    const scope = { profile: tool?.profile, signal, ...(isHosted ? {} : { validate: tool.validate }) }
    await session.prepare({ id: call.callId, name: call.name, input: parsed.input }, scope).catch(() => undefined)
  }

  /** Brings a call again that was held, with the input that was reviewed. Nothing where there is no such tool any more. */
  async resume(call: ProposedCall, input: unknown): Promise<Performed | undefined> {
    const startedAt = this.#options.now()
    if (call.kind === 'hosted') return this.#governHosted({ ...call, text: JSON.stringify(input) }, startedAt)
    const tool = this.#options.tools.get(call.name)
    return tool === undefined ? undefined : this.#govern(call, tool, input, startedAt)
  }

  async #performAll(call: ProposedCall, children: readonly ProposedCall[]): Promise<Performed> {
    const performed: Performed[] = []
    for (const child of children) performed.push(await this.perform(child))
    const results = performed.map(({ call: { name }, text }) => `{"tool":${JSON.stringify(name)},"result":${text}}`)
    const result: ModelResult = { status: 'executed' }
    return { call, result, text: `[${results.join(',')}]`, events: performed.flatMap(({ events }) => events) }
  }

  async #govern(call: ProposedCall, tool: RegisteredTool, input: unknown, startedAt: number): Promise<Performed> {
    const { session, signal, askPerson } = this.#options
    const proposal = { id: call.callId, name: call.name, input }
    const { profile, validate } = tool
    const switchTo = (name: string): Execute<unknown> | undefined =>
      this.#executeOf(call, this.#options.tools.get(name))
    const run = (): Promise<Execution> =>
      session.run<unknown>(proposal, this.#executeOf(call, tool), { profile, validate, switchTo, signal })
    return this.#tell(call, input, await ask(run, proposal, { session, askPerson }), startedAt)
  }

  #executeOf(call: ProposedCall, tool: RegisteredTool): Execute<unknown>
  #executeOf(call: ProposedCall, tool: RegisteredTool | undefined): Execute<unknown> | undefined
  #executeOf({ callId }: ProposedCall, tool: RegisteredTool | undefined): Execute<unknown> | undefined {
    if (tool === undefined) return undefined
    const { scope, context } = this.#options
    return ({ input, idempotencyKey, fencingToken, signal, decision }) =>
      tool.execute(input, { callId, idempotencyKey, fencingToken, signal, decision, scope, context })
  }

  /** What the provider is to execute: once it may, it is handed on, and only then. */
  async #governHosted(call: ProposedCall, startedAt: number): Promise<Performed> {
    const { session, signal, askPerson, tools } = this.#options
    const read = readArguments(call)
    if ('problem' in read) return this.#refuse(call, badArguments(read.problem), call.text, startedAt)
    const proposal = { id: call.callId, name: call.name, input: read.input }
    const scope = { profile: tools.get(call.name)?.profile, signal }
    const run = (): Promise<Execution> => session.run<unknown>(proposal, () => 'handed on', scope)
    const execution = await ask(run, proposal, { session, askPerson })
    const again = execution.status === 'executed' && execution.replayed === true ? handedOnBefore() : undefined
    return this.#tell(call, read.input, execution, startedAt, again)
  }

  #tell(
    call: ProposedCall,
    input: unknown,
    execution: Execution,
    startedAt: number,
    result = modelResult(execution, this.#describe),
  ): Performed {
    const { log, now } = this.#options
    const { decision, status, approvalLoop } = execution
    const { text, error: unwritable } = wireText(result)
    const event = log.add({
      tool: call.name,
      callId: call.callId,
      status: unwritable === undefined ? status : 'tool_error',
      requestId: decision.id,
      decision: runDecision(execution),
      arguments: input,
      ...serviceSignal(decision),
      ...outputOf(execution),
      ...(unwritable === undefined ? errorOf(execution) : { error: unwritable }),
      ...(decision.recommendation === undefined ? {} : { recommendation: decision.recommendation }),
      ...(decision.riskScore === undefined ? {} : { riskScore: decision.riskScore }),
      enforcementMode: decision.mode,
      ...(approvalLoop === undefined ? {} : { approvalLoop }),
      ...('replayed' in execution && execution.replayed ? { replayed: true } : {}),
      ...('notice' in execution && execution.notice !== undefined ? { notice: execution.notice } : {}),
      durationMs: now() - startedAt,
    })
    return { call, result, text, events: [event] }
  }

  /** Words that cannot be found are the ones for any error. */
  readonly #describe: DescribeError = (error, tool) => {
    try {
      return String(this.#options.describeError(error, tool))
    } catch {
      return anyError(undefined)
    }
  }

  /** There was nothing to decide on. */
  #refuse(call: ProposedCall, result: ModelResult, input: unknown, startedAt: number): Performed {
    const { log, now } = this.#options
    const { status, reason } = result
    const { name: tool, callId } = call
    const durationMs = now() - startedAt
    const event = log.add({ tool, callId, status, requestId: undefined, arguments: input, error: reason, durationMs })
    return { call, result, text: wireText(result).text, events: [event] }
  }
}

/** A schema that throws has refused. Its words may be anybody's, so they are not passed on. */
async function validated(
  { validate }: RegisteredTool,
  input: unknown,
): Promise<{ readonly input: unknown } | { readonly problem: string }> {
  try {
    const result = await validate(input)
    return 'problem' in result ? { problem: `Invalid arguments: ${result.problem}` } : result
  } catch {
    return { problem: 'Invalid arguments: the schema could not read them' }
  }
}

function outputOf(execution: Execution): Pick<ToolExecutionEvent, 'output' | 'metadata'> {
  if (execution.status !== 'executed') return {}
  const { output } = execution
  return isToolResult(output) ? { output: output.content, metadata: output.metadata } : { output }
}

function errorOf(execution: Execution): { readonly error?: unknown } {
  if (execution.status === 'executed') return {}
  return { error: execution.status === 'tool_error' ? execution.error : execution.message }
}

function runDecision({ decision }: Execution): RunDecision {
  const { result, id } = decision
  return { ...decision, allowed: result === 'allowed', requiresApproval: result === 'requires_approval', requestId: id }
}
