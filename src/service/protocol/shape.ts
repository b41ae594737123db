/** What a field of a request may hold. Written as data, so that a table of endpoints can be read. */
export interface Field {
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'any'
  readonly required?: true
  /** Words it may be; any when absent. */
  readonly words?: readonly string[]
  /** Of a number, or of the length of a string or an array. */
  readonly min?: number
  /** Of a number, or of the length of a string or an array. */
  readonly max?: number
  /** What is in an array. */
  readonly items?: Field
  /** What is in an object; anything when absent. */
  readonly fields?: Shape
  /** There may be more in it than `fields`. */
  readonly open?: true
}

/** Fields by name. */
export type Shape = Readonly<Record<string, Field>>

/** A body that may hold any fields besides those that are named. */
export interface OpenShape {
  readonly open: Shape
}

/** Any text. */
export const text: Field = { type: 'string' }
/** Any number. */
export const number: Field = { type: 'number' }
/** A whole number. */
export const integer: Field = { type: 'integer' }
/** `true` or `false`. */
export const flag: Field = { type: 'boolean' }
/** An object with any fields. */
export const object: Field = { type: 'object' }
/** Anything that JSON can say. */
export const any: Field = { type: 'any' }
/** A share: 0..1. */
export const share: Field = { type: 'number', min: 0, max: 1 }
/** A list of texts. */
export const texts: Field = { type: 'array', items: text }

/** The same, and it must be there. */
export function required(field: Field): Field {
  return { ...field, required: true }
}

/** One of these words. */
export function oneOf(...words: readonly string[]): Field {
  return { type: 'string', words }
}

/** A whole number within limits. */
export function within(min: number, max: number): Field {
  return { type: 'integer', min, max }
}

/** A list of at most `max`. */
export function listOf(items: Field, max?: number): Field {
  return max === undefined ? { type: 'array', items } : { type: 'array', items, max }
}

/** An object with these fields, and any others. */
export function having(fields: Shape): Field {
  return { type: 'object', fields, open: true }
}

/** An object with these fields, and no others. */
export function shaped(fields: Shape): Field {
  return { type: 'object', fields }
}
