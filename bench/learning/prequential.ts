import { createRiskModel, type CaseFeatures } from 'countersign/learning'
import type { TraceEvent } from './data.ts'
import type { Scored } from './scores.ts'

/** How labels reach the learner. */
export interface Protocol {
  /** Trajectories that end between the end of one and the labels of its calls. @defaultValue 0 */
  readonly delay?: number
  /** Calls at or over this risk count as blocked: their label is seen only with `reviewShare`. @defaultValue no call is */
  readonly blockedFrom?: number
  /** Share of blocked calls that a reviewer labels. @defaultValue 0.05 */
  readonly reviewShare?: number
  /** Trajectories that are predicted on but never learnt from. @defaultValue none */
  readonly isHeldOut?: (event: TraceEvent) => boolean
  /** Whether a call counts in the result. @defaultValue every scored call */
  readonly counts?: (event: TraceEvent) => boolean
  /** Whether the learner is told where values came from. @defaultValue true */
  readonly provenance?: boolean
  /** Whether what each component says is kept. @defaultValue false */
  readonly keepParts?: boolean
}

/** What came of one pass over a trace. */
export interface Pass {
  readonly scored: Scored
  /** The scored events, in the order of `scored`. */
  readonly events: readonly TraceEvent[]
  /** Predictions of a tool error, for all calls whose error is known. */
  readonly errors: Scored
  /** Predictions of a tool error for the calls that are scored. */
  readonly scoredErrors: Scored
  /** What each component said, in the order of `scored`. */
  readonly parts: readonly Readonly<Record<string, number>>[]
  /** Medians in microseconds. */
  readonly predictUs: number
  readonly learnUs: number
}

interface Waiting {
  readonly features: CaseFeatures
  readonly isBad: boolean
  readonly weight: number
}

/** Predicts every call from what was revealed before it; labels of a trajectory are revealed when it has ended. */
export function prequential(events: readonly TraceEvent[], protocol: Protocol = {}): Pass {
  const { delay = 0, isHeldOut = () => false, counts = () => true, provenance = true, keepParts = false } = protocol
  const model = createRiskModel()
  const left = new Map<string, number>()
  for (const { trajectory } of events) left.set(trajectory, (left.get(trajectory) ?? 0) + 1)
  const open = new Map<string, Waiting[]>()
  const ended: Waiting[][] = []
  const scored = { risk: [] as number[], bad: [] as boolean[] }
  const errors = { risk: [] as number[], bad: [] as boolean[] }
  const scoredErrors = { risk: [] as number[], bad: [] as boolean[] }
  const kept: TraceEvent[] = []
  const said: Readonly<Record<string, number>>[] = []
  const predictNs: number[] = []
  const learnNs: number[] = []
  const reveal = (waiting: readonly Waiting[]): void => {
    for (const { features, isBad, weight } of waiting) {
      const startedAt = process.hrtime.bigint()
      model.learn(features, { isBad, weight })
      learnNs.push(Number(process.hrtime.bigint() - startedAt))
    }
  }
  const take = (event: TraceEvent): void => {
    const call = provenance ? event.call : { ...event.call, provenance: undefined }
    const startedAt = process.hrtime.bigint()
    const estimate = model.predict(call)
    predictNs.push(Number(process.hrtime.bigint() - startedAt))
    const { risk, errorRisk, features } = estimate
    model.observe(features)
    if (event.failed !== undefined) {
      for (const list of event.isScored ? [errors, scoredErrors] : [errors]) {
        list.risk.push(errorRisk)
        list.bad.push(event.failed)
      }
      model.reportError(features, event.failed)
    }
    if (event.isScored && counts(event)) {
      scored.risk.push(risk)
      scored.bad.push(event.isBad)
      kept.push(event)
      if (keepParts) said.push(estimate.parts)
    }
    if (event.isScored && !isHeldOut(event)) {
      const weight = labelWeight(event, risk, protocol)
      if (weight > 0) put(open, event.trajectory, { features, isBad: event.isBad, weight })
    }
  }
  for (const event of events) {
    take(event)
    const remaining = (left.get(event.trajectory) ?? 1) - 1
    left.set(event.trajectory, remaining)
    if (remaining > 0) continue
    ended.push(open.get(event.trajectory) ?? [])
    open.delete(event.trajectory)
    if (ended.length > delay) reveal(ended.shift() ?? [])
  }
  return {
    scored,
    events: kept,
    parts: said,
    errors,
    scoredErrors,
    predictUs: middle(predictNs) / 1000,
    learnUs: middle(learnNs) / 1000,
  }
}

function put(open: Map<string, Waiting[]>, trajectory: string, waiting: Waiting): void {
  const list = open.get(trajectory) ?? []
  list.push(waiting)
  open.set(trajectory, list)
}

/** 1 where the label is seen as a matter of course, the inverse of the review share where by chance, 0 where never. */
function labelWeight(event: TraceEvent, risk: number, { blockedFrom, reviewShare = 0.05 }: Protocol): number {
  if (blockedFrom === undefined || risk < blockedFrom) return 1
  return chance(event) < reviewShare ? 1 / reviewShare : 0
}

/** 0..1 by trajectory and place in it: the same in every run, and nothing a learner could use. */
function chance({ trajectory, seq }: TraceEvent): number {
  let hash = seq
  for (let index = 0; index < trajectory.length; index++)
    hash = Math.imul(hash ^ trajectory.charCodeAt(index), 0x5bd1e995)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 12)) >>> 0) / 2 ** 32
}

function middle(values: readonly number[]): number {
  return Float64Array.from(values).toSorted()[Math.floor(values.length / 2)] ?? Number.NaN
}
