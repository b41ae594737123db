import type { Decision, DecisionRecord, ExecutionStatus, OutcomeReport } from 'countersign'
import type { Service } from './service.js'

/**
 * Notes how a call ended that was executed elsewhere, as its client says: only of a decision of which that is not known, and
 * only what the decision allows for. What a client says is its word, and no more than that.
 *
 * @param at epoch milliseconds at which that became known. @defaultValue now
 */
export async function noteEnding(
  service: Service,
  decision: DecisionRecord,
  status: ExecutionStatus,
  at = service.clock.now(),
): Promise<void> {
  if (isOver(decision) || decision.dryRun === true || status === 'approval_required') return
  if (status !== 'blocked' && !(await mayHaveRun(service, decision))) return
  const execution = { decisionId: decision.id, status, at, durationMs: 0 }
  const audit = await service.changes.ofEnding(execution, decision)
  await service.store.commit({ at: service.clock.now(), execution, ...(audit && { audit }) })
}

/**
 * Reports outcomes to decisions that were executed elsewhere, whichever way they come: a call has ended before somebody can say how
 * it turned out, and one that was blocked has not run.
 */
export async function reportEnded(
  service: Service,
  decisions: readonly DecisionRecord[],
  report: Omit<OutcomeReport, 'decisionId'>,
): Promise<void> {
  const endedAt = service.clock.now()
  await service.governor.reportOutcome(decisions.map(({ id }) => Object.assign({}, report, { decisionId: id })))
  const status = report.status === 'BLOCKED' ? 'blocked' : 'executed'
  for (const decision of decisions) await noteEnding(service, decision, status, endedAt)
}

/** One that waits for a person goes on once that one said yes. */
function isOver({ execution }: DecisionRecord): boolean {
  return execution !== undefined && execution.status !== 'approval_required'
}

/** Whether a call may have gone on: nothing was in its way, or a person let it through. */
export async function mayHaveRun({ governor }: Service, { result, approvalId }: Decision): Promise<boolean> {
  if (result !== 'requires_approval') return result === 'allowed'
  const approval = approvalId === undefined ? undefined : await governor.approvals.get(approvalId)
  return approval?.status === 'approved' || approval?.status === 'consumed'
}
