import { isRecord } from './validate.js'

/** One operation of a JSON Patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove' | 'test' | 'move' | 'copy'
  /** Where (RFC 6901): `/metadata/owner`. */
  readonly path: string
  /** Of `move` and `copy`: from where. */
  readonly from?: string
  /** Of `add`, `replace` and `test`. */
  readonly value?: unknown
}

/** The value with all operations done, or why one cannot be. */
export type Patched = { readonly value: unknown } | { readonly problem: string }

/** Does all operations or none; the value itself stays as it is. */
export function applyPatch(value: unknown, operations: readonly PatchOperation[]): Patched {
  const room: Room = { left: MOST_COPIED }
  try {
    return { value: operations.reduce((before, operation) => perform(before, operation, room), value) }
  } catch (error) {
    if (error instanceof Impossible) return { problem: error.message }
    throw error
  }
}

/** Why an operation cannot be done. */
class Impossible extends Error {}

/** Values and characters that `copy` may add: what is copied into itself doubles each time, and a patch is short. */
const MOST_COPIED = 262_144

interface Room {
  left: number
}

/** Takes the room that a value needs, and looks at no more of it than there is room. */
function takeRoom(value: unknown, room: Room): void {
  room.left -= typeof value === 'string' ? value.length + 1 : 1
  if (room.left < 0) throw new Impossible(`copy makes it too large: ${MOST_COPIED} values and characters at most`)
  if (Array.isArray(value)) for (const item of value) takeRoom(item, room)
  else if (isRecord(value)) {
    for (const [name, inner] of Object.entries(value)) {
      room.left -= name.length
      takeRoom(inner, room)
    }
  }
}

function perform(value: unknown, { op, path, from = '', value: operand }: PatchOperation, room: Room): unknown {
  const keys = keysOf(path)
  if (['add', 'replace', 'test'].includes(op) && operand === undefined)
    throw new Impossible(`${op} ${path} has no value`)
  switch (op) {
    case 'add':
      return put(value, keys, operand, path)
    case 'remove':
      return take(value, keys, path)
    case 'replace':
      read(value, keys, path)
      return keys.length === 0 ? operand : put(take(value, keys, path), keys, operand, path)
    case 'copy': {
      const copied = read(value, keysOf(from), from)
      takeRoom(copied, room)
      return put(value, keys, copied, path)
    }
    case 'move': {
      if (path.startsWith(`${from}/`)) throw new Impossible(`${from} cannot be moved into itself`)
      const moved = read(value, keysOf(from), from)
      return path === from ? value : put(take(value, keysOf(from), from), keys, moved, path)
    }
    case 'test':
      if (!isSame(read(value, keys, path), operand)) throw new Impossible(`${path} differs`)
      return value
  }
}

/** RFC 6901. */
function keysOf(path: string): readonly string[] {
  if (path === '') return []
  if (!path.startsWith('/')) throw new Impossible(`"${path}" is no path: it must begin with /`)
  return path
    .slice(1)
    .split('/')
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function read(value: unknown, keys: readonly string[], path: string): unknown {
  return keys.reduce((inner, key) => {
    if (Array.isArray(inner)) return inner[indexIn(inner, key, inner.length - 1, path)] as unknown
    if (isRecord(inner) && Object.hasOwn(inner, key)) return inner[key]
    throw new Impossible(`there is no ${path}`)
  }, value)
}

function put(value: unknown, [key, ...rest]: readonly string[], operand: unknown, path: string): unknown {
  if (key === undefined) return operand
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value
    if (rest.length > 0) {
      const at = indexIn(list, key, list.length - 1, path)
      return list.with(at, put(list[at], rest, operand, path))
    }
    return list.toSpliced(key === '-' ? list.length : indexIn(list, key, list.length, path), 0, operand)
  }
  if (!isRecord(value)) throw new Impossible(`there is no ${path}`)
  if (rest.length === 0) return { ...value, [key]: operand }
  if (!Object.hasOwn(value, key)) throw new Impossible(`there is no ${path}`)
  return { ...value, [key]: put(value[key], rest, operand, path) }
}

function take(value: unknown, [key, ...rest]: readonly string[], path: string): unknown {
  if (key === undefined) throw new Impossible('the whole cannot be removed')
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value
    const at = indexIn(list, key, list.length - 1, path)
    return rest.length === 0 ? list.toSpliced(at, 1) : list.with(at, take(list[at], rest, path))
  }
  if (!isRecord(value) || !Object.hasOwn(value, key)) throw new Impossible(`there is no ${path}`)
  if (rest.length > 0) return { ...value, [key]: take(value[key], rest, path) }
  const { [key]: _taken, ...others } = value
  return others
}

function indexIn(list: readonly unknown[], key: string, last: number, path: string): number {
  const index = /^(?:0|[1-9]\d{0,9})$/.test(key) ? Number(key) : -1
  if (index < 0 || index > last) throw new Impossible(`there is no ${path} in a list of ${list.length}`)
  return index
}

/** Whether two JSON values say the same; the order of fields says nothing. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, (b as readonly unknown[])[index]))
  }
  if (!isRecord(a) || !isRecord(b)) return a === b
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && isSame(a[key], b[key]))
}
