import { mix } from './hash.js'
import type { Look } from './look.js'
import { magnitudeOf } from './magnitude.js'

/** Bits of the table that {@link fieldsOf} points into: one half for numbers, the other for all else. */
export const FIELD_BITS = 17

const SHIFT = 32 - (FIELD_BITS - 1)
const NUMBERS = 2 ** (FIELD_BITS - 1)
/** Most fields of a case. */
export const MAX_FIELDS = 32
const WORDS_PER_VALUE = 8
/** Cells to each doubling. Narrow ones learn what is special of a size, wide ones learn from few cases how it goes with size. */
const GRIDS = [2, 1, 0.5]
/** The cells of one number weigh as much together as any other value by itself. */
const SCALE_OF_NUMBERS = 1 / Math.sqrt(GRIDS.length)

/** A namespace each: features of one never meet those of another but by collision. */
const SPACES = {
  tool: 0x61,
  actor: 0x62,
  grid: 0x63,
  value: 0x67,
  context: 0x69,
  request: 0x6a,
  anyTool: 0x6b,
  exact: 0x6c,
  word: 0x6d,
}

/** Who asks for what, and the fields of a call with their values: few features, so that a few hundred cases tell what each is worth. */
export function fieldsOf(look: Look): readonly number[] {
  const { tool, actor, values, context, exact } = look
  const fields: number[] = []
  const put = (feature: number, half = 0): void => {
    if (fields.length < MAX_FIELDS) fields.push((feature >>> SHIFT) + half)
  }
  put(mix(tool, SPACES.tool))
  put(mix(mix(tool, SPACES.actor), actor))
  put(mix(mix(tool, SPACES.context), context))
  put(mix(context, SPACES.request))
  put(mix(actor, SPACES.anyTool))
  put(mix(exact, SPACES.exact))
  for (const { leaf } of values) {
    const place = mix(tool, leaf.place)
    const size = typeof leaf.value === 'number' ? magnitudeOf(leaf.value) : Number.NaN
    if (!Number.isFinite(size)) put(mix(mix(place, SPACES.value), leaf.hash))
    else
      for (const [grid, cells] of GRIDS.entries())
        put(mix(mix(place, SPACES.grid + grid), Math.floor(size * cells)), NUMBERS)
  }
  for (const { leaf, words } of values) {
    if (words.length < 2) continue
    const place = mix(mix(tool, leaf.place), SPACES.word)
    for (let index = 0; index < Math.min(words.length, WORDS_PER_VALUE); index++) put(mix(place, words[index] ?? 0))
  }
  return fields
}

/** The value of each feature. */
export function scalesOfFields(fields: readonly number[]): readonly number[] {
  return fields.map(field => (field >= NUMBERS ? SCALE_OF_NUMBERS : 1))
}
