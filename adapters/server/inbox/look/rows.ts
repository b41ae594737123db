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

/** The values of an input, and how many of them were left out: no more than {@link MOST_COUNTED} are counted. */
export interface Rows {
  readonly rows: readonly Row[]
  readonly leftOut: number
}

/** More values than this are not listed one by one. */
const MOST_ROWS = 200
/** More values than this are not even counted: whoever is asked about a call must not be kept waiting by its size. */
export const MOST_COUNTED = 5000
const MOST_DEPTH = 64
/** A page looks at the same inputs several times. */
const known = new WeakMap<object, Rows>()

/** An input as a table: one row for each value in it, in the order in which they stand there. */
export function rowsOf(input: unknown, most = MOST_ROWS): Rows {
  if (typeof input !== 'object' || input === null || most !== MOST_ROWS) return listed(input, most)
  const rows = known.get(input) ?? listed(input, most)
  known.set(input, rows)
  return rows
}

function listed(input: unknown, most: number): Rows {
  const rows: Row[] = []
  const bound = Math.max(most, MOST_COUNTED)
  let count = 0
  const visit = (value: unknown, keys: readonly string[]): void => {
    let isInside = false
    if (typeof value === 'object' && value !== null && keys.length < MOST_DEPTH) {
      for (const key in value) {
        if (!Object.hasOwn(value, key)) continue
        isInside = true
        visit((value as Readonly<Record<string, unknown>>)[key], [...keys, key])
        if (count >= bound) return
      }
    }
    if (isInside) return
    count++
    if (rows.length < most) rows.push({ path: keys.join('.'), keys, ...written(value) })
  }
  visit(input, [])
  return { rows, leftOut: count - rows.length }
}

function written(value: unknown): Pick<Row, 'kind' | 'text'> {
  if (typeof value === 'string') return { kind: 'text', text: value }
  const text = JSON.stringify(value) ?? 'nothing'
  if (typeof value === 'number' || typeof value === 'boolean') return { kind: typeof value as 'number', text }
  return { kind: value === null || value === undefined ? 'null' : 'empty', text }
}
