import { fieldNamed, type FieldName } from './field-names.js'
import { hashNumber, hashText, mix } from './hash.js'

/** Bounds of what is looked at in one input; what lies beyond them is not seen. */
const MAX_LEAVES = 48
const MAX_DEPTH = 6
const MAX_VISITED = 256

/** One value of an input. */
export interface Leaf {
  /** As in `to`, `items[0].id`. */
  readonly path: string
  /** Name of the innermost field; empty for the input itself. */
  readonly field: FieldName
  /** Hash of the path without the positions in lists. */
  readonly place: number
  /** A string, number, boolean, null or what is none of these. */
  readonly value: unknown
  /** Hash of the value. */
  readonly hash: number
}

/** The values of an input in order of their keys, at most 48 of them and six levels deep; an empty list is a value. */
export function leavesOf(input: unknown): readonly Leaf[] {
  const walk = { leaves: [] as Leaf[], visited: 0 }
  visit(walk, input, '', fieldNamed(''), 0, 0)
  return walk.leaves
}

interface Walk {
  readonly leaves: Leaf[]
  visited: number
}

function visit(walk: Walk, value: unknown, path: string, field: FieldName, place: number, depth: number): void {
  if (walk.leaves.length >= MAX_LEAVES || walk.visited++ > MAX_VISITED) return
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) {
    walk.leaves.push({ path, field, place, value, hash: hashValue(value) })
  } else if (Array.isArray(value)) {
    visitItems(walk, value, path, field, place, depth)
  } else {
    visitFields(walk, value as Readonly<Record<string, unknown>>, path, place, depth)
  }
}

function visitItems(
  walk: Walk,
  items: readonly unknown[],
  path: string,
  field: FieldName,
  place: number,
  depth: number,
): void {
  const count = Math.min(items.length, MAX_LEAVES)
  if (count === 0) walk.leaves.push({ path, field, place, value: undefined, hash: hashValue(undefined) })
  for (let index = 0; index < count; index++) visit(walk, items[index], `${path}[${index}]`, field, place, depth + 1)
}

function visitFields(
  walk: Walk,
  fields: Readonly<Record<string, unknown>>,
  path: string,
  place: number,
  depth: number,
): void {
  for (const key of Object.keys(fields)) {
    if (walk.leaves.length >= MAX_LEAVES) return
    const field = fieldNamed(key)
    visit(walk, fields[key], path === '' ? key : `${path}.${key}`, field, mix(place, field.hash), depth + 1)
  }
}

/** Equal values have equal hashes; texts are compared by their first 512 code units and their length. */
function hashValue(value: unknown): number {
  if (typeof value === 'string') return hashText(value)
  if (typeof value === 'number') return hashNumber(value)
  if (typeof value === 'boolean') return value ? 0x51ed270b : 0x2545f491
  return value === null ? -0x61c88647 : 0x7f4a7c15
}
