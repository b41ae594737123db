/** The fields of LangGraph's `Command`, which a tool may return to update a graph's state, or to go elsewhere in it. */
export interface CommandLike {
  readonly lg_name: 'Command'
  readonly graph?: unknown
  readonly update?: unknown
  readonly resume?: unknown
  readonly goto?: unknown
}

/** LangGraph's own test of a command. */
export function isCommand(value: object): value is CommandLike {
  return 'lg_name' in value && value.lg_name === 'Command'
}

/** A command out of a receipt: LangGraph knows its own by their fields, and nothing of it is imported here. */
export class StoredCommand implements CommandLike {
  readonly lg_name = 'Command'
  readonly lc_direct_tool_output = true
  readonly graph: unknown
  readonly update: unknown
  readonly resume: unknown
  readonly goto: unknown

  constructor({ graph, update, resume, goto }: Partial<CommandLike>) {
    this.graph = graph
    this.update = update
    this.resume = resume
    this.goto = goto ?? []
  }

  /** The writes that LangGraph makes of it. */
  _updateAsTuples(): readonly (readonly [string, unknown])[] {
    const { update } = this
    if (Array.isArray(update)) return update.every(isTuple) ? update : [['__root__', update]]
    return typeof update === 'object' && update !== null ? Object.entries(update) : [['__root__', update]]
  }

  toJSON(): object {
    const { lg_name, update, resume, goto } = this
    return { lg_name, update, resume, goto }
  }
}

function isTuple(value: unknown): value is readonly [string, unknown] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string'
}
