import { readJson } from '../encoding.js'
import type { ModelState, Table } from './state.js'

/** Kinds of tables, by their place in the header. */
const KINDS = [Uint8Array, Uint32Array, Int32Array, Float32Array, Float64Array] as const
/** Tables begin at multiples of this, so that they can be read in place. */
const ALIGNMENT = 8

interface Header {
  readonly version: number
  readonly tables: readonly (readonly [kind: number, length: number])[]
  readonly past: readonly (readonly [kind: number, length: number])[]
  readonly others: readonly (readonly [number, string])[]
  readonly extra?: unknown
}

/** What a model learnt, as bytes: a length, a header in JSON, and the tables as they are in memory. @param extra kept with it, as JSON */
export function stateToBytes({ version, tables, past }: ModelState, extra?: unknown): Uint8Array {
  const header: Header = {
    version,
    tables: kindsOf(tables),
    past: kindsOf(past.tables),
    others: [...past.others],
    extra,
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const all = [...tables, ...past.tables]
  let length = aligned(4 + text.length)
  for (const table of all) length = aligned(length + table.byteLength)
  const bytes = new Uint8Array(length)
  new DataView(bytes.buffer).setUint32(0, text.length)
  bytes.set(text, 4)
  let at = aligned(4 + text.length)
  for (const table of all) {
    bytes.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), at)
    at = aligned(at + table.byteLength)
  }
  return bytes
}

/** What {@link stateToBytes} wrote; nothing where the bytes are not that. */
export function stateFromBytes(given: Uint8Array): (ModelState & { readonly extra?: unknown }) | undefined {
  // Tables are read in place, and so have to begin where they may; a copy begins at a multiple of everything.
  const bytes = isReadInPlace(given) ? given : given.slice()
  if (bytes.length < 4) return undefined
  const textLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const header = readHeader(bytes.subarray(4, 4 + textLength))
  if (header === undefined) return undefined
  let at = aligned(4 + textLength)
  const take = ([kind, length]: readonly [number, number]): Table | undefined => {
    const Kind = KINDS[kind]
    if (Kind === undefined || at + length * Kind.BYTES_PER_ELEMENT > bytes.length) return undefined
    const table = new Kind(bytes.buffer, bytes.byteOffset + at, length)
    at = aligned(at + table.byteLength)
    return table
  }
  const tables = header.tables.map(take)
  const past = header.past.map(take)
  if (!isWhole(tables) || !isWhole(past)) return undefined
  const { version, extra } = header
  return { version, tables, past: { tables: past, others: new Map(header.others) }, extra }
}

function isReadInPlace(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteOffset % ALIGNMENT === 0
}

function readHeader(bytes: Uint8Array): Header | undefined {
  const header = readJson(new TextDecoder().decode(bytes)) as Partial<Header> | undefined
  const isHeader = [header?.tables, header?.past, header?.others].every(Array.isArray)
  return isHeader ? (header as Header) : undefined
}

function isWhole(list: readonly (Table | undefined)[]): list is readonly Table[] {
  return !list.includes(undefined)
}

function kindsOf(list: readonly Table[]): Header['tables'] {
  return list.map(table => [kindOf(table), table.length])
}

function kindOf(table: Table): number {
  return KINDS.findIndex(Kind => table instanceof Kind)
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}
