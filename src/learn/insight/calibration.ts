import { present } from '../../ambient.js'
import { binsOf, type ReliabilityBin, USUAL_BINS } from './bins.js'
import { type InsightSource, type LabelCounts, LabelTally, type ScoredCase, scoredCases } from './cases.js'
import { type CalibrationFigures, figuresOf } from './figures.js'
import { type Coverage, checkFilter, type InsightFilter } from './filter.js'
import { Groups } from './groups.js'
import { Observations } from './observations.js'

/** How good the risks were. */
export interface CalibrationReport extends CalibrationFigures, Coverage {
  /** Decisions for which a risk was stated. */
  readonly scored: number
  /** What is known of those. */
  readonly labels: LabelCounts
  /** Epoch milliseconds of the oldest and of the newest of those. */
  readonly oldest?: number
  readonly newest?: number
}

/** What was foretold against what came, by risk. */
export interface Reliability extends Coverage {
  /** Decisions with a risk and a label: what the bins hold together. */
  readonly n: number
  /** Expected calibration error over these bins. */
  readonly ece?: number
  readonly bins: readonly ReliabilityBin[]
}

/** By what figures are broken down. `band`: fifths of the risk, `0.0-0.2` to `0.8-1.0`. */
export type BreakdownKey = 'domain' | 'tool' | 'actor' | 'band'

/** Figures by a name. */
export interface Breakdown extends Coverage {
  readonly by: BreakdownKey
  /** The largest groups first. */
  readonly groups: readonly (CalibrationFigures & { readonly key: string })[]
}

/** How good the risks were, as a whole. */
export async function report(source: InsightSource, filter: InsightFilter = {}): Promise<CalibrationReport> {
  checkFilter(filter, 'calibration.report')
  const [observations, tally] = [new Observations(), new LabelTally()]
  let scored = 0
  let [oldest, newest] = [Infinity, -Infinity]
  const coverage = await scoredCases(source, filter, ({ record: { at }, risk, label }) => {
    scored++
    oldest = Math.min(oldest, at)
    newest = Math.max(newest, at)
    tally.add(label)
    if (label !== undefined) observations.add(risk, label.kind === 'bad')
  })
  const times = scored === 0 ? {} : { oldest, newest }
  return { ...figuresOf(observations.ties()), ...coverage, scored, labels: tally.counts, ...times }
}

/** What a reliability diagram is drawn from. `bins`: how many there are at most, 15 unless said otherwise. */
export async function reliability(
  source: InsightSource,
  filter: InsightFilter & { readonly bins?: number } = {},
): Promise<Reliability> {
  checkFilter(filter, 'calibration.reliability', { bins: [1, 1000] })
  const observations = new Observations()
  const coverage = await scoredCases(source, filter, ({ risk, label }) => {
    if (label !== undefined) observations.add(risk, label.kind === 'bad')
  })
  const bins = binsOf(observations.ties(), Math.floor(filter.bins ?? USUAL_BINS))
  const { size } = observations
  const gap = bins.reduce((sum, { n, meanRisk, badRate }) => sum + n * Math.abs(meanRisk - badRate), 0)
  return { ...coverage, n: size, ...present({ ece: size === 0 ? undefined : gap / size }), bins }
}

/** Figures by domain, tool, actor or band of risk. Decisions without a domain are those of `''`. */
export async function breakdown(
  source: InsightSource,
  filter: InsightFilter & { readonly by?: BreakdownKey } = {},
): Promise<Breakdown> {
  checkFilter(filter, 'calibration.breakdown', {}, ['by'])
  const { by = 'domain' } = filter
  const groups = new Groups(() => new Observations())
  const coverage = await scoredCases(source, filter, ({ record, risk, label }) => {
    if (label !== undefined) groups.of(keyOf(by, record, risk)).add(risk, label.kind === 'bad')
  })
  const figures = groups.entries().map(([key, observed]) => Object.assign({ key }, figuresOf(observed.ties())))
  return { ...coverage, by, groups: figures.toSorted((a, b) => b.n - a.n) }
}

const BANDS = 5

function keyOf(by: BreakdownKey, { domain = '', tool, actor }: ScoredCase['record'], risk: number): string {
  if (by !== 'band') return { domain, tool, actor }[by]
  const band = Math.min(BANDS - 1, Math.floor(risk * BANDS))
  return `${(band / BANDS).toFixed(1)}-${((band + 1) / BANDS).toFixed(1)}`
}
