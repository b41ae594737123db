import { mix } from './hash.js'

/** Bits of the table that {@link ideasOf} points into. */
export const IDEA_BITS = 15

const SHIFT = 32 - IDEA_BITS

/** Signals that are crossed with each other: sources, entities nobody named, what the user said, reputation. */
const CROSSED = [3, 4, 18, 25, 29, 30, 31, 43, 46, 55, 57, 59]

/** Signals as features of a linear learner: each by itself in two widths, and pairs of the telling ones. */
export function ideasOf(signals: Uint8Array): readonly number[] {
  const ideas: number[] = []
  for (let signal = 0; signal < signals.length; signal++) {
    const bin = signals[signal] ?? 0
    ideas.push(mix(signal + 1, bin) >>> SHIFT)
    ideas.push(mix(signal + 101, bin >> 2) >>> SHIFT)
  }
  for (let one = 0; one < CROSSED.length; one++) {
    const left = coarse(signals[CROSSED[one] ?? 0] ?? 0)
    for (let other = one + 1; other < CROSSED.length; other++) {
      const right = coarse(signals[CROSSED[other] ?? 0] ?? 0)
      ideas.push(mix(one * 64 + other + 1000, left * 8 + right) >>> SHIFT)
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
