import type { ToolProfile } from 'countersign'
import type { Gate } from './gate.js'
import { gateOf, govern, isGovernable, otherTools } from './governed-tool.js'
import type { GateOptions, GovernableTool } from './options.js'

/** How a call of a tool name is to be judged; without the tool itself where it has not been seen. */
export interface KnownTool {
  readonly gate: Gate
  readonly tool: GovernableTool | undefined
}

/** The tools of an agent as far as its middleware knows them: LangChain shows it a tool only when that is first called. */
export class AgentTools {
  readonly #options: GateOptions
  readonly #profiles: ReadonlyMap<string, ToolProfile>
  readonly #byName = new Map<string, GovernableTool>()
  readonly #governed = new WeakMap<object, GovernableTool>()
  readonly #others = otherTools(name => this.#byName.get(name))

  constructor(options: GateOptions, profiles: ReadonlyMap<string, ToolProfile>, tools: readonly unknown[]) {
    this.#options = options
    this.#profiles = profiles
    for (const tool of tools) if (isGovernable(tool)) this.governed(tool)
  }

  /** The tool behind its own gate if it has one, else behind the agent's; and known by its name from now on. */
  governed(tool: GovernableTool): GovernableTool {
    const known = this.#governed.get(tool)
    if (known !== undefined) return known
    const governed = govern(tool, this.#options, this.#profiles.get(tool.name), `profiles.${tool.name}`, this.#others)
    this.#governed.set(tool, governed)
    this.#byName.set(tool.name, governed)
    return governed
  }

  /** By a name that a model said. */
  named(name: string): KnownTool {
    const tool = this.#byName.get(name)
    const gate = tool === undefined ? undefined : gateOf(tool)
    const { governor, scope, approvals, trustAnnotations } = this.#options
    const own = gate ?? { governor, scope, approvals, trustAnnotations, name, profile: this.#profiles.get(name) }
    return { gate: own.others === undefined ? { ...own, others: this.#others } : own, tool }
  }
}
