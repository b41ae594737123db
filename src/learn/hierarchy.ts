import { mix } from './hash.js'
import { logOdds, probability } from './logistic.js'
import { KINDS } from './kind.js'
import type { Look, Value } from './look.js'
import { numbers } from './numbers.js'
import { Rates } from './rates.js'
import type { Table } from './state.js'

const STRENGTH = 3
const MAX_LEFT_OUT = 12
/** Numbers from here on are known by their magnitude, smaller ones one by one. */
const LARGE = 10
/** No rate counts as surer than this. */
const LEAST_RATE = 1e-4

/** What each rate is of, in order of {@link RateKeys.keys}, with the level it falls back to. */
export const LEVELS = [
  { name: 'tool', parent: -1 },
  { name: 'toolDomain', parent: 0 },
  { name: 'toolDomainActor', parent: 1 },
  { name: 'actor', parent: -1 },
  { name: 'context', parent: -1 },
  { name: 'contextTool', parent: 4 },
  { name: 'contextActor', parent: 4 },
  { name: 'pattern', parent: 1 },
  { name: 'shape', parent: -1 },
  { name: 'exact', parent: 1 },
  { name: 'exactContext', parent: 9 },
  { name: 'exactPrevious', parent: 9 },
  { name: 'exactActor', parent: 9 },
] as const

/** Rates that are derived from several keys each. */
export const DERIVED = ['nearly', 'values', 'worstEntity', 'bestEntity'] as const

/** Keys of a case in the tables. */
export interface RateKeys {
  readonly keys: readonly number[]
  /** The call with one value left out, each. */
  readonly nearly: readonly number[]
  /** Each value in its place; large numbers by their magnitude. */
  readonly values: readonly number[]
  /** Each value that names something, wherever it stands. */
  readonly entities: readonly number[]
}

/** The keys of a call, in order of {@link LEVELS}; equal calls have equal keys, whatever the order of their fields. */
export function rateKeys(look: Look): RateKeys {
  const { tool, domain, actor, context, exact, verb, values, trajectory } = look
  let pattern = mix(tool, 0x11)
  let shape = mix(verb, 0x22)
  for (const { leaf, kind, source } of values) {
    pattern = (pattern + mix(leaf.place, source)) | 0
    shape = (shape + mix(kind + 1, source)) | 0
  }
  const toolDomain = mix(mix(tool, 1), domain)
  const keys = [
    mix(tool, 0x33),
    toolDomain,
    mix(toolDomain, actor),
    mix(actor, 3),
    mix(context, 4),
    mix(mix(context, 5), tool),
    mix(mix(context, 6), actor),
    mix(pattern, 7),
    mix(shape, 8),
    mix(exact, 9),
    mix(mix(exact, 10), context),
    mix(mix(exact, 11), trajectory.exact[0] ?? 0),
    mix(mix(exact, 12), actor),
  ]
  const count = values.length > 1 ? Math.min(values.length, MAX_LEFT_OUT) : 0
  const nearly: number[] = []
  const valueKeys: number[] = []
  let sum = 0
  for (const { leaf } of values) sum = (sum + mix(leaf.place, leaf.hash)) | 0
  for (const value of values) {
    if (valueKeys.length === MAX_LEFT_OUT) break
    const { place, hash } = value.leaf
    const own = mix(place, hash)
    if (nearly.length < count) nearly.push(mix(mix(tool, (sum - own) | 0), mix(place, 13)))
    valueKeys.push(valueKey(tool, value, own))
  }
  const named: number[] = []
  for (const { kind, leaf } of values) {
    const key = mix(leaf.hash, 15)
    if (kind > KINDS.smallNumber && named.length < MAX_LEFT_OUT && !named.includes(key)) named.push(key)
  }
  return { keys, nearly, values: valueKeys, entities: named }
}

/** Large numbers hardly ever come again, and near ones mean the same: they share a key, two of them to each doubling. */
function valueKey(tool: number, { leaf: { value, place }, size }: Value, own: number): number {
  const isLarge = typeof value === 'number' && Math.abs(value) >= LARGE && Number.isFinite(size)
  return isLarge ? mix(mix(mix(tool, place), Math.floor(size * 2)), 17) : mix(mix(tool, own), 14)
}

/** Log odds and evidence per level, derived ones last. */
export interface RateScores {
  readonly logOdds: readonly number[]
  readonly evidence: readonly number[]
  /** Log odds of the rate over everything. */
  readonly base: number
  /** Share of the values that name something which were in labelled calls before, 0..1; 1 where there are none. */
  readonly familiar: number
}

const NO_KEYS: RateKeys = { keys: [], nearly: [], values: [], entities: [] }

