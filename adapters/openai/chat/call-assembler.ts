import { argumentsText, isRecord, numberIn, textIn, type UnknownRecord } from '../call/record.js'

/** A call as it is put together from a stream. */
export interface AssembledCall {
  id: string | undefined
  index: number | undefined
  kind: 'function' | 'custom'
  name: string
  arguments: string
  /** What the provider says besides, such as a signature that it wants back. */
  extra: Record<string, unknown>
}

/** What one entry of a chunk did. */
export interface AssembledEntry {
  readonly call: AssembledCall
  readonly isNew: boolean
  readonly delta: string
}

const OWN_FIELDS = new Set(['index', 'id', 'type', 'function', 'custom'])

/**
 * Puts calls together from the entries of chunks, by their ids: a new id is a new call, whatever its `index` says. Only entries
 * without an id go by the index, and without either, by their order. Providers write `null`, nothing, or 0 for every call.
 */
export class CallAssembler {
  readonly calls: AssembledCall[] = []
  /** Calls that this chunk has spoken of: one chunk does not begin a call twice. */
  #touched = new Set<AssembledCall>()

  /** Takes the `tool_calls` of one chunk. */
  push(entries: readonly unknown[]): readonly AssembledEntry[] {
    this.#touched = new Set()
    return entries.filter(isRecord).map(entry => this.#take(entry))
  }

  #take(entry: UnknownRecord): AssembledEntry {
    const part = isRecord(entry['custom']) ? entry['custom'] : entry['function']
    const name = textIn(part, 'name')
    const found = this.#find(entry, name)
    const call = found ?? this.#begin(entry)
    this.#touched.add(call)
    call.id ??= textIn(entry, 'id')
    call.index ??= numberIn(entry, 'index')
    if (name !== undefined && call.name === '') call.name = name
    for (const [field, value] of Object.entries(entry)) {
      if (!OWN_FIELDS.has(field) && value !== null && value !== undefined) call.extra[field] = value
    }
    const delta = isRecord(part) ? argumentsText(part['arguments'] ?? part['input']) : ''
    call.arguments += delta
    return { call, isNew: found === undefined, delta }
  }

  #begin(entry: UnknownRecord): AssembledCall {
    const kind = entry['type'] === 'custom' || isRecord(entry['custom']) ? 'custom' : 'function'
    const call: AssembledCall = { id: undefined, index: undefined, kind, name: '', arguments: '', extra: {} }
    this.calls.push(call)
    return call
  }

  #find(entry: UnknownRecord, name: string | undefined): AssembledCall | undefined {
    const id = textIn(entry, 'id')
    const index = numberIn(entry, 'index')
    if (id !== undefined) {
      const known = this.calls.find(call => call.id === id)
      // An id may come after its call has begun.
      return (
        known ?? this.calls.findLast(call => call.id === undefined && call.index === index && !this.#begins(call, name))
      )
    }
    const last = index === undefined ? this.calls.at(-1) : this.calls.findLast(call => call.index === index)
    return last === undefined || this.#begins(last, name) ? undefined : last
  }

  /** Whether an entry with this name begins another call, rather than going on with this one. */
  #begins(call: AssembledCall, name: string | undefined): boolean {
    if (name === undefined || call.name === '') return false
    return this.#touched.has(call) || call.name !== name || isComplete(call.arguments)
  }
}

function isComplete(text: string): boolean {
  try {
    return isRecord(JSON.parse(text))
  } catch {
    return false
  }
}
