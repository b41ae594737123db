// Names: camelCase at the surface, snake_case on the wire. Nothing else of this package knows how a service spells.

/** Fields, as the wire spells them, that hold the caller's own data: what is in them keeps its names, both ways. */
export const OPAQUE: ReadonlySet<string> = new Set([
  'actual_impact',
  'advisory_data',
  'arguments',
  'axes',
  'case_data',
  'context',
  'details',
  'features',
  'human_feedback',
  'intent',
  'metadata',
  'output',
  'patch',
  'payload',
  'precedent_data',
  'refs',
  'suggested_policy_patch',
])

/** Deeper than any message of a service; what is below keeps its names, so that no answer can exhaust the stack. */
const MAX_DEPTH = 64
/** A name that we, or a caller, made up in camelCase; another one is a name from elsewhere, and stays. */
const CAMEL = /^_?[a-z][a-zA-Z0-9]*$/

/** The wire's name of a field: `riskScore` → `risk_score`. */
export function wireName(name: string): string {
  return CAMEL.test(name) ? name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`) : name
}

/** Our name of a field of the wire: `risk_score` → `riskScore`. One that would not come back as it was stays as it is. */
export function localName(name: string): string {
  const local = name.replace(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return wireName(local) === name ? local : name
}

/** A value as it is sent: names in snake_case, fields that are undefined left out. */
export function toWire(value: unknown): unknown {
  return renamed(value, wireName, wireName, 0)
}

/** An answer as it is handed over: names in camelCase, nothing left out. */
export function fromWire(value: unknown): unknown {
  return renamed(value, localName, name => name, 0)
}

type Rename = (name: string) => string

function renamed(value: unknown, rename: Rename, wireNameOf: Rename, depth: number): unknown {
  if (depth > MAX_DEPTH) return value
  if (Array.isArray(value)) return value.map(item => renamed(item, rename, wireNameOf, depth + 1))
  if (!isPlain(value)) return value
  const entries = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]): [string, unknown] => {
      const target = rename(name)
      // Where both spellings are there, neither may take the other's place.
      const free = target === name || !Object.hasOwn(value, target)
      const isOpaque = OPAQUE.has(wireNameOf(name))
      return [free ? target : name, isOpaque ? field : renamed(field, rename, wireNameOf, depth + 1)]
    })
  return Object.fromEntries(entries)
}

/** An object that was written down, not a date, a URL or an instance of a class: these know how they become JSON. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
