import { RecentMap } from '../recent-map.js'
import type { RiskCase } from './case.js'
import { Forest } from './forest.js'
import { Ftrl } from './ftrl.js'
import { DERIVED, Hierarchy, LEVELS, rateKeys, type RateKeys } from './hierarchy.js'
import { logOdds, probability } from './logistic.js'
import { lookAt, SOURCES } from './look.js'
import { Gaussian } from './gaussian.js'
import { mix } from './hash.js'
import { Blend } from './blend.js'
import { signalsOf } from './signals.js'
import { sparseFeatures } from './sparse.js'
import { Trajectory, type Made } from './trajectory.js'

const P = (name: string, value: number): number => Number((globalThis as any).process.env[name] ?? value)
const BITS = 18
const RATE_LEVELS = LEVELS.length + DERIVED.length
const SIGNALS = 60
export const COMPONENTS = [...LEVELS.map(l => l.name), ...DERIVED, 'words', 'beliefs', 'general', 'ideas', 'forest', 'run', 'bias'] as const
const WIDTH = COMPONENTS.length

export interface CaseFeatures {
  readonly sparse: Int32Array
  readonly keys: RateKeys
  readonly general: Uint8Array
  readonly ideas: Int32Array
  readonly ideaScales: Float32Array
  readonly scales: Float32Array
  readonly all: Uint8Array
  readonly inputs: Float32Array
  readonly finals: Float32Array
  readonly base: number
  readonly errBase: number
  readonly errInputs: Float32Array
  readonly sets: readonly number[]
  readonly made: Made
  readonly trajectoryId: string | undefined
  readonly mixed: number
  readonly novelty: number
}

export interface RiskEstimate {
  readonly risk: number
  readonly errorRisk: number
  readonly evidence: number
  readonly parts: Readonly<Record<string, number>>
  readonly features: CaseFeatures
}

const WEIGHTS: Readonly<Record<string, number>> = { bias: 0, words: 0.25, beliefs: 0.25, general: 0.1, ideas: 0.1, forest: 0.3, exact: 0.2, values: 0.1 }
const initial = COMPONENTS.map(name => WEIGHTS[name] ?? 0.05)
class Frequencies {
  readonly counts: Float32Array
  total = 0
  constructor(bits: number) {
    this.counts = new Float32Array(2 ** bits)
  }
  scales(features: Int32Array): Float32Array {
    const scales = new Float32Array(features.length)
    const mode = P('SC', 1)
    for (let i = 0; i < features.length; i++) {
      const f = (this.counts[features[i] ?? 0] ?? 0) / (this.total + 2)
      scales[i] = mode === 0 ? 1 : mode === 1 ? Math.sqrt(Math.max(0, 1 - f)) : mode === 2 ? Math.max(0, 1 - f) : 2 * Math.sqrt(Math.max(0, f * (1 - f)))
    }
    if (features.length > 0) scales[0] = 1
    return scales
  }
  add(features: Int32Array): void {
    this.total++
    for (let i = 0; i < features.length; i++) this.counts[features[i] ?? 0] = (this.counts[features[i] ?? 0] ?? 0) + 1
  }
}
const CROSSED = P('XC', 0) === 1 ? [3, 4, 18, 25, 29, 30, 31, 43, 46, 55, 57, 59] : [3, 4, 10, 18, 25, 29, 30, 31, 35, 40, 43, 46, 55, 57, 59]
function ideasOf(general: Uint8Array): Int32Array {
  const list: number[] = []
  for (let i = 0; i < general.length; i++) {
    list.push(mix(i + 1, general[i] ?? 0) >>> 17)
    list.push(mix(i + 101, (general[i] ?? 0) >> 2) >>> 17)
  }
  for (let a = 0; a < CROSSED.length; a++)
    for (let b = a + 1; b < CROSSED.length; b++)
      list.push(mix(mix(a * 64 + b + 1000, coarse(general[CROSSED[a] ?? 0] ?? 0)), coarse(general[CROSSED[b] ?? 0] ?? 0)) >>> 17)
  return Int32Array.from(list)
}
function coarse(bin: number): number {
  return bin === 0 ? 0 : bin < 3 ? bin : bin < 8 ? 3 : bin < 16 ? 4 : bin < 31 ? 5 : 6
}

