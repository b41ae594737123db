/** What was read is forgotten after so many different values: those that come again are then held once more. */
const MOST = 10_000
/** Unique to a decision, so that nothing is won. */
const OWN: ReadonlySet<string> = new Set(['id', 'callId', 'digest'])
/** Parts that few different ones are of. */
const FEW: ReadonlySet<string> = new Set(['findings', 'policy'])

/** Holds equal texts, findings and policies of many records once: each record that a store reads brings its own. */
export class Shared {
  readonly #texts = new Map<string, unknown>()
  readonly #parts = new Map<string, unknown>()

  /** The same record, with parts of others where they are equal. */
  record<T extends object>(record: T): T {
    return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, this.#part(name, value)])) as T
  }

  #part(name: string, value: unknown): unknown {
    // Apart from texts: one may be written as a part of another record is.
    if (FEW.has(name)) return oneOf(this.#parts, JSON.stringify(value), value)
    return typeof value === 'string' && !OWN.has(name) ? oneOf(this.#texts, value, value) : value
  }
}

function oneOf(known: Map<string, unknown>, key: string, value: unknown): unknown {
  const found = known.get(key)
  if (found !== undefined) return found
  if (known.size >= MOST) known.clear()
  known.set(key, value)
  return value
}
