import { RecentMap } from '../recent-map.js'
import type { RiskCase } from './case.js'
import { Forest } from './forest.js'
import { Ftrl } from './ftrl.js'
import { DERIVED, Hierarchy, LEVELS, rateKeys, type RateKeys } from './hierarchy.js'
import { probability } from './logistic.js'
import { lookAt, SOURCES } from './look.js'
import { Mixer } from './mixer.js'
import { signalsOf } from './signals.js'
import { sparseFeatures } from './sparse.js'
import { Trajectory, type Made } from './trajectory.js'

const BITS = 18
const RATE_LEVELS = LEVELS.length + DERIVED.length
const SIGNALS = 56
export const COMPONENTS = [...LEVELS.map(l => l.name), ...DERIVED, 'words', 'general', 'forest', 'bias'] as const
const WIDTH = COMPONENTS.length

export interface CaseFeatures {
  readonly sparse: Int32Array
  readonly keys: RateKeys
  readonly general: Uint8Array
  readonly all: Uint8Array
  readonly inputs: Float32Array
  readonly errInputs: Float32Array
  readonly sets: readonly number[]
  readonly made: Made
  readonly trajectoryId: string | undefined
  readonly mixed: number
}

export interface RiskEstimate {
  readonly risk: number
  readonly errorRisk: number
  readonly evidence: number
  readonly parts: Readonly<Record<string, number>>
  readonly features: CaseFeatures
}

const initial = COMPONENTS.map(name =>
  name === 'words' ? 0.35 : name === 'general' ? 0.2 : name === 'forest' ? 0.3 : name === 'exact' ? 0.15 : name === 'bias' ? 0 : 0.02,
)

class Head {
  readonly hierarchy = new Hierarchy(18, 200)
  readonly words = new Ftrl(BITS, { alpha: 0.15, beta: 1, l1: 0.02, l2: 1 })
  readonly general = new Forest({ signals: SIGNALS, memory: 4096, trees: 64, rate: 0.2, l2: 4 })
  readonly forest = new Forest({ signals: SIGNALS + 2 * (RATE_LEVELS + 2), memory: 4096, trees: 64, rate: 0.2, l2: 4 })
  readonly mixers = [
    new Mixer({ initial, sets: 1, rate: 0.05, pull: 0.001 }),
    new Mixer({ initial, sets: 6, rate: 0.05, pull: 0.001 }),
    new Mixer({ initial, sets: 256, rate: 0.05, pull: 0.001 }),
  ]
}

export function createRiskModel() {
  const trajectories = new RecentMap<string, Trajectory>(2048)
  const bad = new Head()
  const err = new Head()
  const seen = new Uint8Array(2 ** 18)
  let labels = 0
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
      const keys = rateKeys(look)
      const scores = bad.hierarchy.score(keys)
      const general = new Uint8Array(SIGNALS)
      general.set(signalsOf(look, value => (seen[value >>> 14] ?? 0) > 0))
      general[SIGNALS - 1] = Math.max(0, Math.min(31, Math.round((scores.logOdds[3] ?? 0) * 4 + 15.5)))
      general[SIGNALS - 2] = Math.max(0, Math.min(31, Math.round(Math.log2(1 + (scores.evidence[3] ?? 0)) * 4)))
      const inputs = new Float32Array(WIDTH)
      inputs.set(scores.logOdds)
      const words = bad.words.score(sparse, 1 / Math.sqrt(sparse.length))
      inputs[RATE_LEVELS] = words
      const generalScore = bad.general.score(general)
      inputs[RATE_LEVELS + 1] = generalScore
      const all = new Uint8Array(SIGNALS + 2 * (RATE_LEVELS + 2))
      all.set(general)
      for (let level = 0; level < RATE_LEVELS + 2; level++) {
        all[SIGNALS + 2 * level] = Math.max(0, Math.min(31, Math.round((inputs[level] ?? 0) * 2.5 + 15.5)))
        all[SIGNALS + 2 * level + 1] = Math.min(31, Math.round(Math.log2(1 + (scores.evidence[level] ?? 0)) * 4))
      }
      inputs[RATE_LEVELS + 2] = bad.forest.score(all)
      inputs[RATE_LEVELS + 3] = 0.3
      for (let index = 0; index < WIDTH; index++) inputs[index] = Math.max(-8, Math.min(8, inputs[index] ?? 0))
      const exact = scores.evidence[9] ?? 0
      const sets = [0, Math.min(5, Math.ceil(Math.log2(1 + exact))), look.tool >>> 24]
      let mixed = 0
      for (let index = 0; index < bad.mixers.length; index++)
        mixed += (bad.mixers[index]?.mix(inputs, sets[index] ?? 0) ?? 0) / bad.mixers.length
      const errInputs = new Float32Array(WIDTH)
      errInputs.set(err.hierarchy.score(keys).logOdds)
      errInputs[RATE_LEVELS] = err.words.score(sparse, 1 / Math.sqrt(sparse.length))
      errInputs[RATE_LEVELS + 3] = 0.3
      let errMixed = 0
      for (let index = 0; index < err.mixers.length; index++)
        errMixed += (err.mixers[index]?.mix(errInputs, sets[index] ?? 0) ?? 0) / err.mixers.length
      const values = look.values.map(value => value.leaf.hash)
      return {
        risk: probability(mixed),
        errorRisk: probability(errMixed),
        evidence: exact,
        parts: Object.fromEntries(COMPONENTS.map((name, index) => [name, inputs[index] ?? 0])),
        features: {
          errInputs,
          sparse,
          keys,
          general,
          all,
          inputs,
          sets,
          mixed,
          trajectoryId: call.trajectoryId,
          made: {
            tool: look.tool,
            exact: look.exact,
            verb: look.verb,
            asOrigin: look.asOrigin,
            takesToolValues: look.values.some(({ source }) => source === SOURCES.tool),
            risk: generalScore,
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
        err.mixers[index]?.learn(features.errInputs, features.sets[index] ?? 0, failed, 1)
      err.hierarchy.learn(features.keys, failed, 1)
      err.words.learn(features.sparse, 1 / Math.sqrt(features.sparse.length), failed, 1)
      if (failed) trajectoryOf(features.trajectoryId).failed()
    },
    learn(features: CaseFeatures, { isBad, weight = 1 }: { isBad: boolean; weight?: number }): void {
      labels++
      for (let index = 0; index < bad.mixers.length; index++)
        bad.mixers[index]?.learn(features.inputs, features.sets[index] ?? 0, isBad, weight)
      bad.hierarchy.learn(features.keys, isBad, weight)
      bad.words.learn(features.sparse, 1 / Math.sqrt(features.sparse.length), isBad, weight)
      bad.general.learn(features.general, isBad, weight)
      bad.forest.learn(features.all, isBad, weight)
    },
  }
}
