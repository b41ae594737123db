import { GovernanceError, type Governor, type ToolProfile } from 'countersign'
import { claimFor } from './answers.js'
import type { Asking } from './asking.js'
import { type Call, Gate } from './gate.js'
import { modelOutputOf } from './model-output.js'
import type { AnyScope, AnyTool } from './options.js'
import {
  asksApproval,
  asToolLike,
  type CallOptions,
  cloneTool,
  isProviderExecuted,
  type ToolLike,
} from './tool-like.js'

/** Shared by every copy of the package, so that none governs what another one does. */
const GOVERNED = Symbol.for('countersign.ai-sdk.governed')

/** A tool that has a gate, as it was before. */
export interface Governed {
  readonly gate: Gate
  readonly tool: ToolLike
}

/** A tool's options once checked. */
export interface GovernOptions {
  readonly name: string
  readonly governor: Governor
  readonly scope: AnyScope
  readonly profile: ToolProfile
  readonly asking: Asking
  readonly streaming?: boolean | undefined
}

/** What a governed tool was made of. It hangs on the function that leads through the gate: a tool whose `execute` was replaced has none. */
export function governedOf(tool: ToolLike): Governed | undefined {
  const entrance = tool.execute ?? tool.needsApproval
  return typeof entrance === 'function' ? (entrance as { [GOVERNED]?: Governed })[GOVERNED] : undefined
}

/** The tool with its gate; the tool itself if it has one. */
export function govern<TOOL extends AnyTool>(tool: TOOL, options: GovernOptions): TOOL {
  const original = asToolLike(tool)
  if (governedOf(original) !== undefined) return tool
  const profile = Object.keys(options.profile).length === 0 ? undefined : options.profile
  const { name, governor, scope, asking } = options
  const governed = { tool: original, gate: new Gate({ name, governor, tool: original, profile, scope, asking }) }
  return cloneTool(tool, {
    needsApproval: marked(governed, (input, call) => needsApprovalOf(governed, input, call)),
    ...gatedExecute(governed, options.streaming),
    ...governedCaller(original, options),
  })
}

function gatedExecute(governed: Governed, streaming: boolean | undefined): Pick<ToolLike, 'execute' | 'toModelOutput'> {
  const { tool, gate } = governed
  const { execute } = tool
  if (typeof execute !== 'function') return {}
  const inner: Call = (input, call) => execute.call(tool, input, call)
  const outer: Call =
    (streaming ?? isAsyncGenerator(execute))
      ? (input, call) => gate.stream(input, call, inner)
      : (input, call) => gate.run(input, call, inner)
  return { execute: marked(governed, outer), toModelOutput: modelOutputOf(tool, gate.notices) }
}

/** The SDK executes what a tool caller binds, not the caller itself: the gate has to be on that. */
function governedCaller(tool: ToolLike, options: GovernOptions): Pick<ToolLike, 'experimental_toolCaller'> {
  const caller = tool.experimental_toolCaller
  const bind = caller?.bind
  if (caller === undefined || bind === undefined) return {}
  return { experimental_toolCaller: { ...caller, bind: tools => govern(bind.call(caller, tools), options) } }
}

/** @throws GovernanceError `invalid-option` */
export function checkGovernor(governor: Governor): void {
  if (typeof governor?.run === 'function' && typeof governor.prepare === 'function') return
  throw new GovernanceError('invalid-option', 'Option `governor`: expected a governor, from createGovernor or session')
}

/**
 * The answer for paths that ask the tool itself: code mode, ai 6, ai 7 without `toolApproval`. A blocked call goes on to
 * `execute`, which says why; where nothing executes here, it is held instead, because the SDK knows no other refusal.
 */
async function needsApprovalOf({ tool, gate }: Governed, input: unknown, options: CallOptions): Promise<boolean> {
  const runsHere = typeof tool.execute === 'function'
  const resumed = claimFor(options) !== undefined
  // ai 6 takes "no" for a forgery here, without a word to the model: `execute` has the last one.
  if (resumed && runsHere) return true
  try {
    if (isProviderExecuted(tool)) {
      await gate.observe(input, options)
      return await asksApproval(tool, input, options)
    }
    const { next } = await gate.prepare(input, options)
    return runsHere ? next === 'ask' : (next === 'run') === resumed
  } catch {
    return !runsHere && !resumed
  }
}

function marked(governed: Governed, entrance: Call): Call {
  return Object.defineProperty(entrance, GOVERNED, { value: governed })
}

function isAsyncGenerator(execute: unknown): boolean {
  return Object.prototype.toString.call(execute) === '[object AsyncGeneratorFunction]'
}
