import { readPath } from '../../capture/path.js'
import type { Change } from '../../approval.js'
import { isPlain, type Replacement } from './boundary.js'

const MAX_FIELDS = 48
const MAX_DEPTH = 6
/** Values that are looked at for them: of an input without end, most are never fields. */
const MAX_LOOKED_AT = 1000

/** The single values of an input made of plain objects and lists, by path (`lines.0.amount`); at most 48, from among its first 1,000 values. */
export function fieldsOf(input: unknown): ReadonlyMap<string, string | number | boolean | null> {
  const fields = new Map<string, string | number | boolean | null>()
  visit(fields, { left: MAX_LOOKED_AT }, input, '', 0)
  return fields
}

function visit(
  fields: Map<string, unknown>,
  room: { left: number },
  value: unknown,
  path: string,
  depth: number,
): void {
  if (depth > MAX_DEPTH) return
  if (isPlain(value)) {
    if (path !== '') fields.set(path, value)
  } else if (isOpen(value)) {
    for (const key in value) {
      if (fields.size >= MAX_FIELDS || room.left-- <= 0) return
      // A name with a dot in it could be taken for a path.
      if (key === '' || key.includes('.') || !Object.hasOwn(value, key)) continue
      visit(
        fields,
        room,
        (value as Readonly<Record<string, unknown>>)[key],
        path === '' ? key : `${path}.${key}`,
        depth + 1,
      )
    }
  }
}

/** Whether an input has so many values that looking for another form of it would keep everybody waiting: more than 1,000. */
export function isLarge(input: unknown): boolean {
  return !fits({ left: MAX_LOOKED_AT }, input)
}

function fits(room: { left: number }, value: unknown): boolean {
  if (room.left-- <= 0) return false
  if (!isOpen(value)) return true
  for (const key in value) if (!fits(room, (value as Readonly<Record<string, unknown>>)[key])) return false
  return true
}

/** The change that puts something in the place of what is at a path; nothing where it changes nothing, or there is no such place. */
export function changeAt(input: unknown, path: string, { to }: Replacement): Change | undefined {
  const keys = path.split('.')
  const from = readPath(input, keys)
  const parent = readPath(input, keys.slice(0, -1))
  if (from === to || !isOpen(parent) || (from !== undefined && !isPlain(from))) return undefined
  // A list keeps its length.
  if (Array.isArray(parent) && (from === undefined || to === undefined || !/^\d+$/.test(keys.at(-1) ?? '')))
    return undefined
  return { path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}

/** A copy of an input with changes that {@link changeAt} made. */
export function changed(input: unknown, changes: readonly Change[]): unknown {
  return changes.reduce((copy, { path, ...change }) => put(copy, path.split('.'), change), input)
}

function put(value: unknown, [key = '', ...rest]: readonly string[], change: Omit<Change, 'path'>): unknown {
  const inner = (): unknown =>
    rest.length === 0 ? change.to : put((value as Readonly<Record<string, unknown>>)[key], rest, change)
  if (Array.isArray(value)) return (value as unknown[]).with(Number(key), inner())
  const fields = value as Readonly<Record<string, unknown>>
  if (rest.length > 0 || 'to' in change) return { ...fields, [key]: inner() }
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key))
}

function isOpen(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}
