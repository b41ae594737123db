/** The fields of LangGraph's `Command`, which a tool may return to update a graph's state, or to go elsewhere in it. */
export interface CommandLike {
  readonly lg_name: 'Command'
  readonly graph?: unknown
  readonly update?: unknown
  readonly resume?: unknown
  readonly goto?: unknown
}

/** The fields of LangGraph's `Send`. */
export interface SendLike {
  readonly lg_name: 'Send'
  readonly node: unknown
  readonly args: unknown
}

/** LangGraph's own test of a command. */
export function isCommand(value: object): value is CommandLike {
  return 'lg_name' in value && value.lg_name === 'Command'
}

/** LangGraph's own test of a send. */
export function isSend(value: object): value is SendLike {
  return 'lg_name' in value && value.lg_name === 'Send'
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

/** A send out of a receipt. */
export class StoredSend implements SendLike {
  readonly lg_name = 'Send'
  readonly node: unknown
  readonly args: unknown

  constructor(node: unknown, args: unknown) {
    this.node = node
    this.args = args
  }

  toJSON(): object {
    const { lg_name, node, args } = this
    return { lg_name, node, args }
  }
}

function isTuple(value: unknown): value is readonly [string, unknown] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string'
}
