import { mix } from './hash.js'
import { SIGNALS } from './signals.js'
import { BINS } from './trees.js'

/** Bits of the table that {@link ideasOf} points into. */
export const IDEA_BITS = 15

const SHIFT = 32 - IDEA_BITS
/** What {@link coarse} tells apart, rounded up. */
const STEPS = 8

/** Signals that are crossed with each other: sources, entities nobody named, what the user said, reputation. */
const CROSSED = [3, 4, 18, 25, 29, 30, 31, 43, 46, 55, 57, 59]

/** How many ideas a case has. */
export const IDEAS = 2 * SIGNALS + (CROSSED.length * (CROSSED.length - 1)) / 2

/** Signals as features of a linear learner: each by itself in two widths, and pairs of the telling ones. */
export function ideasOf(signals: Uint8Array): readonly number[] {
  tables ??= makeTables()
  const { empty, fine, wide, pairs } = tables
  const ideas = empty.slice()
  let count = 0
  for (let signal = 0; signal < SIGNALS; signal++) {
    const at = signal * BINS + (signals[signal] ?? 0)
    ideas[count++] = (fine[at] ?? 0) | 0
    ideas[count++] = (wide[at] ?? 0) | 0
  }
  for (let one = 0; one < CROSSED.length; one++) {
    const left = coarse(signals[CROSSED[one] ?? 0] ?? 0) * STEPS
    for (let other = one + 1; other < CROSSED.length; other++) {
      const right = coarse(signals[CROSSED[other] ?? 0] ?? 0)
      ideas[count++] = (pairs[(one * CROSSED.length + other) * STEPS * STEPS + left + right] ?? 0) | 0
    }
  }
  return ideas
}

/** Seven steps: none, one, two, few, some, most, all. */
function coarse(bin: number): number {
  if (bin < 3) return bin
  if (bin < 8) return 3
  if (bin < 16) return 4
  return bin < 31 ? 5 : 6
}

/** What is worked out once, when the first case comes: there are few signals with few values. */
interface Tables {
  /** As long as there are ideas of a case: a copy is faster than a list that grows. */
  readonly empty: readonly number[]
  readonly fine: Uint16Array
  readonly wide: Uint16Array
  readonly pairs: Uint16Array
}

let tables: Tables | undefined

function makeTables(): Tables {
  const length = SIGNALS * BINS
  return {
    empty: Array.from({ length: IDEAS }, () => 0),
    fine: Uint16Array.from({ length }, (_, at) => mix(Math.floor(at / BINS) + 1, at % BINS) >>> SHIFT),
    wide: Uint16Array.from({ length }, (_, at) => mix(Math.floor(at / BINS) + 101, (at % BINS) >> 2) >>> SHIFT),
    pairs: Uint16Array.from({ length: CROSSED.length ** 2 * STEPS ** 2 }, (_, at) => {
      const pair = Math.floor(at / STEPS ** 2)
      const [one, other] = [Math.floor(pair / CROSSED.length), pair % CROSSED.length]
      return mix(one * 64 + other + 1000, at % STEPS ** 2) >>> SHIFT
    }),
  }
}
