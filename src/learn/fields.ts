import { mix } from './hash.js'
import type { Look, Value } from './look.js'
import { numbers } from './numbers.js'

/** Bits of the table that {@link fieldsOf} points into: one half for numbers, the other for all else. */
export const FIELD_BITS = 17

const SHIFT = 32 - (FIELD_BITS - 1)
const NUMBERS = 2 ** (FIELD_BITS - 1)
/** Most features of a case; fields after that are left to the other learners. Twice as many cost more and told no more. */
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

/** Where fields are collected before it is known how many there are: nothing is collected while something else is. */
const SCRATCH: number[] = Array.from({ length: MAX_FIELDS }, () => 0)
let count = 0

function put(feature: number, half: number): void {
  if (count < MAX_FIELDS) SCRATCH[count++] = ((feature >>> SHIFT) + half) | 0
}

/** Who asks for what, and the fields of a call with their values: few features, so that a few hundred cases tell what each is worth. */
export function fieldsOf(look: Look): readonly number[] {
  const { tool, actor, values, context, exact } = look
  count = 0
  put(mix(tool, SPACES.tool), 0)
  put(mix(mix(tool, SPACES.actor), actor), 0)
  put(mix(mix(tool, SPACES.context), context), 0)
  put(mix(context, SPACES.request), 0)
  put(mix(actor, SPACES.anyTool), 0)
  put(mix(exact, SPACES.exact), 0)
  for (const value of values) {
    if (count === MAX_FIELDS) break
    putValue(mix(tool, value.leaf.place), value)
  }
  for (const { leaf, words } of values) {
    if (count === MAX_FIELDS) break
    if (words.length < 2) continue
    const place = mix(mix(tool, leaf.place), SPACES.word)
    for (let index = 0; index < Math.min(words.length, WORDS_PER_VALUE); index++) put(mix(place, words[index] ?? 0), 0)
  }
  return SCRATCH.slice(0, count)
}

function putValue(place: number, { leaf, size }: Value): void {
  if (!Number.isFinite(size)) return put(mix(mix(place, SPACES.value), leaf.hash), 0)
  for (let grid = 0; grid < GRIDS.length; grid++)
    put(mix(mix(place, SPACES.grid + grid), Math.floor(size * (GRIDS[grid] ?? 1))), NUMBERS)
}

/** The value of each feature. */
export function scalesOfFields(fields: readonly number[]): readonly number[] {
  const scales = numbers(fields.length)
  for (let index = 0; index < fields.length; index++)
    scales[index] = (fields[index] ?? 0) >= NUMBERS ? SCALE_OF_NUMBERS : 1
  return scales
}
