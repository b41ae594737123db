import { DynamicStructuredTool, DynamicTool, StructuredTool, Tool } from '@langchain/core/tools'
import { type EventSink, sinkOf } from './events.js'
import { type Gate, type GatedCall, passGate } from './gate.js'
import type { GovernableTool } from './options.js'
import { parseInput, validatorOf } from './parse.js'
import type { CallConfig } from './place.js'
import { withGovernance } from './with-governance.js'

type Method = (...args: readonly unknown[]) => unknown
/** The run manager LangChain hands a tool; only there where somebody listens. */
type RunManager = EventSink & {
  readonly handleToolEvent?: (chunk: unknown) => Promise<void>
  readonly handleToolError?: (error: unknown) => Promise<void>
}

/** Ways into a tool that LangChain itself wrote: they end in `_call`, with `this` as the way there. */
const OWN_WAYS = new Set<unknown>(
  [StructuredTool, Tool, DynamicTool, DynamicStructuredTool].flatMap(({ prototype }) =>
    ['invoke', 'call'].map(name => Reflect.get(prototype, name) as unknown),
  ),
)

/** Ways that come down to `invoke`; a class that overrides one would lead past the gate. */
const ROUNDABOUT = ['stream', 'batch', 'transform', '_streamIterator', 'streamEvents', 'streamLog']

/**
 * The methods of a tool that are gated. A class that brings its own `invoke` or `call` may need its private fields there,
 * so these are called on the tool itself, and the gate is in front of them; of all others it is in front of the tool's code.
 */
export function governedStructured(tool: GovernableTool, gate: Gate): readonly (readonly [string, Method])[] {
  const isMethod = (name: string): boolean => typeof Reflect.get(tool, name) === 'function'
  const inside = ['_call', 'func'].filter(isMethod)
  const ways = ['invoke', 'call'].filter(isMethod)
  const outside = inside.length > 0 && ways.every(name => OWN_WAYS.has(Reflect.get(tool, name))) ? [] : ways
  return [
    ...ROUNDABOUT.map(name => [name, Reflect.get(StructuredTool.prototype, name) as Method] as const),
    ...inside.map(name => [name, insideGate(tool, name, gate)] as const),
    ...outside.map(name => [name, outsideGate(tool, name, gate)] as const),
  ]
}

/** In front of `_call` and `func`: the input is parsed, and the result goes through LangChain's formatting. */
function insideGate(tool: GovernableTool, name: string, gate: Gate): Method {
  const asTuple = (tool as { readonly responseFormat?: unknown }).responseFormat === 'content_and_artifact'
  const validate = validatorOf(tool)
  return (input, runManager, config) => {
    const events = (runManager as RunManager | null) ?? undefined
    const callConfig = (config as CallConfig | null | undefined) ?? {}
    const toolCallId = idIn(callConfig)
    const call: GatedCall = { input, toolCallId, config: callConfig, events, asTuple, schema: schemaOf(tool), validate }
    const finish = (result: unknown): unknown => (isAsyncGenerator(result) ? consume(result, events) : result)
    return passGate(gate, call, context => {
      const given = context.input === input ? callConfig : withArgs(callConfig, context.input)
      const result = callOn(tool, name, context.input, runManager, withGovernance(given, context))
      return result instanceof Promise ? result.then(finish) : finish(result)
    })
  }
}

/** In front of a class's own `invoke` or `call`: what the schema makes of the arguments is what is decided on. */
function outsideGate(tool: GovernableTool, name: string, gate: Gate): Method {
  const validate = validatorOf(tool, true)
  return async (given, config, ...rest) => {
    const input = ownCopy(given)
    const callConfig = (config as CallConfig | null | undefined) ?? {}
    const toolCall = isToolCall(input) ? input : undefined
    const args = toolCall === undefined ? input : toolCall.args
    const parsed = await parseInput(tool, args)
    const call: GatedCall = {
      input: parsed.isValid ? parsed.input : args,
      toolCallId: toolCall?.id ?? idIn(callConfig),
      config: callConfig,
      events: sinkOf(callConfig),
      asTuple: false,
      schema: schemaOf(tool),
      validate,
    }
    return passGate(gate, call, context => {
      const given = context.input === call.input ? input : withInput(input, context.input)
      return callOn(tool, name, given, name === 'invoke' ? withGovernance(callConfig, context) : config, ...rest)
    })
  }
}

function callOn(tool: GovernableTool, name: string, ...args: readonly unknown[]): unknown {
  const method = Reflect.get(tool, name) as Method | undefined
  return method === undefined ? undefined : Reflect.apply(method, tool, args)
}

/** A tool may look for its arguments in its config too. */
function withArgs(config: CallConfig, args: unknown): CallConfig {
  const { toolCall } = config
  return toolCall === undefined ? config : { ...config, toolCall: Object.assign({}, toolCall, { args }) }
}

/** What goes into a tool, with other arguments. */
export function withInput(given: unknown, args: unknown): unknown {
  return isToolCall(given) ? { ...given, args } : args
}

/** A tool's own schema, of whatever kind. */
export function schemaOf(tool: object): unknown {
  return (tool as { readonly schema?: unknown }).schema
}

function idIn({ toolCall }: CallConfig): string | undefined {
  return typeof toolCall?.id === 'string' && toolCall.id !== '' ? toolCall.id : undefined
}

/** The caller keeps its object, and could change it between the decision and the call. */
export function ownCopy(input: unknown): unknown {
  try {
    return structuredClone(input)
  } catch {
    return input
  }
}

/** LangChain's own test of a tool call. */
export function isToolCall(input: unknown): input is { readonly id?: string; readonly args: unknown } {
  return typeof input === 'object' && input !== null && 'type' in input && input.type === 'tool_call'
}

function isAsyncGenerator(value: unknown): value is AsyncGenerator {
  return typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'function'
}

/** As LangChain consumes a generator tool, but behind the gate: its run ends when the generator does. */
async function consume(generator: AsyncGenerator, events: RunManager | undefined): Promise<unknown> {
  try {
    for (;;) {
      const { done, value } = await generator.next()
      if (done === true) return value
      await events?.handleToolEvent?.(value).catch((error: unknown) => events.handleToolError?.(error))
    }
  } finally {
    await generator.return?.(undefined)
  }
}
