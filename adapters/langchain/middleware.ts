import { ToolMessage } from '@langchain/core/messages'
import type { InferInteropZodInput, InteropZodObject } from '@langchain/core/utils/types'
import { checkProfile, isGovernanceError, knownKeys, type ToolProfile } from 'countersign'
import { AgentTools } from './agent-tools.js'
import { configOf, decideAhead, type RuntimeLike } from './decide-ahead.js'
import { sinkOf } from './events.js'
import { isBubbleUp, passGate } from './gate.js'
import { gateOf, isGovernable, regated } from './governed-tool.js'
import { Notes } from './notes.js'
import { type ApprovalsOption, invalid, type LangChainOptions, OPTION_KEYS, resolveOptions } from './options.js'
import { placeOf } from './place.js'

/** The context of an invocation, as the middleware's schema types it. */
type ContextOf<SCHEMA> = SCHEMA extends InteropZodObject ? InferInteropZodInput<SCHEMA> : unknown

/** Options of {@link governanceMiddleware}. */
export interface GovernanceMiddlewareOptions<
  SCHEMA extends InteropZodObject | undefined = undefined,
> extends LangChainOptions<ContextOf<SCHEMA>> {
  /** What governance should know of the agent's tools, by name. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a name carries no input type, and the profile's author knows the shape
  readonly profiles?: Readonly<Record<string, ToolProfile<any>>>
  /**
   * The agent's tools. A model's calls are decided ahead, to ask about all held ones at once, and for that their schemas
   * and their own profiles must be known; a tool not named here is known from its first call on, which may be decided twice.
   */
  readonly tools?: readonly unknown[]
  /** What a tool's own error becomes: a message the model can react to, as without any middleware, or the end of the run. @defaultValue `message` */
  readonly toolErrors?: 'message' | 'throw'
  /** Types and checks the part of an invocation's `context` that `scope` reads. */
  readonly contextSchema?: SCHEMA
}

/** A tool call on its way through an agent's middleware. */
export interface ToolCallRequestLike {
  readonly toolCall: { readonly id?: string | undefined; readonly name: string; readonly args: unknown }
  readonly tool: unknown
  readonly state: unknown
  readonly runtime: unknown
}

/** A middleware for LangChain's `createAgent`, written out so that it needs nothing of `langchain` at run time. */
export interface GovernanceMiddleware<SCHEMA extends InteropZodObject | undefined = undefined> {
  readonly name: 'Governance'
  readonly stateSchema?: undefined
  readonly contextSchema?: SCHEMA
  readonly wrapToolCall: <REQUEST extends ToolCallRequestLike, RESULT>(
    request: REQUEST,
    handler: (request: REQUEST) => RESULT | Promise<RESULT>,
  ) => Promise<RESULT | ToolMessage>
  readonly afterModel?: (state: unknown, runtime: unknown) => Promise<undefined>
}

/** What one middleware knows. */
interface Governing {
  readonly known: AgentTools
  readonly notes: Notes
  readonly approvals: ApprovalsOption
}

/** How LangChain recognises a middleware. */
const MIDDLEWARE = Symbol.for('AgentMiddleware')

/**
 * A governor in front of every tool call of an agent: `createAgent({ …, middleware: [governanceMiddleware({ governor })] })`.
 * Put it first in the list, so that it is the outermost around tools and the last after the model.
 *
 * After the model has spoken, all its calls are decided, and a person is asked about the held ones in a single interrupt in
 * the format of LangChain's own human-in-the-loop middleware. Each tool then runs behind the gate of {@link governedTool},
 * which is the boundary: a call that never was asked about (an inner middleware changed it, jumped past the question, or
 * brought a tool of its own name) is decided there. An answer is kept in the governor's store: what was approved runs once,
 * however often the graph brings it, and what was rejected is answered with the reviewer's words. A reviewer may change a
 * call; the policy judges the changed one, and the model is told.
 *
 * Decisions are bound to the arguments that a tool receives. For a tool that is not yet known (see `tools`) and whose
 * schema adds or transforms, these differ from the model's, and the gate decides once more.
 *
 * Beside any hook after the model, LangChain takes a call for answered whose id was answered in an earlier turn. With a
 * provider that numbers the calls of each turn anew, choose `approvals: 'off'`, which adds no such hook.
 *
 * @throws GovernanceError `invalid-option` for an unknown option, and for a profile of a tool that is not among `tools`
 */
