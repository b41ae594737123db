import { Blend } from './blend.js'
import { Correction } from './correction.js'
import type { RateScores } from './hierarchy.js'
import { numbers } from './numbers.js'
import { COMPONENTS, type PartScores } from './parts.js'
import type { Table } from './state.js'

/** Before anything is known: what usually tells most counts most. */
const KNOWN: Readonly<Record<string, number>> = {
  words: 0.4,
  fields: 0.5,
  general: 0.1,
  ideas: 0.1,
  forest: 0.3,
  exact: 0.2,
  values: 0.1,
  constant: 0,
}
const OTHERS = 0.05
/** The same for calls unlike any before: only what carries over counts. */
const NEW: Readonly<Record<string, number>> = {
  actor: 0.05,
  shape: 0.05,
  worstEntity: 0.1,
  general: 0.35,
  ideas: 0.5,
  forest: 0.1,
}

/** Variance of a weight of the first step and of the last, before any case; drift as {@link Blend} has it. */
const PRIOR = 0.12
const LAST_PRIOR = 0.01
const DRIFT = 0.0002
/** Share of the tool-independent linear learner in what is believed of a call unlike any before. */
const IDEAS_SHARE = 0.3
const CLIP = 8
/** Cases after which the mix is half believed, against the base rate. */
const FIRST_CASES = 2

/** Blends of the first step. */
const BLENDS = 4
const TOOL_SETS = 64
const EXACT_SETS = 6
const LAST_SETS = 27
const EXACT = COMPONENTS.indexOf('exact')
const CONTEXT = COMPONENTS.indexOf('context')
const LAST_PARTS = [COMPONENTS.indexOf('forest'), COMPONENTS.indexOf('general'), COMPONENTS.indexOf('ideas')]

/** One mixed prediction with what learning from it takes. */
export interface Mixed {
  readonly logOdds: number
  /** The same before it is corrected. */
  readonly plain: number
  readonly base: number
  readonly added: readonly number[]
  /** What the blends of the first step said. */
  readonly blended: readonly number[]
  /** Which set of weights each blend took; the last one's at the end. */
  readonly sets: readonly number[]
}

/**
 * Mixes components in two steps: blends for all cases, by how well the exact call is known, by tool, and one that begins
 * with what carries over; then one that knows how new a case is. In sets that saw little, the beginning still stands.
 */
export class Mix {
  readonly #blends = [
    blend(1, weightsOf(KNOWN, OTHERS)),
    blend(EXACT_SETS, weightsOf(KNOWN, OTHERS)),
    blend(TOOL_SETS, weightsOf(KNOWN, OTHERS)),
    blend(1, weightsOf(NEW, 0)),
  ]
  readonly #last = new Blend({
    initial: Array.from({ length: LAST_SETS }, (_, set) => lastWeights(set)),
    prior: LAST_PRIOR,
    drift: DRIFT,
  })

  readonly #correction = new Correction()

  get tables(): readonly Table[] {
    return [...this.#blends, this.#last, this.#correction].flatMap(({ tables }) => tables)
  }

  mix({ added, raw, base, rates }: PartScores, tool: number): Mixed {
    const exact = rates.evidence[EXACT] ?? 0
    const bucket = Math.min(EXACT_SETS - 1, Math.ceil(Math.log2(1 + exact)))
    const sets = [0, bucket, tool >>> 26, 0, newness(rates)]
    // Not by `map`, which makes lists of another kind: wherever both come, the engine makes an object of each number.
    const blended = numbers(BLENDS + LAST_PARTS.length)
    for (let index = 0; index < BLENDS; index++)
      blended[index] = clip(this.#blends[index]?.mix(added, sets[index] ?? 0) ?? 0)
    for (let index = 0; index < LAST_PARTS.length; index++)
      blended[BLENDS + index] = (raw[LAST_PARTS[index] ?? 0] ?? 0) - base
    // Parts that were taught nothing stand at even odds, which is no reason to leave the base rate.
    const { cases } = this.#correction
    const plain = clip(base + (this.#last.mix(blended, sets[4] ?? 0) * cases) / (cases + FIRST_CASES))
    return { logOdds: plain + this.#correction.of(plain), plain, base, added, blended, sets }
  }

  learn({ plain, base, added, blended, sets }: Mixed, isBad: boolean, weight: number): void {
    this.#correction.learn(plain, isBad, weight)
    for (let index = 0; index < BLENDS; index++)
      this.#blends[index]?.learn(added, sets[index] ?? 0, isBad, weight, base)
    this.#last.learn(blended, sets[4] ?? 0, isBad, weight, base)
  }
}

/** Three steps each of: how often this very call was labelled, how many of its values were, how often this request was. */
function newness({ evidence, familiar }: RateScores): number {
  const values = familiar > 0.99 ? 2 : familiar > 0.5 ? 1 : 0
  return step(evidence[EXACT] ?? 0) * 9 + values * 3 + step(evidence[CONTEXT] ?? 0)
}

function step(evidence: number): number {
  if (evidence < 0.5) return 0
  return evidence < 4 ? 1 : 2
}

function lastWeights(set: number): number[] {
  const isExactKnown = set >= 9
  const isContextKnown = set % 3 > 0
  const share = isExactKnown ? 0 : isContextKnown ? 0.5 : 1
  const known = (1 - share) / 4
  return [known, known, known, share * (1 - IDEAS_SHARE), known, 0, share * IDEAS_SHARE]
}

function weightsOf(known: Readonly<Record<string, number>>, others: number): number[] {
  return COMPONENTS.map(name => known[name] ?? others)
}

function blend(sets: number, initial: readonly number[]): Blend {
  return new Blend({ initial: Array.from({ length: sets }, () => initial), prior: PRIOR, drift: DRIFT })
}

function clip(value: number): number {
  return Math.max(-CLIP, Math.min(CLIP, value))
}
