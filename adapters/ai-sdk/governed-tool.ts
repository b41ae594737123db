import { checkProfile, GovernanceError } from 'countersign'
import { askingOf } from './asking.js'
import { checkGovernor, govern } from './govern.js'
import type { AnyTool, GovernedToolOptions } from './options.js'

/**
 * Puts a tool under governance: the same tool, with a gate inside `execute` that every path passes (generateText,
 * streamText, agents, code mode, subagents, a direct call), and a `needsApproval` that makes the SDK ask where the
 * policy holds a call. A refused call throws out of `execute`, which the SDK turns into a result the model can read.
 * A tool without `execute` runs elsewhere: for it, the SDK's approval is all there is. Governing twice changes nothing.
 *
 * @throws GovernanceError `invalid-option` for an unknown option or a governor that is none
 */
export function governedTool<TOOL extends AnyTool>(tool: TOOL, options: GovernedToolOptions<TOOL>): TOOL {
  const { name, governor, scope, streaming, approvals, parallelApprovals, ...profile } = options
  if (typeof name !== 'string' || name === '') {
    throw new GovernanceError('invalid-option', 'Option `name`: expected the name the model calls the tool by')
  }
  checkGovernor(governor)
  const asking = askingOf({ approvals, parallelApprovals })
  checkProfile(profile, name)
  return govern(tool, { name, governor, streaming, scope, profile, asking })
}
