import { GovernanceError } from '../errors.js'
import type { Approval, DecisionRecord, KillSwitch } from '../types.js'
import { DecisionLog } from './decision-log.js'
import { snapshot } from './snapshot.js'
import type { ApprovalBinding, ApprovalFilter, DecisionEntry, DecisionFilter, RecordResult, Store } from './store.js'
import { SlidingWindow } from './window.js'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** Decisions kept; beyond it the oldest are forgotten. Windows, approvals and switches are not. @defaultValue 100_000 */
  readonly maxDecisions?: number
}

/** Empty windows are swept after this many decisions, so that names nobody asks for again do not pile up. */
const SWEEP_EVERY = 10_000

/** A store in this process: for tests, for runtimes without a file system, and as the reference for others. Forgets all at exit. */
export function memoryStore({ maxDecisions = 100_000 }: MemoryStoreOptions = {}): Store {
  const decisions = new DecisionLog(maxDecisions)
  const windows = new Map<string, SlidingWindow>()
  const approvals = new Map<string, Approval>()
  const approvalsByBinding = new Map<string, Approval>()
  let switches: readonly KillSwitch[] = Object.freeze([])
  let untilSweep = SWEEP_EVERY

  const windowOf = (key: string): SlidingWindow => {
    const known = windows.get(key)
    if (known !== undefined) return known
    const created = new SlidingWindow()
    windows.set(key, created)
    return created
  }
  const sweep = (at: number): void => {
    if (--untilSweep > 0) return
    untilSweep = SWEEP_EVERY
    for (const [key, window] of windows) if (window.isEmpty(at)) windows.delete(key)
  }
  const hold = (approval: Approval): void => {
    approvals.set(approval.id, approval)
    const key = bindingOf(approval)
    if (!approvalsByBinding.has(key)) approvalsByBinding.set(key, approval)
  }

  return {
    name: 'memory',
    recordDecision({ decision, spends, approval }: DecisionEntry): RecordResult {
      const { id, at } = decision
      if (decisions.has(id))
        throw new GovernanceError('store-failed', `The memory store has a decision "${id}" already.`)
      // Written so that an amount that is not a number has no room anywhere.
      const exceeded = spends.find(
        ({ key, windowMs, amount, max }) => !(windowOf(key).total(at, windowMs) + amount <= max),
      )
      if (exceeded !== undefined) return { stored: false, exceeded: exceeded.key }
      // What can throw comes first: all or nothing.
      const held = approval === undefined ? undefined : snapshot(approval)
      decisions.add(decision)
      if (held !== undefined) hold(held)
      for (const { key, windowMs, amount } of spends) windowOf(key).add(at, windowMs, amount)
      sweep(at)
      return { stored: true }
    },
    recordExecution(execution) {
      decisions.setExecution(execution)
    },
    recordOutcome(outcome) {
      decisions.addOutcome(outcome)
    },
    getDecision: id => decisions.get(id),
    listDecisions: filter => page(decisions.newestFirst(), filter),
    readWindows: (spends, at) => spends.map(({ key, windowMs }) => windows.get(key)?.total(at, windowMs) ?? 0),
    getApproval: id => approvals.get(id),
    findApproval: binding => approvalsByBinding.get(keyOf(binding)),
    listApprovals: filter =>
      [...approvals.values()]
        .toReversed()
        .filter(approval => isListed(approval, filter))
        .slice(0, pageSize(filter.limit)),
    killSwitches: () => switches,
    activateKillSwitch(killSwitch) {
      switches = Object.freeze([...switches.filter(other => !sameScope(other, killSwitch)), snapshot(killSwitch)])
    },
    deactivateKillSwitch(scope) {
      const remaining = Object.freeze(switches.filter(other => !sameScope(other, scope)))
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
function pageSize(limit = 100): number {
  return Number.isNaN(limit) ? 100 : Math.max(1, Math.min(1000, Math.floor(limit)))
}

function page(newestFirst: Iterable<DecisionRecord>, filter: DecisionFilter): DecisionRecord[] {
  const found: DecisionRecord[] = []
  const limit = pageSize(filter.limit)
  let isBefore = filter.before === undefined
  for (const record of newestFirst) {
    if (isBefore && matches(record, filter)) found.push(record)
    if (found.length >= limit) break
    isBefore ||= record.id === filter.before
  }
  return found
}

function matches(record: DecisionRecord, filter: DecisionFilter): boolean {
  return (
    (filter.tool === undefined || record.tool === filter.tool) &&
    (filter.actor === undefined || record.actor === filter.actor) &&
    (filter.sessionId === undefined || record.sessionId === filter.sessionId) &&
    (filter.tenant === undefined || record.tenant === filter.tenant) &&
    (filter.result === undefined || record.result === filter.result) &&
    (filter.status === undefined || record.execution?.status === filter.status) &&
    (filter.since === undefined || record.at >= filter.since)
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

function bindingOf({ call, digest, actor, sessionId, tenant, policyVersion }: Approval): string {
  return keyOf({ callId: call.id, tool: call.name, digest, actor, sessionId, tenant, policyVersion })
}

function keyOf({ callId, tool, digest, actor, sessionId, tenant, policyVersion }: ApprovalBinding): string {
  return JSON.stringify([callId, tool, digest, actor, sessionId ?? null, tenant ?? null, policyVersion])
}

function sameScope(a: Pick<KillSwitch, 'tool' | 'tenant'>, b: Pick<KillSwitch, 'tool' | 'tenant'>): boolean {
  return a.tool === b.tool && a.tenant === b.tenant
}
