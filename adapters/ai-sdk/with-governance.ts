import type { ToolSet } from 'ai'
import { governedTools } from './governed-tools.js'
import type { GovernedToolsOptions } from './options.js'
import { type ToolApproval, toolApprovalOf } from './tool-approval.js'

/** What to spread into generateText, streamText or a ToolLoopAgent. */
export interface Governance<TOOLS extends ToolSet> {
  /** The same tools, governed. */
  readonly tools: TOOLS
  /** Has held calls asked about, and blocked ones denied, each with its reason. How a person is asked, never the boundary: that is in the tools. */
  readonly toolApproval: ToolApproval
}

/**
 * Governs a record of tools and the SDK's question before each call:
 * `generateText({ model, ...withGovernance(tools, { governor }), prompt })`. On ai 6, which has no `toolApproval`, the
 * tools' own `needsApproval` asks instead.
 *
 * @throws GovernanceError `invalid-option` for a profile of a tool that is not there, or one with an unknown key
 */
export function withGovernance<TOOLS extends ToolSet>(
  tools: TOOLS,
  options: GovernedToolsOptions<NoInfer<TOOLS>>,
): Governance<TOOLS> {
  const governed = governedTools(tools, options)
  return { tools: governed, toolApproval: toolApprovalOf(governed, options) }
}
