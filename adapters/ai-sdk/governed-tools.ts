import type { ToolSet } from 'ai'
import { checkProfile, knownKeys, type ToolProfile } from 'countersign'
import { serverAnnotations } from './annotations.js'
import { askingOf } from './asking.js'
import { checkGovernor, govern } from './govern.js'
import type { AnyTool, GovernedToolsOptions } from './options.js'
import { asToolLike } from './tool-like.js'

/**
 * Puts every tool of a record under governance, each by its key, as `governedTool` does with one.
 *
 * @throws GovernanceError `invalid-option` for a profile of a tool that is not there, or one with an unknown key
 */
export function governedTools<TOOLS extends ToolSet>(
  tools: TOOLS,
  options: GovernedToolsOptions<NoInfer<TOOLS>>,
): TOOLS {
  const { governor, scope, trustAnnotations = false, profiles = {} } = options
  knownKeys(options, ['governor', 'profiles', 'scope', 'trustAnnotations', 'approvals', 'parallelApprovals'], '')
  checkGovernor(governor)
  const asking = askingOf(options)
  knownKeys(profiles, Object.keys(tools), 'profiles')
  const governed = Object.entries<AnyTool>(tools).map(([name, tool]) => {
    const stated = profileOf(profiles, name)
    const profile = trustAnnotations ? withServerAnnotations(stated, tool) : stated
    return [name, govern(tool, { name, governor, scope, profile, asking })] as const
  })
  return Object.fromEntries(governed) as TOOLS
}

function profileOf(profiles: object, name: string): ToolProfile {
  const profile = Object.hasOwn(profiles, name) ? (profiles as Readonly<Record<string, ToolProfile>>)[name] : undefined
  if (profile === undefined) return {}
  checkProfile(profile, `profiles.${name}`)
  return profile
}

function withServerAnnotations(profile: ToolProfile, tool: AnyTool): ToolProfile {
  const annotations = { ...serverAnnotations(asToolLike(tool)), ...profile.annotations }
  return Object.keys(annotations).length === 0 ? profile : { ...profile, annotations }
}
