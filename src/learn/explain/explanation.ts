import type { Change } from '../../approval.js'
import type { Interval, Share } from '../insight/intervals.js'

/**
 * How much is known of calls like one, by its {@link Learned.confidence}: `sufficient` where that is high, `limited` where it is
 * medium, `insufficient` where it is low; `none` where no labelled case speaks of it, or nothing is learnt.
 */
export type EvidenceStatus = 'none' | 'insufficient' | 'limited' | 'sufficient'

/**
 * How the calls of a session went so far, against those of other sessions of the same tenant. A call is troubled that was
 * blocked, or refused by a person, or of which the tool threw; ones that wait or run still do not count, nor do dry runs.
 * Source: the newest 1,000 decisions of the session, and the newest 1,000 of the tenant, as the store has them.
 */
export interface TrajectoryHealth {
  /**
   * `degrading`: the share of troubled calls is larger than that of other sessions, by an interval of 95 % (Newcombe 1998).
   * `healthy`: nothing says so. `unknown`: there is no session, or no call of it, or none of others to compare with.
   */
  readonly status: 'healthy' | 'degrading' | 'unknown'
  readonly calls: number
  readonly troubled: number
  /** Where the share of troubled calls truly lies, at 95 % (Clopper and Pearson 1934). Absent without calls. */
  readonly interval?: Interval
  /** Troubled calls of other sessions, and how many there were in all. Absent where there were none. */
  readonly others?: Share
}

/** The call in another form that would be allowed as things stand. */
export interface Alternative {
  /** Of the call: it stays as it is. */
  readonly action: string
  /** What would have to be other than it is. Fields that the tool's profile masks are never among them. */
  readonly changes: readonly Change[]
  /** The changed call's input. */
  readonly input: unknown
  /** In words: the changes, and why it would be allowed. */
  readonly rationale: string
  /** What was learnt of the changed call, as {@link Learned.risk}. */
  readonly estimatedRisk?: number
}

/** Why a call was decided on as it was, and what would be allowed instead. */
export interface Explanation {
  /** A sentence or two: what the rules said, what was learnt, and what became of similar calls. */
  readonly rationale: string
  readonly evidenceStatus: EvidenceStatus
  readonly trajectoryHealth: TrajectoryHealth
  /** The nearest first, at most three; none of a call that is allowed, or whose input is not known any more. */
  readonly alternatives: readonly Alternative[]
  /** As {@link Learned.projectedRegret}. */
  readonly projectedRegret?: number
  /** Ids of the rules that decided. */
  readonly ruleBasis: readonly string[]
  /** Changed calls that were looked at for {@link Explanation.alternatives}, and how many of them would be allowed. */
  readonly search: { readonly tried: number; readonly allowed: number }
}
