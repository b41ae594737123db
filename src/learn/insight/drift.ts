import { type InsightSource, scoredCases } from './cases.js'
import { type CalibrationFigures, figuresOf } from './figures.js'
import { checkFilter, type Coverage, type InsightFilter } from './filter.js'
import { type Interval, meanDifference, type Sample, shareDifference } from './intervals.js'
import { Observations } from './observations.js'
import { stability, type Stability } from './stability.js'

const DAY_MS = 86_400_000
const USUAL_WINDOW_MS = 7 * DAY_MS
/** The reference is four times as long where nothing is said: what it says is to be surer than what is held against it. */
const REFERENCE_WINDOWS = 4
/** Of fewer, the mean of squares is not near enough to a normal distribution. */
const LEAST_FOR_MEANS = 30

/** Whether the last days differ from those before. */
export interface Drift extends Coverage {
  readonly windowMs: number
  readonly referenceMs: number
  /** The last `windowMs`. What was decided of late has few labels yet, of which those of people come first. */
  readonly recent: CalibrationFigures & { readonly scored: number }
  /** The `referenceMs` before. */
  readonly reference: CalibrationFigures & { readonly scored: number }
  /** Of the risks, labelled or not: the population stability index. Absent where one side has no risks, or the reference has one only. */
  readonly risk?: Stability
  /** Recent base rate less that of the reference, at 95 % (Newcombe 1998). Absent where a side has no labels. */
  readonly baseRate?: Interval
  /** Recent Brier score less that of the reference, at 95 % (normal approximation). Absent where a side has fewer than 30 labels. */
  readonly brier?: Interval
  /** What differs. Each of the three is a test at 5 %: one in seven comparisons of what is the same finds something. */
  readonly drifted: readonly ('risk' | 'baseRate' | 'brier')[]
}

/** What is compared. */
export interface DriftFilter extends Omit<InsightFilter, 'since' | 'until'> {
  /** Milliseconds up to now. @defaultValue seven days */
  readonly windowMs?: number
  /** Milliseconds before those. @defaultValue four times `windowMs` */
  readonly referenceMs?: number
}

/** Compares the time up to `now` with the time before. */
export async function drift(source: InsightSource, now: number, filter: DriftFilter = {}): Promise<Drift> {
  checkFilter(filter, 'calibration.drift', { windowMs: [1, Infinity], referenceMs: [1, Infinity] })
  const { windowMs = USUAL_WINDOW_MS, referenceMs = REFERENCE_WINDOWS * windowMs, ...wanted } = filter
  const border = now - windowMs
  const sides = { recent: new Side(), reference: new Side() }
  const since = Math.max(0, border - referenceMs)
  const coverage = await scoredCases(source, { ...wanted, since }, ({ record, risk, label }) => {
    const side = record.at >= border ? sides.recent : sides.reference
    side.risks.add(risk, false)
    if (label !== undefined) side.labelled.add(risk, label.kind === 'bad')
  })
  const recent = sides.recent.figures()
  const reference = sides.reference.figures()
  const risk = stability(sides.recent.risks.ties(), sides.reference.risks.ties())
  const both = recent.n > 0 && reference.n > 0
  const baseRate = both ? shareDifference(share(recent), share(reference)) : undefined
  const enough = Math.min(recent.n, reference.n) >= LEAST_FOR_MEANS
  const brier = enough ? meanDifference(sides.recent.squares(), sides.reference.squares()) : undefined
  return {
    ...coverage,
    windowMs,
    referenceMs,
    recent,
    reference,
    ...(risk && { risk }),
    ...(baseRate && { baseRate }),
    ...(brier && { brier }),
    drifted: [
      ...(risk !== undefined && risk.psi > risk.critical ? (['risk'] as const) : []),
      ...(isApart(baseRate) ? (['baseRate'] as const) : []),
      ...(isApart(brier) ? (['brier'] as const) : []),
    ],
  }
}

/** One of the two times that are compared. */
class Side {
  readonly risks = new Observations()
  readonly labelled = new Observations()

  figures(): CalibrationFigures & { readonly scored: number } {
    return { scored: this.risks.size, ...figuresOf(this.labelled.ties()) }
  }

  /** Of (risk − label)². */
  squares(): Sample {
    const n = this.labelled.size
    let [sum, fourths] = [0, 0]
    for (const { risk, good, bad } of this.labelled.ties()) {
      sum += good * risk ** 2 + bad * (1 - risk) ** 2
      fourths += good * risk ** 4 + bad * (1 - risk) ** 4
    }
    return { mean: sum / n, variance: Math.max(0, fourths - sum ** 2 / n) / (n - 1), n }
  }
}

function share({ bad, n }: CalibrationFigures): { readonly count: number; readonly n: number } {
  return { count: bad, n }
}

function isApart(interval: Interval | undefined): boolean {
  return interval !== undefined && (interval.low > 0 || interval.high < 0)
}
