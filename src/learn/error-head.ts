import { Blend } from './blend.js'
import type { Columns } from './columns.js'
import { Ftrl } from './ftrl.js'
import { DERIVED, Hierarchy, LEVELS } from './hierarchy.js'
import { numbers } from './numbers.js'
import type { Table } from './state.js'
import type { View } from './view.js'

const RATE_BITS = 16
const MEMORY_PER_KEY = 200
const TOOL_SETS = 64
const RATES = LEVELS.length + DERIVED.length
const CLIP = 8
const PARENTS: readonly number[] = [...LEVELS.map(level => level.parent), 1, 1]

/** One prediction of a tool error with what learning from it takes. */
export interface ErrorScore {
  readonly logOdds: number
  readonly base: number
  readonly added: readonly number[]
  readonly set: number
}

/**
 * Predicts whether the tool will fail, from rates and words: a second outcome that is known as soon as a call has run, and
 * that says nothing of whether the call was in order.
 */
export class ErrorHead {
  readonly #hierarchy = new Hierarchy(RATE_BITS, MEMORY_PER_KEY)
  readonly #words: Ftrl
  readonly #blends = [1, TOOL_SETS].map(
    sets => new Blend({ initial: Array.from({ length: sets }, () => INITIAL), prior: 0.04, drift: 0.0002 }),
  )

  /** @param words where it keeps what it learnt of words */
  constructor(words: Columns) {
    this.#words = new Ftrl(words, { alpha: 0.1, beta: 1, l1: 0.02, l2: 1 })
  }

  /** What is kept beside the columns. */
  get tables(): readonly Table[] {
    return [this.#hierarchy, ...this.#blends].flatMap(({ tables }) => tables)
  }

  score({ keys, sparse, scales, made }: View): ErrorScore {
    const rates = this.#hierarchy.score(keys)
    const { base } = rates
    const added = numbers(RATES + 2)
    for (let index = 0; index < RATES; index++) {
      const parent = PARENTS[index] ?? -1
      added[index] = (rates.logOdds[index] ?? 0) - (parent === -1 ? base : (rates.logOdds[parent] ?? 0))
    }
    added[RATES] = clip(this.#words.score(sparse, scales)) - base
    added[RATES + 1] = 0.5
    const set = made.tool >>> 26
    const mixed = ((this.#blends[0]?.mix(added, 0) ?? 0) + (this.#blends[1]?.mix(added, set) ?? 0)) / 2
    return { logOdds: clip(base + mixed), base, added, set }
  }

  learn({ keys, sparse, scales }: View, { base, added, set }: ErrorScore, failed: boolean): void {
    this.#blends[0]?.learn(added, 0, failed, 1, base)
    this.#blends[1]?.learn(added, set, failed, 1, base)
    this.#hierarchy.learn(keys, failed, 1)
    this.#words.learn(sparse, scales, failed, 1)
  }
}

function clip(value: number): number {
  return Math.max(-CLIP, Math.min(CLIP, value))
}

const INITIAL: readonly number[] = [
  ...LEVELS.map(({ name }) => (name === 'exact' ? 0.3 : 0.1)),
  ...DERIVED.map(() => 0.1),
  0.4,
  0,
]
