import { type Row, rowsOf } from './rows.js'

/** What a person made of an input, or what is wrong with it. */
export type Edited =
  | { readonly input: unknown }
  /** `path`: of the value that is wrong; the whole when empty. */
  | { readonly problem: string; readonly path: string }

/** More values than this are edited as JSON only. */
const MOST_FIELDS = 24

/** The values of an input that can be edited one by one; nothing where it is to be edited as JSON. */
export function fieldsOf(input: unknown): readonly Row[] {
  const { rows, leftOut } = rowsOf(input, MOST_FIELDS)
  const isFlat = rows.every(({ path, kind }) => path !== '' && kind !== 'empty')
  // A tag of something that JSON has no word for is not for changing by hand.
  const isPlain = rows.every(({ keys }) => keys.every(key => !key.startsWith('$')))
  return leftOut === 0 && isFlat && isPlain ? rows : []
}

/** Name of the form's field for a value: by its place among {@link fieldsOf}. */
export function fieldName(index: number): string {
  return `field-${index}`
}

/** An input with what a form's fields say. What is not in the form, or as it was, stays. */
export function editedByField(input: unknown, said: (name: string) => string | undefined): Edited {
  let edited = structuredClone(input)
  for (const [index, row] of fieldsOf(input).entries()) {
    const text = said(fieldName(index))
    if (text === undefined || sent(text) === sent(row.text)) continue
    const value = valueOf(row, sent(text))
    if (value === undefined) return { problem: `expected ${EXPECTED[row.kind]}`, path: row.path }
    edited = replaced(edited, row.keys, value)
  }
  return { input: edited }
}

/** An input as a person wrote it in JSON. */
export function editedAsJson(text: string): Edited {
  try {
    return { input: JSON.parse(text) as unknown }
  } catch (error) {
    const why = error instanceof Error ? error.message : ''
    return { problem: `this is not JSON: ${why}`, path: '' }
  }
}

const EXPECTED: Readonly<Record<Row['kind'], string>> = {
  text: 'a text',
  number: 'a number, such as 12.5',
  boolean: 'true or false',
  null: 'null, or another value as JSON',
  empty: 'JSON',
}

/** Forms send lines with another ending than they were given. */
function sent(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

function valueOf({ kind }: Row, text: string): unknown {
  if (kind === 'text') return text
  const read = editedAsJson(text.trim())
  if (!('input' in read)) return undefined
  const { input } = read
  if (kind === 'number') return typeof input === 'number' && Number.isFinite(input) ? input : undefined
  return kind === 'boolean' && typeof input !== 'boolean' ? undefined : input
}

function replaced(whole: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value
  const part = (whole as Readonly<Record<string, unknown>>)[key]
  const inner = replaced(part, rest, value)
  if (Array.isArray(whole)) return whole.with(Number(key), inner)
  return Object.fromEntries(Object.entries(whole as object).map(([name, held]) => [name, name === key ? inner : held]))
}
