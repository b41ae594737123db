import { Runnable, type RunnableConfig } from '@langchain/core/runnables'
import { type Execution, type ExecutionContext, streamGoverned } from 'countersign'
import { sinkOf } from './events.js'
import { type Gate, type GatedCall, passGate } from './gate.js'
import type { GovernableTool } from './options.js'
import { parseInput, validatorOf } from './parse.js'
import type { CallConfig } from './place.js'
import { isToolCall, ownCopy, schemaOf, withInput } from './structured-tool.js'
import { withGovernance } from './with-governance.js'

/**
 * The replaced members of a `runnable.asTool()`: every way into it leads through the runnable it is bound to, also what
 * `withConfig` and `withRetry` make of it, so the gate is there.
 */
export function governedRunnable(tool: GovernableTool, gate: Gate): readonly (readonly [string, unknown])[] {
  const bound = Reflect.get(tool, 'bound') as Runnable
  return [['bound', new GatedRunnable(bound, tool, gate)]]
}

/** A runnable with a gate in front; `batch`, `transform` and `pipe` come down to these two ways in. */
class GatedRunnable extends Runnable {
  lc_namespace = ['countersign', 'langchain']
  readonly #bound: Runnable
  readonly #tool: GovernableTool
  readonly #gate: Gate

  constructor(bound: Runnable, tool: GovernableTool, gate: Gate) {
    super()
    this.#bound = bound
    this.#tool = tool
    this.#gate = gate
  }

  override getName(suffix?: string): string {
    return this.#bound.getName(suffix)
  }

  override async invoke(given: unknown, options: Partial<RunnableConfig> = {}): Promise<unknown> {
    const input = ownCopy(given)
    const call = await gatedCall(this.#tool, input, options)
    return passGate(this.#gate, call, context => {
      const given = context.input === call.input ? input : withInput(input, context.input)
      return this.#bound.invoke(given, withGovernance(options, context))
    })
  }

  override async *_streamIterator(given: unknown, options: Partial<RunnableConfig> = {}): AsyncGenerator {
    const input = ownCopy(given)
    const call = await gatedCall(this.#tool, input, options)
    yield* streamGoverned(
      async execute => {
        const output = await passGate(this.#gate, call, execute)
        return { status: 'executed', output } as Execution
      },
      (context: ExecutionContext) => {
        const given = context.input === call.input ? input : withInput(input, context.input)
        return this.#bound._streamIterator(given, withGovernance(options, context))
      },
      ended => (ended.status === 'executed' ? ended.output : undefined),
    )
  }
}

/** Only the arguments of a tool call are parsed by the tool; a plain input is what the runnable gets. */
async function gatedCall(tool: GovernableTool, input: unknown, options: Partial<RunnableConfig>): Promise<GatedCall> {
  const config = options as CallConfig
  const base = { config, events: sinkOf(config), asTuple: false, schema: schemaOf(tool) }
  if (!isToolCall(input)) {
    return { ...base, input, toolCallId: config.toolCall?.id, validate: undefined }
  }
  const parsed = await parseInput(tool, input.args)
  return {
    ...base,
    input: parsed.isValid ? parsed.input : input.args,
    toolCallId: input.id,
    validate: validatorOf(tool, true),
  }
}
