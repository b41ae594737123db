import { Forest } from './forest.js'
import { Ftrl } from './ftrl.js'
import { Gaussian } from './gaussian.js'
import { DERIVED, Hierarchy, LEVELS, type RateScores } from './hierarchy.js'
import { IDEA_BITS } from './ideas.js'
import type { Rehearsed } from './rehearsal.js'
import { SIGNALS } from './signals.js'
import type { Table } from './state.js'
import { binOfCount, binOfLogOdds } from './trees.js'
import { FEATURE_BITS, type View } from './view.js'

const RATES = LEVELS.length + DERIVED.length

/** The learners beside the rates, in the order of their scores. */
const LEARNERS = ['words', 'beliefs', 'general', 'ideas', 'forest'] as const

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
  /** What the last forest saw. */
  readonly all: Uint8Array
}

/** All components that predict whether a call is bad, side by side. */
export class Parts {
  readonly #hierarchy = new Hierarchy(RATE_BITS, MEMORY_PER_KEY)
  readonly #words = new Ftrl(FEATURE_BITS, { alpha: 0.1, beta: 1, l1: 0.02, l2: 1 })
  readonly #beliefs = new Gaussian(FEATURE_BITS, { prior: 0.02, floor: 0.001 })
  readonly #ideas = new Ftrl(IDEA_BITS, { alpha: 0.02, beta: 1, l1: 0.1, l2: 1 })
  readonly #general = new Forest({ signals: SIGNALS, memory: FOREST_MEMORY, trees: FOREST_TREES })
  readonly #forest = new Forest({ signals: ALL_SIGNALS, memory: FOREST_MEMORY, trees: FOREST_TREES })

  get tables(): readonly Table[] {
    return [this.#hierarchy, this.#words, this.#beliefs, this.#ideas, this.#general, this.#forest].flatMap(
      part => part.tables,
    )
  }

  /** The rates of a case: {@link score} takes them, because the signals of a case show some of them. */
  rates(view: Pick<View, 'keys'>): RateScores {
    return this.#hierarchy.score(view.keys)
  }

  score(view: View, rates: RateScores): PartScores {
    const { base } = rates
    const raw = [
      ...rates.logOdds,
      this.#words.score(view.sparse, view.scales),
      this.#beliefs.score(view.sparse, view.scales),
      this.#general.score(view.signals),
      this.#ideas.score(view.ideas, view.ideaScales),
    ].map(clip)
    const all = allSignals(view.signals, raw, rates.evidence)
    raw.push(clip(this.#forest.score(all)), clip(base + view.lean), 0)
    return { raw, added: addedBy(raw, base), base, rates, all }
  }

  learn(view: View, all: Uint8Array, isBad: boolean, weight: number): void {
    this.#hierarchy.learn(view.keys, isBad, weight)
    this.#words.learn(view.sparse, view.scales, isBad, weight)
    this.#beliefs.learn(view.sparse, view.scales, isBad, weight)
    this.#ideas.learn(view.ideas, view.ideaScales, isBad, weight)
    this.#general.learn(view.signals, isBad, weight)
    this.#forest.learn(all, isBad, weight)
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

function allSignals(signals: Uint8Array, raw: readonly number[], evidence: readonly number[]): Uint8Array {
  const all = new Uint8Array(ALL_SIGNALS)
  all.set(signals)
  for (let index = 0; index < SEEN_BY_FOREST; index++) {
    all[SIGNALS + 2 * index] = binOfLogOdds(raw[index] ?? 0)
    all[SIGNALS + 2 * index + 1] = binOfCount(evidence[index] ?? 0)
  }
  return all
}

function addedBy(raw: readonly number[], base: number): readonly number[] {
  const added = raw.map((value, index) => {
    const parent = PARENTS[index] ?? -1
    return value - (parent === -1 ? base : (raw[parent] ?? 0))
  })
  added[WIDTH - 1] = 0.5
  return added
}

/** The component that each is compared with; -1 for the base rate. `nearly` and `values` fall back to the tool's rate. */
const PARENTS: readonly number[] = [...LEVELS.map(level => level.parent), 1, 1]
