import type { PastState } from './past-cases.js'

/** One array of numbers that a part of the model keeps. */
export type Table = Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array

/** Everything that was learnt, as plain data that structured clone and a file can hold. */
export interface ModelState {
  /** Changes whenever tables of another version could not be read. */
  readonly version: number
  readonly tables: readonly Table[]
  readonly past: PastState
}

/** Version of the tables. */
export const STATE_VERSION = 5

/** Copies tables out. */
export function exportTables(tables: readonly Table[], past: PastState): ModelState {
  return { version: STATE_VERSION, tables: tables.map(table => table.slice()), past }
}

/** Copies tables in; `false`, and nothing is touched, where they are of another version, size or kind. */
export function importTables(tables: readonly Table[], state: ModelState): boolean {
  const fits =
    state.version === STATE_VERSION &&
    state.tables.length === tables.length &&
    tables.every((table, index) => isLike(table, state.tables[index]))
  if (!fits) return false
  for (const [index, table] of tables.entries()) table.set(state.tables[index] ?? [])
  return true
}

function isLike(table: Table, other: Table | undefined): boolean {
  return other?.length === table.length && other.constructor === table.constructor
}
