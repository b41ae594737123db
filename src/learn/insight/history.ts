import { type InsightSource, scoredCases } from './cases.js'
import { type CalibrationFigures, figuresOf } from './figures.js'
import { checkFilter, type Coverage, type InsightFilter } from './filter.js'
import { Groups } from './groups.js'
import { Observations } from './observations.js'

const DAY_MS = 86_400_000
/** As far back as services of this kind look. */
const MOST_DAYS = 180
const USUAL_DAYS = 30

/** Figures of one day after the other. */
export interface QualityHistory extends Coverage {
  /** The oldest first; a day on which nothing was decided that has a label is left out. */
  readonly days: readonly (CalibrationFigures & {
    /** `2026-01-05`, in UTC, by when it was decided. */
    readonly day: string
  })[]
}

/** Of which days. */
export interface HistoryFilter extends Omit<InsightFilter, 'since' | 'until'> {
  /** 1 to 180, today included. @defaultValue 30 */
  readonly days?: number
}

/** Figures per day, up to `now`. */
export async function history(source: InsightSource, now: number, filter: HistoryFilter = {}): Promise<QualityHistory> {
  checkFilter(filter, 'calibration.history', { days: [1, MOST_DAYS] })
  const { days = USUAL_DAYS, ...wanted } = filter
  const since = Math.max(0, (Math.floor(now / DAY_MS) - Math.floor(days) + 1) * DAY_MS)
  const groups = new Groups(() => new Observations())
  const coverage = await scoredCases(source, { ...wanted, since }, ({ record, risk, label }) => {
    if (label !== undefined) groups.of(dayOf(record.at)).add(risk, label.kind === 'bad')
  })
  return {
    ...coverage,
    days: groups.entries().map(([day, observed]) => Object.assign({ day }, figuresOf(observed.ties()))),
  }
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
