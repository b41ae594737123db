import { present } from '../../ambient.js'
import type { Store } from '../../store/store.js'
import type { DecisionRecord } from '../../types.js'
import { lowerBound, upperBound } from '../insight/binomial.js'
import { type Share, shareDifference } from '../insight/intervals.js'
import type { TrajectoryHealth } from './explanation.js'

/** Decisions that are looked back on, of the session and of the tenant each. */
const LOOKED_AT = 1000
/** Of each end of an interval that holds 95 %. */
const ONE_END = 0.975

export type { Share } from '../insight/intervals.js'

/** Whose session it is. */
export interface Run {
  readonly sessionId: string | undefined
  readonly tenant: string | undefined
  /** The decision that is explained: it says nothing of how it goes beside itself. */
  readonly except?: string | undefined
}

/** How the calls of a session went: see {@link TrajectoryHealth}. */
export async function trajectoryHealth(store: Pick<Store, 'listDecisions'>, run: Run): Promise<TrajectoryHealth> {
  const { sessionId, tenant, except } = run
  if (sessionId === undefined) return { status: 'unknown', calls: 0, troubled: 0 }
  const isSameTenant = (record: DecisionRecord): boolean => record.tenant === tenant
  const listed = present({ tenant })
  const own = (await store.listDecisions({ ...listed, sessionId, limit: LOOKED_AT })).filter(isSameTenant)
  const all = (await store.listDecisions({ ...listed, limit: LOOKED_AT })).filter(isSameTenant)
  const { n: calls, count: troubled } = shareOf(own.filter(({ id }) => id !== except))
  const others = shareOf(all.filter(record => record.sessionId !== sessionId))
  const known = others.n === 0 ? {} : { others }
  if (calls === 0) return { status: 'unknown', calls, troubled, ...known }
  const interval = { low: lowerBound(troubled, calls, ONE_END), high: upperBound(troubled, calls, ONE_END) }
  return { status: healthOf({ count: troubled, n: calls }, others), calls, troubled, interval, ...known }
}

/** How a session goes by the share of its calls that did not go through, beside that of other sessions. */
export function healthOf(own: Share, others: Share): TrajectoryHealth['status'] {
  if (own.n === 0 || others.n === 0) return 'unknown'
  return shareDifference(own, others).low > 0 ? 'degrading' : 'healthy'
}

/** Of calls that have ended, those that did not go through. */
function shareOf(records: readonly DecisionRecord[]): Share {
  const ended = records.map(isTroubled).filter(troubled => troubled !== undefined)
  return { count: ended.filter(Boolean).length, n: ended.length }
}

/** Whether a call did not go through; nothing of one that has not ended, or was a dry run. */
export function isTroubled({ dryRun, execution }: DecisionRecord): boolean | undefined {
  if (dryRun === true || execution === undefined || execution.status === 'approval_required') return undefined
  return execution.status !== 'executed'
}