const NEWCOMERS: Readonly<Record<string, number>> = { actor: 0.05, shape: 0.05, worstEntity: 0.1, general: 0.4, ideas: 0.3, forest: 0.2 }
const NEW = COMPONENTS.map(name => NEWCOMERS[name] ?? 0)
const N0 = P('N0', 1)
const FINAL_INITIAL = (set: number): number[] => {
  const exact = Math.floor(set / 9)
  const familiar = Math.floor(set / 3) % 3
  const context = set % 3
  const isNew = exact > 0 ? 0 : context === 0 ? 1 - familiar * P('IF', 0) : 0.5 - familiar * P('IF', 0)
  const total = 1 - isNew * P('IS', 0.3)
  const d = N0 * isNew
  const rest = (1 - isNew) / 4
  const one = (isNew * (1 - N0)) / 3
  return [rest, rest, rest, d, rest + one, one, one].map(weight => weight * total)
}

class Head {
  readonly hierarchy = new Hierarchy(18, 200)
  readonly words = new Ftrl(BITS, { alpha: P('WA', 0.1), beta: 1, l1: P('W1', 0.02), l2: P('W2', 1) })
  readonly beliefs = new Gaussian(BITS, { prior: P('BP', 0.02), floor: P('BF', 0.001) })
  readonly ideas = new Ftrl(15, { alpha: P('IA', 0.02), beta: 1, l1: P('I1', 0.1), l2: P('I2', 1) })
  readonly general = new Forest({ signals: SIGNALS, memory: P('GM', 4096), trees: P('GT', 64), rate: P('GR', 0.2), l2: P('GL', 4), leastHessian: P('GH', 0.5), depth: P('GD', 4), every: P('GE', 64) })
  readonly forest = new Forest({ signals: SIGNALS + 2 * (RATE_LEVELS + 4), memory: 4096, trees: 64, rate: P('FR', 0.2), l2: P('FL', 4), leastHessian: P('FH', 0.5), depth: 4, every: 64 })
  readonly mixers = [blend(1, initial), blend(6, initial), blend(64, initial), blend(1, NEW)]
  readonly final = new Blend({
    initial: Array.from({ length: 27 }, (_, set) => FINAL_INITIAL(set)),
    prior: P('FV', 0.01),
    drift: P('FD', 0.0002),
  })
}

function blend(sets: number, from: readonly number[]): Blend {
  return new Blend({ initial: Array.from({ length: sets }, () => from), prior: P('MV', 0.04), drift: P('MD', 0.0002) })
}

function clip(value: number): number {
  return Math.max(-8, Math.min(8, value))
}

/** Each input as what it adds: a rate to the wider rate, the rest to the base rate. */
function deltas(inputs: Float32Array, raw: Float32Array, base: number): void {
  for (let index = 0; index < WIDTH; index++) {
    const parent = index < LEVELS.length ? (LEVELS[index]?.parent ?? -1) : index < LEVELS.length + 2 ? 1 : -1
    inputs[index] = (raw[index] ?? 0) - (parent === -1 ? base : (raw[parent] ?? 0))
  }
  inputs[WIDTH - 1] = 0.5
}

