import type { Approval, Decision, DecisionRecord, ExecutionRecord, KillSwitch, Outcome } from '../types.js'
import type {
  ApprovalBinding,
  ApprovalFilter,
  DecisionEntry,
  DecisionFilter,
  RecordResult,
  Store,
  WindowSpend,
} from './store.js'
import { SlidingWindow } from './window.js'

export interface MemoryStoreOptions {
  /** Decisions kept; beyond it the oldest are forgotten. Windows, approvals and switches are not. @defaultValue 100_000 */
  readonly maxDecisions?: number
}

/** Empty windows are swept after this many decisions, so that names nobody asks for again do not pile up. */
const SWEEP_EVERY = 10_000

/** A store in this process: for tests, for runtimes without a file system, and as the reference for others. Forgets all at exit. */
export function memoryStore({ maxDecisions = 100_000 }: MemoryStoreOptions = {}): Store {
  const decisions = new Map<string, Decision>()
  const executions = new Map<string, ExecutionRecord>()
  const outcomes = new Map<string, Outcome[]>()
  const windows = new Map<string, SlidingWindow>()
  const approvals = new Map<string, Approval>()
  let switches: readonly KillSwitch[] = []
  let untilSweep = SWEEP_EVERY

  const windowOf = (key: string): SlidingWindow => {
    const known = windows.get(key)
    if (known !== undefined) return known
    const created = new SlidingWindow()
    windows.set(key, created)
    return created
  }
  const joined = (decision: Decision): DecisionRecord => {
    const execution = executions.get(decision.id)
    const record = { ...decision, outcomes: [...(outcomes.get(decision.id) ?? [])] }
    return execution === undefined ? record : { ...record, execution }
  }
  // Ids in the order they came, as a ring: asking a map for its first key after many deletions is slow.
  const order: string[] = []
  let oldestIndex = 0
  const keepOrder = (id: string): void => {
    if (order.length < maxDecisions) {
      order.push(id)
      return
    }
    const oldest = order[oldestIndex] ?? ''
    order[oldestIndex] = id
    oldestIndex = (oldestIndex + 1) % maxDecisions
    decisions.delete(oldest)
    executions.delete(oldest)
    outcomes.delete(oldest)
  }
  const sweep = (at: number): void => {
    if (--untilSweep > 0) return
    untilSweep = SWEEP_EVERY
    for (const [key, window] of windows) if (window.isEmpty(at)) windows.delete(key)
  }

  return {
    name: 'memory',
    recordDecision({ decision, spends, approval }: DecisionEntry): RecordResult {
      const exceeded = spends.find(
        ({ key, windowMs, amount, max }) => windowOf(key).total(decision.at, windowMs) + amount > max,
      )
      if (exceeded !== undefined) return { stored: false, exceeded: exceeded.key }
      for (const { key, windowMs, amount } of spends) windowOf(key).add(decision.at, windowMs, amount)
      decisions.set(decision.id, decision)
      if (approval !== undefined) approvals.set(approval.id, structuredClone(approval))
      keepOrder(decision.id)
      sweep(decision.at)
      return { stored: true }
    },
    recordExecution(execution: ExecutionRecord) {
      executions.set(execution.decisionId, execution)
    },
    recordOutcome(outcome: Outcome) {
      outcomes.set(outcome.decisionId, [...(outcomes.get(outcome.decisionId) ?? []), outcome])
    },
    getDecision(id: string) {
      const decision = decisions.get(id)
      return decision === undefined ? undefined : joined(decision)
    },
    listDecisions(filter: DecisionFilter) {
      const found: DecisionRecord[] = []
      const limit = pageSize(filter.limit)
      for (const decision of [...decisions.values()].reverse()) {
        if (found.length >= limit) break
        if (matches(decision, executions.get(decision.id), filter)) found.push(joined(decision))
      }
      return found
    },
    readWindows: (spends: readonly WindowSpend[], at: number) =>
      spends.map(({ key, windowMs }) => windows.get(key)?.total(at, windowMs) ?? 0),
    getApproval: (id: string) => approvals.get(id),
    findApproval: (binding: ApprovalBinding) => [...approvals.values()].find(approval => isBoundTo(approval, binding)),
    listApprovals: (filter: ApprovalFilter) =>
      [...approvals.values()]
        .reverse()
        .filter(approval => isListed(approval, filter))
        .slice(0, pageSize(filter.limit)),
    killSwitches: () => switches,
    activateKillSwitch(killSwitch: KillSwitch) {
      switches = [...switches.filter(other => !sameScope(other, killSwitch)), killSwitch]
    },
    deactivateKillSwitch(scope) {
      const remaining = switches.filter(other => !sameScope(other, scope))
      const found = remaining.length < switches.length
      switches = remaining
      return found
    },
    close() {
      // Nothing is held open.
    },
  }
}

/** Rows of one page: 100 unless asked otherwise, 1000 at most. */
export function pageSize(limit = 100): number {
  return Math.max(1, Math.min(1000, Math.floor(limit)))
}

function matches(decision: Decision, execution: ExecutionRecord | undefined, filter: DecisionFilter): boolean {
  return (
    (filter.tool === undefined || decision.tool === filter.tool) &&
    (filter.actor === undefined || decision.actor === filter.actor) &&
    (filter.sessionId === undefined || decision.sessionId === filter.sessionId) &&
    (filter.tenant === undefined || decision.tenant === filter.tenant) &&
    (filter.result === undefined || decision.result === filter.result) &&
    (filter.status === undefined || execution?.status === filter.status) &&
    (filter.since === undefined || decision.at >= filter.since) &&
    (filter.before === undefined || decision.id < filter.before)
  )
}

function isListed({ call, actor, sessionId, tenant }: Approval, filter: ApprovalFilter): boolean {
  return (
    (filter.tool === undefined || call.name === filter.tool) &&
    (filter.actor === undefined || actor === filter.actor) &&
    (filter.sessionId === undefined || sessionId === filter.sessionId) &&
    (filter.tenant === undefined || tenant === filter.tenant)
  )
}

function isBoundTo(approval: Approval, binding: ApprovalBinding): boolean {
  return (
    approval.call.id === binding.callId &&
    approval.call.name === binding.tool &&
    approval.digest === binding.digest &&
    approval.actor === binding.actor &&
    approval.sessionId === binding.sessionId &&
    approval.tenant === binding.tenant &&
    approval.policyVersion === binding.policyVersion
  )
}

function sameScope(a: Pick<KillSwitch, 'tool' | 'tenant'>, b: Pick<KillSwitch, 'tool' | 'tenant'>): boolean {
  return a.tool === b.tool && a.tenant === b.tenant
}