/**
 * Rates of bad outcomes, each smoothed towards the wider one it falls back to: what was seen three times counts as much
 * as what the wider rate says (Beta prior).
 */
export class Hierarchy {
  readonly rates: Rates
  /** Bad and all cases. */
  readonly #seen = new Float64Array(2)
  #untaught: RateScores | undefined

  constructor(bits: number, cap: number) {
    this.rates = new Rates(bits, cap)
  }

  get tables(): readonly Table[] {
    return [...this.rates.tables, this.#seen]
  }

  /** The rate over everything. */
  get base(): number {
    return ((this.#seen[0] ?? 0) + 0.5) / ((this.#seen[1] ?? 0) + 2)
  }

  /** What the rates say of a call. */
  score(keys: RateKeys): RateScores {
    if ((this.#seen[1] ?? 0) !== 0) return this.#look(keys)
    // Nothing was counted yet: every rate is the widest one, whatever the call.
    this.#untaught ??= this.#look(NO_KEYS)
    return { ...this.#untaught, familiar: keys.entities.length === 0 ? 1 : 0 }
  }

  #look({ keys, nearly, values, entities }: RateKeys): RateScores {
    const width = LEVELS.length + DERIVED.length
    const p = numbers(width)
    const evidence = numbers(width).fill(0)
    const { base } = this
    for (let level = 0; level < LEVELS.length; level++) {
      const { parent } = LEVELS[level] ?? { parent: -1 }
      const wider = parent === -1 ? base : (p[parent] ?? 0)
      const at = this.rates.find(keys[level] ?? 0)
      const total = this.rates.total(at)
      const bad = this.rates.bad(at)
      evidence[level] = total
      p[level] = (bad + STRENGTH * wider) / (total + STRENGTH)
    }
    this.#pool(nearly, p, evidence, LEVELS.length)
    this.#lean(values, p, evidence, LEVELS.length + 1)
    const familiar = this.#extremes(entities, p, evidence, LEVELS.length + 2)
    for (let level = 0; level < width; level++) p[level] = logOdds(p[level] ?? 0, LEAST_RATE)
    return { logOdds: p, evidence, familiar, base: logOdds(base) }
  }

  /** How a call turned out. @param weight how many cases it counts for; negative to take it back */
  learn({ keys, nearly, values, entities }: RateKeys, isBad: boolean, weight: number): void {
    this.#seen[1] = (this.#seen[1] ?? 0) + weight
    if (isBad) this.#seen[0] = (this.#seen[0] ?? 0) + weight
    for (const group of [keys, nearly, values, entities]) for (const key of group) this.rates.add(key, isBad, weight)
  }

  /** The values that most and least often stood in bad calls, of whatever tool. */
  #extremes(keys: readonly number[], p: number[], evidence: number[], to: number): number {
    let known = 0
    const { base } = this
    p[to] = base
    p[to + 1] = base
    for (let index = 0; index < keys.length; index++) {
      const at = this.rates.find(keys[index] ?? 0)
      if (at === -1) continue
      const total = this.rates.total(at)
      const own = (this.rates.bad(at) + STRENGTH * base) / (total + STRENGTH)
      if (total > 0.5) known++
      if (own > (p[to] ?? 0)) {
        p[to] = own
        evidence[to] = total
      }
      if (own < (p[to + 1] ?? 0)) {
        p[to + 1] = own
        evidence[to + 1] = total
      }
    }
    return keys.length === 0 ? 1 : known / keys.length
  }

  /** Calls that differ in one value: all that were seen, together. */
  #pool(keys: readonly number[], p: number[], evidence: number[], to: number): void {
    let bad = 0
    let total = 0
    for (let index = 0; index < keys.length; index++) {
      const at = this.rates.find(keys[index] ?? 0)
      if (at === -1) continue
      bad += this.rates.bad(at)
      total += this.rates.total(at)
    }
    evidence[to] = total
    p[to] = (bad + STRENGTH * (p[1] ?? 0)) / (total + STRENGTH)
  }

  /** The value whose rate says most against the tool's rate. */
  #lean(keys: readonly number[], p: number[], evidence: number[], to: number): void {
    const wider = p[1] ?? 0
    const widerLogOdds = logOdds(wider, LEAST_RATE)
    let lean = 0
    let most = 0
    for (let index = 0; index < keys.length; index++) {
      const at = this.rates.find(keys[index] ?? 0)
      if (at === -1) continue
      const total = this.rates.total(at)
      const own = (this.rates.bad(at) + STRENGTH * wider) / (total + STRENGTH)
      lean += logOdds(own, LEAST_RATE) - widerLogOdds
      most = Math.max(most, total)
    }
    evidence[to] = most
    p[to] = probability(widerLogOdds + lean / Math.sqrt(1 + keys.length))
  }
}
