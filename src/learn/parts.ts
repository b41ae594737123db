import type { Columns } from './columns.js'
import { Forest } from './forest.js'
import { MAX_FIELDS } from './fields.js'
import { Ftrl } from './ftrl.js'
import { DERIVED, Hierarchy, LEVELS, type RateScores } from './hierarchy.js'
import { IDEAS } from './ideas.js'
import { logOdds } from './logistic.js'
import { numbers } from './numbers.js'
import type { Rehearsed } from './rehearsal.js'
import { Ridge } from './ridge.js'
import { SIGNALS } from './signals.js'
import type { Table } from './state.js'
import { binOfCount, binOfLogOdds } from './trees.js'
import type { View } from './view.js'

const RATES = LEVELS.length + DERIVED.length

/** The learners beside the rates, in the order of their scores. */
const LEARNERS = ['words', 'fields', 'general', 'ideas', 'forest'] as const

/** Names of all components, in the order of {@link PartScores.raw}; the last two are the run so far and a constant. */
export const COMPONENTS = [...LEVELS.map(level => level.name), ...DERIVED, ...LEARNERS, 'run', 'constant'] as const

/** How many components there are. */
const WIDTH = COMPONENTS.length

/** Scores that the last forest sees beside the signals: rates with their evidence, and the learners before it. */
const SEEN_BY_FOREST = RATES + LEARNERS.length - 1
/** Signals of the last forest. */
const ALL_SIGNALS = SIGNALS + 2 * SEEN_BY_FOREST

/** A key counts for at most so many cases. */
const MEMORY_PER_KEY = 200
const RATE_BITS = 17
const FOREST_MEMORY = 4096
const FOREST_TREES = 64
const CLIP = 8

/** What every component says of a case. */
export interface PartScores {
  /** Log odds per component. */
  readonly raw: readonly number[]
  /** What each adds: a rate to the wider rate, the rest to the base rate. */
  readonly added: readonly number[]
  /** Log odds of the base rate. */
  readonly base: number
  readonly rates: RateScores
  /** What the last forest saw beside the signals. */
  readonly shown: Uint8Array
}

/** Where the linear ones keep what they learnt. */
interface PartColumns {
  readonly words: Columns
  readonly fields: Columns
  readonly ideas: Columns
}

/** All components that predict whether a call is bad, side by side. */
export class Parts {
  readonly #hierarchy = new Hierarchy(RATE_BITS, MEMORY_PER_KEY)
  readonly #words: Ftrl
  readonly #fields: Ridge
  readonly #ideas: Ridge
  readonly #general = new Forest({ signals: SIGNALS, memory: FOREST_MEMORY, trees: FOREST_TREES })
  readonly #forest = new Forest({ signals: ALL_SIGNALS, memory: FOREST_MEMORY, trees: FOREST_TREES })

  constructor({ words, fields, ideas }: PartColumns) {
    this.#words = new Ftrl(words, { alpha: 0.15, beta: 1, l1: 0.02, l2: 1 })
    this.#fields = new Ridge(fields, { variance: 0.1, width: MAX_FIELDS, again: [16, 4] })
    this.#ideas = new Ridge(ideas, { variance: 0.03, width: IDEAS, again: [2, 2] })
  }

  /** What is kept beside the columns. */
  get tables(): readonly Table[] {
    return [this.#hierarchy, this.#general, this.#forest].flatMap(part => part.tables)
  }

  /** The rates of a case: {@link score} takes them, because the signals of a case show some of them. */
  rates(view: Pick<View, 'keys'>): RateScores {
    return this.#hierarchy.score(view.keys)
  }

  score(view: View, rates: RateScores): PartScores {
    const { base } = rates
    const raw = numbers(WIDTH)
    for (let index = 0; index < RATES; index++) raw[index] = clip(rates.logOdds[index] ?? 0)
    raw[RATES] = clip(this.#words.score(view.sparse, view.scales))
    raw[RATES + 1] = clip(base + this.#fields.score(view.fields, view.fieldScales))
    raw[RATES + 2] = clip(this.#general.score(view.signals))
    raw[RATES + 3] = clip(this.#ideas.score(view.ideas, view.ideaScales))
    const shown = shownToForest(raw, rates.evidence)
    raw[RATES + 4] = clip(this.#forest.score(allSignals(view.signals, shown)))
    raw[RATES + 5] = clip(base + view.lean)
    raw[RATES + 6] = 0
    return { raw, added: addedBy(raw, base), base, rates, shown }
  }

  learn(view: View, shown: Uint8Array, isBad: boolean, weight: number): void {
    const base = logOdds(this.#hierarchy.base)
    this.#hierarchy.learn(view.keys, isBad, weight)
    this.#words.learn(view.sparse, view.scales, isBad, weight)
    this.#fields.learn(view.fields, view.fieldScales, isBad, weight, base)
    this.#ideas.learn(view.ideas, view.ideaScales, isBad, weight, 0)
    this.#general.learn(view.signals, isBad, weight)
    this.#forest.learn(allSignals(view.signals, shown), isBad, weight)
  }

  /** Takes what it learnt from a label back out of the counts; steps of the other learners fade by themselves. */
  unlearn(view: View, isBad: boolean, weight: number): void {
    this.#hierarchy.learn(view.keys, isBad, -weight)
  }

  /** Goes over a case again that was learnt before. */
  rehearse({ features, isBad, weight }: Rehearsed): void {
    this.#words.learn(features.sparse, features.scales, isBad, weight)
  }
}

function clip(value: number): number {
  return Math.max(-CLIP, Math.min(CLIP, value))
}

function shownToForest(raw: readonly number[], evidence: readonly number[]): Uint8Array {
  const shown = new Uint8Array(2 * SEEN_BY_FOREST)
  for (let index = 0; index < SEEN_BY_FOREST; index++) {
    shown[2 * index] = binOfLogOdds(raw[index] ?? 0)
    shown[2 * index + 1] = index < RATES ? binOfCount(evidence[index] ?? 0) : 0
  }
  return shown
}

/** All that the last forest sees, put together in one place: it is read at once. Kept are the two halves, which lie in the heap. */
const ALL = new Uint8Array(ALL_SIGNALS)

function allSignals(signals: Uint8Array, shown: Uint8Array): Uint8Array {
  for (let index = 0; index < SIGNALS; index++) ALL[index] = signals[index] ?? 0
  for (let index = 0; index < 2 * SEEN_BY_FOREST; index++) ALL[SIGNALS + index] = shown[index] ?? 0
  return ALL
}

function addedBy(raw: readonly number[], base: number): readonly number[] {
  const added = numbers(WIDTH)
  for (let index = 0; index < WIDTH; index++) {
    const parent = PARENTS[index] ?? -1
    added[index] = (raw[index] ?? 0) - (parent === -1 ? base : (raw[parent] ?? 0))
  }
  added[WIDTH - 1] = 0.5
  return added
}

/** The component that each is compared with; -1 for the base rate. `nearly` and `values` fall back to the tool's rate. */
const PARENTS: readonly number[] = [...LEVELS.map(level => level.parent), 1, 1]
