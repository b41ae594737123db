import { fromBase64Url, toBase64Url } from '../encoding.js'
import type { View } from './view.js'

/** What of a view is kept: the rest follows from it, and from what was learnt by then. */
export type StoredView = Omit<View, 'scales' | 'fieldScales' | 'ideas' | 'ideaScales'>

/** Version of the form. One of the first has no fields. */
const FORM = 2
const WITHOUT_FIELDS = 1
const MAX_NUMBERS = 4096

/** A view as a text of some hundred characters: hashes and bins, and none of the call's own texts. */
export function encodeView(view: StoredView): string {
  const { made } = view
  const flags = (made.takesToolValues ? 1 : 0) | (view.trajectoryId === undefined ? 0 : 2)
  const scalars = [FORM, flags, made.tool, made.exact, made.verb, made.asOrigin, share(made.said), view.strongTokens]
  const bytes: number[] = []
  for (const number of scalars) pushVarint(bytes, number >>> 0)
  pushVarint(bytes, bitsOf(view.lean))
  for (const list of listsOf(view)) {
    pushVarint(bytes, list.length)
    for (const number of list) pushVarint(bytes, number >>> 0)
  }
  return toBase64Url(Uint8Array.from(bytes))
}

/** In the order in which they are read. */
function listsOf({
  made,
  keys,
  sparse,
  fields,
  tokens,
  signals,
}: StoredView): readonly (readonly number[] | Uint8Array)[] {
  const { keys: rates, nearly, values, entities } = keys
  return [made.values, made.words, made.toolWords, rates, nearly, values, entities, sparse, tokens, signals, fields]
}

/** The view that {@link encodeView} wrote; nothing where the text is of another form, or was erased. */
export function decodeView(text: string, trajectoryId: string | undefined): StoredView | undefined {
  const bytes = fromBase64Url(text)
  const read = bytes === undefined ? undefined : new Reader(bytes)
  const form = read?.next()
  if (read === undefined || (form !== FORM && form !== WITHOUT_FIELDS)) return undefined
  const flags = read.next()
  const [tool, exact, verb, asOrigin] = [read.next() | 0, read.next() | 0, read.next() | 0, read.next() | 0]
  const said = read.next() / SHARE
  const strongTokens = read.next()
  const lean = floatOf(read.next())
  const [values, words, toolWords] = [read.list(), read.list(), read.list()]
  const keys = { keys: read.list(), nearly: read.list(), values: read.list(), entities: read.list() }
  const [sparse, tokens] = [read.list(), read.list()]
  const signals = Uint8Array.from(read.list())
  const fields = form === FORM ? read.list() : []
  if (!read.isWhole) return undefined
  const takesToolValues = (flags & 1) === 1
  const made = { tool, exact, verb, asOrigin, takesToolValues, values, words, toolWords, said }
  const run = (flags & 2) === 2 ? trajectoryId : undefined
  return { trajectoryId: run, made, sparse, fields, keys, signals, tokens, strongTokens, lean }
}

/** Shares are kept in thousandths. */
const SHARE = 1000

function share(value: number): number {
  return Math.round(value * SHARE)
}

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

function bitsOf(value: number): number {
  float[0] = value
  return bits[0] ?? 0
}

function floatOf(value: number): number {
  bits[0] = value
  return float[0] ?? 0
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
}

/** Reads numbers, and tells at the end whether that went as it should. */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0
  #failed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  next(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      value = (value | ((byte & 0x7f) << shift)) >>> 0
      if (byte < 0x80) return value
    }
    this.#failed = true
    return 0
  }

  list(): readonly number[] {
    const length = this.next()
    if (length > MAX_NUMBERS) this.#failed = true
    if (this.#failed) return []
    const numbers: number[] = []
    for (let index = 0; index < length; index++) numbers.push(this.next() | 0)
    return numbers
  }

  get isWhole(): boolean {
    return !this.#failed && this.#at === this.#bytes.length
  }
}
