/** An answer of a service: services leave fields out, and say null. */
export type Fields = Readonly<Record<string, unknown>>

/** A text, if it is one. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A number, if it is one. */
export function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** An object; an empty one, if it is none. */
export function object(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** Objects; none, if it is no list of them. */
export function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(object) : []
}

/** Texts; none, if it is no list of them. */
export function words(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(word => typeof word === 'string') : []
}
