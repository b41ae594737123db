/** One value of an input, by where it stands. */
export interface Row {
  /** As rules write it: `lines.0.amount`. Of an input that is one value, empty. */
  readonly path: string
  /** The steps of the path: a name may hold a point itself. */
  readonly keys: readonly string[]
  readonly kind: 'text' | 'number' | 'boolean' | 'null' | 'empty'
  /** As it is shown: a text as it is, anything else as JSON. */
  readonly text: string
}

/** The values of an input, and how many of them were left out. */
export interface Rows {
  readonly rows: readonly Row[]
  readonly leftOut: number
}

/** More values than this are not listed one by one. */
const MOST_ROWS = 200
const MOST_DEPTH = 64

/** An input as a table: one row for each value in it, in the order in which they stand there. */
export function rowsOf(input: unknown, most = MOST_ROWS): Rows {
  const rows: Row[] = []
  let count = 0
  const visit = (value: unknown, keys: readonly string[]): void => {
    const parts = partsOf(value)
    if (parts === undefined || parts.length === 0 || keys.length >= MOST_DEPTH) {
      count++
      if (rows.length < most) rows.push({ path: keys.join('.'), keys, ...written(value) })
      return
    }
    for (const [key, part] of parts) visit(part, [...keys, key])
  }
  visit(input, [])
  return { rows, leftOut: count - rows.length }
}

function partsOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  return typeof value === 'object' && value !== null ? Object.entries(value) : undefined
}

function written(value: unknown): Pick<Row, 'kind' | 'text'> {
  if (typeof value === 'string') return { kind: 'text', text: value }
  const text = JSON.stringify(value) ?? 'nothing'
  if (typeof value === 'number' || typeof value === 'boolean') return { kind: typeof value as 'number', text }
  return { kind: value === null || value === undefined ? 'null' : 'empty', text }
}
