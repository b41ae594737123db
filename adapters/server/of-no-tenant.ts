import type { DecisionRecord, Governor, OutcomeReport } from 'countersign'
import { GovernanceError } from 'countersign'

const NONE = { tenant: null } as const

/** A governor as agents of no tenant see it: what belongs to no tenant, and nothing of any. What they ask is decided as ever. */
export function ofNoTenant(governor: Governor): Governor {
  const { decisions, approvals, calibration, outcomes, memory } = governor
  const find = async (id: string): Promise<DecisionRecord | undefined> => {
    const record = await decisions.get(id)
    return record?.tenant === undefined ? record : undefined
  }
  const own = async (id: string): Promise<void> => {
    if ((await find(id)) === undefined) throw new GovernanceError('not-found', `There is no decision "${id}".`)
  }
  return {
    ...governor,
    decisions: { get: find, list: filter => decisions.list({ ...filter, ...NONE }) },
    approvals: {
      ...approvals,
      list: filter => approvals.list({ ...filter, ...NONE }),
      get: async id => {
        const approval = await approvals.get(id)
        return approval?.tenant === undefined ? approval : undefined
      },
    },
    reportOutcome: async reports => {
      for (const { decisionId } of [reports].flat() as readonly OutcomeReport[]) await own(decisionId)
      await governor.reportOutcome(reports)
    },
    explain: async (call, ...how) => {
      if (typeof call === 'string') await own(call)
      return governor.explain(call, ...how)
    },
    calibration: {
      report: filter => calibration.report({ ...filter, ...NONE }),
      reliability: filter => calibration.reliability({ ...filter, ...NONE }),
      drift: filter => calibration.drift({ ...filter, ...NONE }),
      breakdown: filter => calibration.breakdown({ ...filter, ...NONE }),
      history: filter => calibration.history({ ...filter, ...NONE }),
      feedback: filter => calibration.feedback({ ...filter, ...NONE }),
    },
    outcomes: { ...outcomes, quality: filter => outcomes.quality({ ...filter, ...NONE }) },
    memory: {
      context: filter => memory.context({ ...filter, ...NONE }),
      recommendations: options => memory.recommendations({ ...options, ...NONE }),
    },
  }
}
