import { isRunnableToolLike } from '@langchain/core/tools'
import { GovernanceError, knownKeys, type ToolProfile } from 'countersign'
import type { Gate } from './gate.js'
import {
  type GateOptions,
  type GovernableTool,
  type GovernedToolOptions,
  type LangChainOptions,
  OPTION_KEYS,
  profileFor,
  type ProfileInput,
  type ProfilesOf,
  resolveOptions,
} from './options.js'
import { governedRunnable } from './runnable-tool.js'
import { governedStructured } from './structured-tool.js'
import type { OtherTools } from './switch.js'

/** Marks a governed tool, also across two copies of this package; reads as the tool beneath and its gate. */
const GOVERNED = Symbol.for('countersign.langchain.governed')

interface Governed {
  readonly tool: GovernableTool
  readonly gate: Gate
}

/**
 * The same tool behind a decision: it runs only if the governor allows the call. Type, name, description, schema,
 * metadata, `returnDirect`, artifacts, `extras` and `instanceof` stay what they were. The gate is where LangChain calls
 * the tool's own code, so `invoke`, `stream`, `batch`, `call`, `func`, a ToolNode and `createAgent` all pass it, with
 * arguments as the schema parsed them.
 *
 * A refused call is an error ToolMessage that says why and what to do instead; a call without a tool call id throws.
 * Where LangGraph can come back to it, a held call raises an interrupt in the human-in-the-loop format. A tool that is
 * already governed is returned as it is. A generator tool is run to its end behind the gate, its chunks told as always.
 *
 * @throws GovernanceError `invalid-option` for an unknown option, and for what is not a tool that runs here
 */
export function governedTool<TOOL extends GovernableTool>(
  tool: TOOL,
  options: GovernedToolOptions<ProfileInput<TOOL>>,
): TOOL {
  const where = `governedTool(${nameOf(tool)})`
  const { governor: _governor, scope: _scope, approvals: _approvals, trustAnnotations: _trust, ...profile } = options
  return govern(tool, resolveOptions(options, where), Object.keys(profile).length === 0 ? undefined : profile, where)
}

/** Options of {@link governedTools}. */
export interface GovernedToolsOptions<TOOLS extends readonly GovernableTool[]> extends LangChainOptions {
  /** What governance should know of the tools, by name. */
  readonly profiles?: ProfilesOf<TOOLS>
}

/**
 * {@link governedTool} for a list: same types in and out, tuples stay tuples.
 *
 * @throws GovernanceError `invalid-option` for an unknown option, a profile of a tool that is not in the list, and for
 * what is not a tool that runs here (a provider's own tools run at the provider: nothing here can govern them)
 */
export function governedTools<TOOLS extends readonly GovernableTool[] | readonly []>(
  tools: TOOLS,
  options: GovernedToolsOptions<TOOLS>,
): TOOLS {
  knownKeys(options, [...OPTION_KEYS, 'profiles'], 'governedTools')
  const gate = resolveOptions(options, 'governedTools')
  const list: readonly GovernableTool[] = tools
  const profiles: Readonly<Record<string, ToolProfile | undefined>> = options.profiles ?? {}
  knownKeys(profiles, list.map(nameOf), 'governedTools.profiles')
  const others = otherTools(name => list.find(tool => nameOf(tool) === name))
  return list.map(tool => {
    const name = nameOf(tool)
    const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
    return govern(tool, gate, profile, `governedTools.profiles.${name}`, others)
  }) as unknown as TOOLS
}

/** Puts a gate around a tool that has none yet. */
export function govern<TOOL extends GovernableTool>(
  tool: TOOL,
  options: GateOptions,
  profile: ToolProfile | undefined,
  where: string,
  others?: OtherTools,
): TOOL {
  if (!isGovernable(tool)) throw notATool(tool, where)
  if (gateOf(tool) !== undefined) return tool
  const joined = profileFor(tool, profile, options.trustAnnotations, where)
  return wrap(tool, { ...options, name: tool.name, profile: joined, others }) as TOOL
}

/** Tools as a reviewer may choose them: their own code, without their gates. */
export function otherTools(find: (name: string) => GovernableTool | undefined): OtherTools {
  return {
    find: name => {
      const tool: (GovernableTool & { readonly [GOVERNED]?: Governed }) | undefined = find(name)
      return tool?.[GOVERNED]?.tool ?? tool
    },
  }
}

/** The gate of a governed tool. */
export function gateOf(tool: unknown): Gate | undefined {
  return (tool as { readonly [GOVERNED]?: Governed })[GOVERNED]?.gate
}

/** The same governed tool with a gate that knows more of one call. */
export function regated(tool: GovernableTool, change: Partial<Gate>): GovernableTool {
  const governed = (tool as { readonly [GOVERNED]?: Governed })[GOVERNED]
  return governed === undefined ? tool : wrap(governed.tool, { ...governed.gate, ...change })
}

/** Whether a value is a tool whose code runs in this process. */
export function isGovernable(tool: unknown): tool is GovernableTool {
  if (typeof tool !== 'object' || tool === null) return false
  const { name, invoke } = tool as Partial<GovernableTool>
  return typeof name === 'string' && typeof invoke === 'function'
}

function wrap(tool: GovernableTool, gate: Gate): GovernableTool {
  const methods = isRunnableToolLike(tool) ? governedRunnable(tool, gate) : governedStructured(tool, gate)
  const replaced = new Map<PropertyKey, unknown>([[GOVERNED, { tool, gate } satisfies Governed], ...methods])
  return new Proxy(tool, {
    // The tool itself is the receiver, because an accessor may read private fields, which a proxy has not.
    get: (target, property) => replaced.get(property) ?? Reflect.get(target, property, target),
    set: (target, property, value) => Reflect.set(target, property, value, target),
  })
}

function nameOf(tool: unknown): string {
  const name = (tool as { readonly name?: unknown } | null | undefined)?.name
  return typeof name === 'string' ? name : '?'
}

function notATool(tool: unknown, where: string): GovernanceError {
  const type = (tool as { readonly type?: unknown } | null | undefined)?.type
  const what = typeof type === 'string' ? `the definition of the provider's own tool "${type}"` : 'not a LangChain tool'
  return new GovernanceError(
    'invalid-option',
    `${where}: this is ${what}; only tools that run in this process can be governed`,
  )
}