export function createRiskModel() {
  const trajectories = new RecentMap<string, Trajectory>(2048)
  const bad = new Head()
  const err = new Head()
  const seen = new Uint8Array(2 ** 18)
  let labels = 0
  const common = new Frequencies(BITS)
  const ideaCommon = new Frequencies(15)
  const labelled = new Map<string, number>()
  const kept: { features: CaseFeatures; isBad: boolean; weight: number }[] = []
  let next = 0
  let seed = 1
  const K = P('RK', 3)
  const RS = P('RS', 2048)
  const replay = (features: CaseFeatures, isBad: boolean, weight: number): void => {
    kept[next] = { features, isBad, weight }
    next = (next + 1) % RS
    for (let k = 0; k < K; k++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      const one = kept[Math.floor((seed / 2 ** 32) * kept.length)]
      if (one === undefined) continue
      bad.words.learn(one.features.sparse, one.features.scales, one.isBad, one.weight)
      if (P('RI', 0)) bad.ideas.learn(one.features.ideas, one.features.ideaScales, one.isBad, one.weight)
    }
  }
  const trajectoryOf = (id: string | undefined): Trajectory => {
    const found = id === undefined ? undefined : trajectories.get(id)
    if (found !== undefined) return found
    const created = new Trajectory()
    if (id !== undefined) trajectories.set(id, created)
    return created
  }
  return {
    predict(call: RiskCase): RiskEstimate {
      const trajectory = trajectoryOf(call.trajectoryId)
      const look = lookAt(call, trajectory)
      const sparse = sparseFeatures(look, BITS)
      const scales = common.scales(sparse)
      const keys = rateKeys(look)
      const scores = bad.hierarchy.score(keys)
      const general = new Uint8Array(SIGNALS)
      general.set(signalsOf(look, value => (seen[value >>> 14] ?? 0) > 0))
      general[SIGNALS - 1] = Math.max(0, Math.min(31, Math.round((scores.logOdds[3] ?? 0) * 4 + 15.5)))
      general[SIGNALS - 2] = Math.max(0, Math.min(31, Math.round(Math.log2(1 + (scores.evidence[3] ?? 0)) * 4)))
      const inputs = new Float32Array(WIDTH)
      inputs.set(scores.logOdds)
      const words = bad.words.score(sparse, scales)
      inputs[RATE_LEVELS] = words
      inputs[RATE_LEVELS + 1] = bad.beliefs.score(sparse, scales)
      for (const [to, level] of [15, 16].entries()) {
        general[SIGNALS - 3 - to * 2] = Math.max(0, Math.min(31, Math.round((scores.logOdds[level] ?? 0) * 2.5 + 15.5)))
        general[SIGNALS - 4 - to * 2] = Math.max(0, Math.min(31, Math.round(Math.log2(1 + (scores.evidence[level] ?? 0)) * 4)))
      }
      const generalScore = bad.general.score(general)
      inputs[RATE_LEVELS + 2] = generalScore
      const ideas = ideasOf(general)
      const ideaScales = ideaCommon.scales(ideas)
      inputs[RATE_LEVELS + 3] = bad.ideas.score(ideas, ideaScales)
      const all = new Uint8Array(SIGNALS + 2 * (RATE_LEVELS + 4))
      all.set(general)
      for (let level = 0; level < RATE_LEVELS + 4; level++) {
        all[SIGNALS + 2 * level] = Math.max(0, Math.min(31, Math.round((inputs[level] ?? 0) * 2.5 + 15.5)))
        all[SIGNALS + 2 * level + 1] = Math.min(31, Math.round(Math.log2(1 + (scores.evidence[level] ?? 0)) * 4))
      }
      inputs[RATE_LEVELS + 4] = bad.forest.score(all)
      inputs[RATE_LEVELS + 5] = logOdds(bad.hierarchy.base) + trajectory.lean
      inputs[RATE_LEVELS + 6] = 0
const raw = Float32Array.from(inputs, value => Math.max(-8, Math.min(8, value)))
      const base = logOdds(bad.hierarchy.base)
      deltas(inputs, raw, base)
      const exact = scores.evidence[9] ?? 0
      const sets = [0, Math.min(5, Math.ceil(Math.log2(1 + exact))), look.tool >>> 24]
      const context = scores.evidence[4] ?? 0
      const few = (n: number): number => (n < 0.5 ? 0 : n < 4 ? 1 : 2)
      sets.push(0)
      const familiar = scores.familiar > 0.99 ? 2 : scores.familiar > P('FA', 0.5) ? 1 : 0
      sets.push(few(exact) * 9 + familiar * 3 + few(context))
      const finals = new Float32Array(7)
      for (let index = 0; index < 4; index++) finals[index] = clip(bad.mixers[index]?.mix(inputs, sets[index] ?? 0) ?? 0)
      finals[4] = inputs[RATE_LEVELS + 4] ?? 0
      finals[5] = inputs[RATE_LEVELS + 2] ?? 0
      finals[6] = inputs[RATE_LEVELS + 3] ?? 0
      const mixed = clip(base + bad.final.mix(finals, sets[4] ?? 0))
      const errInputs = new Float32Array(WIDTH)
      errInputs.set(err.hierarchy.score(keys).logOdds)
      errInputs[RATE_LEVELS] = err.words.score(sparse, scales)
      errInputs[RATE_LEVELS + 6] = 0.3
      const errBase = logOdds(err.hierarchy.base)
      deltas(errInputs, Float32Array.from(errInputs), errBase)
      for (let i = RATE_LEVELS + 1; i < RATE_LEVELS + 6; i++) errInputs[i] = 0
      let errMixed = errBase
      for (let index = 0; index < 3; index++) errMixed += (err.mixers[index]?.mix(errInputs, sets[index] ?? 0) ?? 0) / 3
      const values = look.values.map(value => value.leaf.hash)
      return {
        risk: probability(mixed),
        errorRisk: probability(errMixed),
        evidence: exact,
        parts: Object.fromEntries(COMPONENTS.map((name, index) => [name, raw[index] ?? 0])),
        features: {
          errInputs,
          sparse,
          keys,
          general,
          ideas,
          ideaScales,
          scales,
          all,
          inputs,
          finals,
          base,
          errBase,
          sets,
          mixed,
          novelty: scores.evidence[P('GN', 5)] ?? 0,
          trajectoryId: call.trajectoryId,
          made: {
            tool: look.tool,
            exact: look.exact,
            verb: look.verb,
            asOrigin: look.asOrigin,
            takesToolValues: look.values.some(({ source }) => source === SOURCES.tool),
            risk: generalScore,
            lean: mixed - base,
            toolWords: look.toolWords,
            said: look.said,
            values,
            words: [...look.toolWords, ...look.values.flatMap(value => value.words)],
          },
        },
      }
    },
    observe(features: CaseFeatures): void {
      trajectoryOf(features.trajectoryId).add(features.made)
      for (const value of features.made.values) seen[value >>> 14] = 1
    },
    reportError(features: CaseFeatures, failed: boolean): void {
      for (let index = 0; index < err.mixers.length; index++)
        err.mixers[index]?.learn(features.errInputs, features.sets[index] ?? 0, failed, 1, features.errBase)
      err.hierarchy.learn(features.keys, failed, 1)
      err.words.learn(features.sparse, features.scales, failed, 1)
      if (failed) trajectoryOf(features.trajectoryId).failed()
    },
    learn(features: CaseFeatures, { isBad, weight: w0 = 1 }: { isBad: boolean; weight?: number }): void {
      const k = (labelled.get(features.trajectoryId ?? '') ?? 0) + 1
      labelled.set(features.trajectoryId ?? '', k)
      const weight = w0 * Math.pow(k, -P('TW', 0.5))
      labels++
      replay(features, isBad, weight)
      common.add(features.sparse)
      ideaCommon.add(features.ideas)
      for (let index = 0; index < bad.mixers.length; index++)
        bad.mixers[index]?.learn(features.inputs, features.sets[index] ?? 0, isBad, weight, features.base)
      bad.final.learn(features.finals, features.sets[4] ?? 0, isBad, weight, features.base)
      bad.hierarchy.learn(features.keys, isBad, weight)
      bad.words.learn(features.sparse, features.scales, isBad, weight)
      bad.beliefs.learn(features.sparse, features.scales, isBad, weight)
      bad.ideas.learn(features.ideas, features.ideaScales, isBad, weight * Math.pow(1 + features.novelty, -P('IW', 0)))
      bad.general.learn(features.general, isBad, weight * Math.pow(1 + features.novelty, -P('GW', 0)))

      bad.forest.learn(features.all, isBad, weight)
    },
  }
}
