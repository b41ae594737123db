import { present } from '../../ambient.js'
import type { DecisionRecord, Recommendation } from '../../types.js'
import type { InsightSource } from './cases.js'
import { checkFilter, type Coverage, type InsightFilter } from './filter.js'
import { isFollowed } from './followed.js'
import { Groups } from './groups.js'
import { labelOf } from './label.js'
import { walk } from './walk.js'

const DAY_MS = 86_400_000
/** Examples of each kind: enough to look at. */
const EXAMPLES = 5

/** Decisions by whether advice was followed, and by what the world answered: positive is a label `good`, negative `bad`. */
export interface Quadrants {
  readonly followedPositive: number
  readonly followedNegative: number
  readonly ignoredPositive: number
  readonly ignoredNegative: number
}

/** How good recommendations were, of decisions with a recommendation, a known ending and an outcome that says something. */
export interface QualityFigures {
  readonly totalWithOutcome: number
  /** Followed, of all. Absent where there are none. */
  readonly followRate?: number
  /** Positive, of those that were followed. Absent where none was. */
  readonly positiveAfterFollowing?: number
  readonly quadrants: Quadrants
}

/** One decision that shows what advice was worth. */
export interface QualityExample {
  readonly decisionId: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly tool: string
  readonly actor: string
  readonly domain?: string
  readonly recommendation: Recommendation
}

/** How good recommendations were. */
export interface RecommendationQuality extends QualityFigures, Coverage {
  /** By name; decisions without a domain are those of `''`. */
  readonly byDomain: readonly (QualityFigures & { readonly domain: string })[]
  readonly byActor: readonly (QualityFigures & { readonly actor: string })[]
  /** The oldest first; weeks begin on Monday, UTC. */
  readonly trend: readonly (QualityFigures & {
    /** The Monday: `2026-01-05`. */
    readonly week: string
  })[]
  /** The newest of each. `helped`: followed, and it turned out well. `missed`: ignored, and it did not. */
  readonly examples: { readonly helped: readonly QualityExample[]; readonly missed: readonly QualityExample[] }
}

type Writable<T> = { -readonly [KEY in keyof T]: T[KEY] }

/** Whether recommendations were followed, and how that turned out. What people answered does not count here: they were asked because of the recommendation. */
export async function quality(
  { store, meanings }: InsightSource,
  filter: InsightFilter = {},
): Promise<RecommendationQuality> {
  checkFilter(filter, 'outcomes.quality')
  const tally = (): Groups<Writable<Quadrants>> => new Groups(noQuadrants)
  const [all, domains, actors, weeks] = [noQuadrants(), tally(), tally(), tally()]
  const [helped, missed]: QualityExample[][] = [[], []]
  const count = (record: DecisionRecord): void => {
    const label = labelOf(record, undefined, meanings)
    const followed = isFollowed(record)
    if (label === undefined || followed === undefined) return
    const quadrant = `${followed ? 'followed' : 'ignored'}${label.kind === 'good' ? 'Positive' : 'Negative'}` as const
    for (const quadrants of [
      all,
      domains.of(record.domain ?? ''),
      actors.of(record.actor),
      weeks.of(weekOf(record.at)),
    ])
      quadrants[quadrant]++
    if (quadrant === 'followedPositive') keep(helped, record)
    if (quadrant === 'ignoredNegative') keep(missed, record)
  }
  const coverage = await walk(store, filter, count, false)
  return {
    ...figuresOf(all),
    ...coverage,
    byDomain: domains.entries().map(([domain, quadrants]) => Object.assign({ domain }, figuresOf(quadrants))),
    byActor: actors.entries().map(([actor, quadrants]) => Object.assign({ actor }, figuresOf(quadrants))),
    trend: weeks.entries().map(([week, quadrants]) => Object.assign({ week }, figuresOf(quadrants))),
    examples: { helped: helped ?? [], missed: missed ?? [] },
  }
}

function noQuadrants(): Writable<Quadrants> {
  return { followedPositive: 0, followedNegative: 0, ignoredPositive: 0, ignoredNegative: 0 }
}

function figuresOf(quadrants: Quadrants): QualityFigures {
  const followed = quadrants.followedPositive + quadrants.followedNegative
  const totalWithOutcome = followed + quadrants.ignoredPositive + quadrants.ignoredNegative
  return {
    totalWithOutcome,
    ...present({
      followRate: totalWithOutcome === 0 ? undefined : followed / totalWithOutcome,
      positiveAfterFollowing: followed === 0 ? undefined : quadrants.followedPositive / followed,
    }),
    quadrants: { ...quadrants },
  }
}

function keep(examples: QualityExample[] | undefined, record: DecisionRecord): void {
  const { id, at, tool, actor, domain, recommendation } = record
  if (recommendation === undefined || examples === undefined || examples.length >= EXAMPLES) return
  examples.push({ decisionId: id, at, tool, actor, ...present({ domain }), recommendation })
}

/** The first of January 1970 was a Thursday. */
function weekOf(at: number): string {
  const day = Math.floor(at / DAY_MS)
  return new Date((day - ((((day + 3) % 7) + 7) % 7)) * DAY_MS).toISOString().slice(0, 10)
}