export function governanceMiddleware<SCHEMA extends InteropZodObject | undefined = undefined>(
  options: GovernanceMiddlewareOptions<SCHEMA>,
): GovernanceMiddleware<SCHEMA> {
  const { profiles = {}, tools, toolErrors = 'message', contextSchema } = options
  const where = 'governanceMiddleware'
  knownKeys(options, [...OPTION_KEYS, 'profiles', 'tools', 'toolErrors', 'contextSchema'], where)
  const resolved = resolveOptions(options, where)
  if (toolErrors !== 'message' && toolErrors !== 'throw') throw invalid(where, 'toolErrors', '"message" or "throw"')
  if (tools !== undefined && !Array.isArray(tools)) throw invalid(where, 'tools', 'a list of tools')
  if (tools !== undefined)
    knownKeys(
      profiles,
      tools.filter(isGovernable).map(tool => tool.name),
      `${where}.profiles`,
    )
  for (const [name, profile] of Object.entries(profiles)) checkProfile(profile, `${where}.profiles.${name}`)
  const known = new AgentTools(resolved, new Map(Object.entries(profiles)), tools ?? [])
  const { approvals } = resolved
  const governing: Governing = { known, notes: new Notes(), approvals }
  return {
    [MIDDLEWARE]: true,
    name: 'Governance',
    ...(contextSchema === undefined ? {} : { contextSchema }),
    wrapToolCall: async (request, handler) => {
      try {
        return await runGoverned(governing, request, handler)
      } catch (error) {
        if (toolErrors === 'throw' || isFatal(error, request.runtime as RuntimeLike)) throw error
        return errorMessage(error, request)
      }
    },
    ...(approvals === 'interrupt'
      ? {
          afterModel: (state, runtime) =>
            decideAhead(known, governing.notes, state, runtime as RuntimeLike) as Promise<undefined>,
        }
      : {}),
  } satisfies GovernanceMiddleware<SCHEMA> & Record<symbol, unknown> as GovernanceMiddleware<SCHEMA>
}

/** Hands the tool on behind its gate; a tool that is not there yet, which only an inner middleware can bring, is gated from here. */
async function runGoverned<REQUEST extends ToolCallRequestLike, RESULT>(
  { known, notes, approvals }: Governing,
  request: REQUEST,
  handler: (request: REQUEST) => RESULT | Promise<RESULT>,
): Promise<RESULT | ToolMessage> {
  const { tool, toolCall } = request
  const config = { ...configOf(request.runtime as RuntimeLike, request.state), toolCall }
  if (!isGovernable(tool)) {
    const { gate } = known.named(toolCall.name)
    const { id: toolCallId, args: input } = toolCall
    const call = {
      input,
      toolCallId,
      config,
      events: sinkOf(config),
      asTuple: false,
      schema: undefined,
      validate: undefined,
    }
    const output = await passGate(gate, call, () => handler(request))
    return output as RESULT | ToolMessage
  }
  const governed = known.governed(tool)
  const refused = notes.refusalOf(placeOf(config, toolCall.id, gateOf(governed)?.scope))
  const change = {
    ...(refused === undefined ? {} : { refused }),
    ...(approvals === 'interrupt' ? {} : { approvals }),
  }
  return handler({ ...request, tool: Object.keys(change).length === 0 ? governed : regated(governed, change) })
}

/** Control flow, another middleware's own failure, and the end of the run are no tool's error. */
function isFatal(error: unknown, { signal }: RuntimeLike): boolean {
  return isBubbleUp(error) || brandOf(error) === 'MiddlewareError' || signal?.aborted === true
}

/** As LangChain's tool node words it where no middleware is in between. */
function errorMessage(error: unknown, { toolCall }: ToolCallRequestLike): ToolMessage {
  const isOurs = isGovernanceError(error) || brandOf(error) === 'ToolInvocationError'
  return new ToolMessage({
    content: isOurs ? (error as Error).message : `${String(error)}\n Please fix your mistakes.`,
    tool_call_id: toolCall.id ?? '',
    name: toolCall.name,
    status: 'error',
  })
}

function brandOf(error: unknown): unknown {
  return (error as { readonly '~brand'?: unknown } | null | undefined)?.['~brand']
}
