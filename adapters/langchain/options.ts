import {
  checkProfile,
  checkScope,
  GovernanceError,
  type Governor,
  type InputOf,
  oneOf,
  type ToolAnnotations,
  type ToolProfile,
} from 'countersign'
import type { ScopeOption } from './place.js'

/**
 * What a call that waits for a person does: raise LangGraph's interrupt where it can, wait inside of the tool until somebody
 * answers elsewhere, or be refused at once.
 */
export type ApprovalsOption = 'interrupt' | 'wait' | 'off'

/** What every way to govern LangChain tools is told. */
export interface LangChainOptions<CONTEXT = unknown> {
  readonly governor: Governor
  /** Who and where, or a function of the invocation's `context` and `configurable`. @defaultValue `sessionId` is the thread's id */
  readonly scope?: ScopeOption<CONTEXT>
  /** Without a checkpointer nobody can be asked, and a held call is refused with the id of its request. @defaultValue `interrupt` */
  readonly approvals?: ApprovalsOption
  /** Believe the hints in a tool's `metadata.annotations`: an MCP server's own word. What a profile says goes first. @defaultValue false */
  readonly trustAnnotations?: boolean
}

/** {@link LangChainOptions} for one tool, and what governance should know of it. */
export type GovernedToolOptions<INPUT = never> = LangChainOptions & ToolProfile<INPUT>

/** What this adapter needs to know of a tool; all of LangChain's tools have it. */
export interface GovernableTool {
  readonly name: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tools differ in what they take and give; nothing is called through this type
  readonly invoke: (input: any, config?: any) => Promise<unknown>
}

/** The input a tool's profile functions receive: what its schema parses to; untyped where the schema's type is not known. */
// oxlint-disable-next-line typescript/no-explicit-any -- a JSON schema carries no type, and the profile's author knows the shape
export type ProfileInput<TOOL> = unknown extends InputOf<TOOL> ? any : InputOf<TOOL>

/** Profiles by the names of tools; where names are literals, a misspelt one is a compile error. */
export type ProfilesOf<TOOLS extends readonly GovernableTool[]> = {
  readonly [NAME in TOOLS[number]['name']]?: ToolProfile<ProfileInput<Extract<TOOLS[number], { readonly name: NAME }>>>
}

/** Options with their defaults, for any tool. */
export interface GateOptions {
  readonly governor: Governor
  readonly scope: ScopeOption | undefined
  readonly approvals: ApprovalsOption
  readonly trustAnnotations: boolean
}

/** The options that every part of this adapter takes. */
export const OPTION_KEYS = ['governor', 'scope', 'approvals', 'trustAnnotations'] satisfies (keyof LangChainOptions)[]
const HINTS = {
  readOnly: 'readOnlyHint',
  destructive: 'destructiveHint',
  idempotent: 'idempotentHint',
  openWorld: 'openWorldHint',
} satisfies Record<keyof ToolAnnotations, string>

/**
 * Checks the options and fills in their defaults.
 *
 * @throws GovernanceError `invalid-option`
 */
export function resolveOptions(options: LangChainOptions<never>, where: string): GateOptions {
  const { governor, scope, approvals = 'interrupt', trustAnnotations = false } = options
  if (typeof governor?.run !== 'function') throw invalid(where, 'governor', 'a governor made by createGovernor()')
  oneOf(`${where}.approvals`, approvals, ['interrupt', 'wait', 'off'])
  if (typeof trustAnnotations !== 'boolean') throw invalid(where, 'trustAnnotations', 'true or false')
  if (scope !== undefined && typeof scope !== 'function') checkScope(scope, `${where}.scope`)
  return { governor, scope: scope as ScopeOption | undefined, approvals, trustAnnotations }
}

/**
 * The profile of one tool: what the application says, over what the tool's own metadata claims where that is trusted.
 *
 * @throws GovernanceError `invalid-option`
 */
export function profileFor(
  tool: object,
  own: ToolProfile | undefined,
  trustAnnotations: boolean,
  where: string,
): ToolProfile | undefined {
  if (own !== undefined) checkProfile(own, where)
  const claimed = trustAnnotations ? claimedAnnotations(tool) : undefined
  if (claimed === undefined) return own
  return { ...own, annotations: { ...claimed, ...own?.annotations } }
}

/** MCP's hints as `@langchain/mcp-adapters` hands them on. */
function claimedAnnotations(tool: object): ToolAnnotations | undefined {
  const { annotations } = (tool as { metadata?: { annotations?: Readonly<Record<string, unknown>> } }).metadata ?? {}
  if (typeof annotations !== 'object' || annotations === null) return undefined
  const claims = Object.entries(HINTS).flatMap(([name, hint]) =>
    typeof annotations[hint] === 'boolean' ? [[name, annotations[hint]] as const] : [],
  )
  return claims.length === 0 ? undefined : Object.fromEntries(claims)
}

/** The error of an option with the wrong kind of value. */
export function invalid(where: string, option: string, expected: string): GovernanceError {
  return new GovernanceError('invalid-option', `Option \`${where}.${option}\`: expected ${expected}`)
}
