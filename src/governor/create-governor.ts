import { chain, newId } from '../ambient.js'
import type { Approval, Grant } from '../approval.js'
import { captureCall } from '../capture/request.js'
import { GovernanceError } from '../errors.js'
import { policyNow } from '../evaluate/policy-source.js'
import { auditControl, noAuditControl } from '../report/audit/control.js'
import type { ReportStatus } from '../report/courier.js'
import type { EventBody } from '../report/events.js'
import { Observers } from '../report/observers.js'
import type { Awaitable, Decision, EvaluationRequest, KillSwitch, ToolCall } from '../types.js'
import { approvalControl } from './approvals.js'
import { autonomyControl } from './autonomy.js'
import { assemble, type Parts } from './assemble.js'
import { decisionControl, outcomeReport } from './decisions.js'
import type { CallScope, Governor } from './governor.js'
import { grantControl } from './grants.js'
import { insight } from './insight.js'
import { limitsOf } from './limits.js'
import { killSwitchControl } from './kill-switch.js'
import { type GovernorOptions, resolveOptions } from './options.js'
import type { Proposal } from './proposal.js'
import { receiptControl } from './receipts.js'
import { type BoundScope, checkCallScope, checkScope, narrow } from './scope.js'

/**
 * Makes a governor. Configure once, use it in every framework.
 *
 * @throws GovernanceError `invalid-option` or `invalid-policy`: what was wrong, where, and what was expected
 */
export function createGovernor(options: GovernorOptions = {}): Governor {
  const resolved = resolveOptions(options)
  const observers = new Observers()
  const { onDecision } = resolved
  if (onDecision !== undefined) observers.add(event => (event.type === 'decision-made' ? onDecision(event) : undefined))
  const { actor, domain, clock } = resolved
  return bind(assemble(resolved, observers), observers, { actor, domain, traceId: newId(clock.now()) })
}

/** A governor over one scope. */
function bind(parts: Parts, observers: Observers, bound: BoundScope): Governor {
  const { options, pipeline, desk, journal, news, courier, learning, audit, profiles } = parts
  const { store, clock } = options
  const { tenant } = bound
  const propose = proposer(parts, observers, bound)
  const teller = tellerOf(parts, observers, bound)
  const own = { store, journal, news, clock, tenant, audit, desk, ...teller }
  const capture = (call: ToolCall): Awaitable<EvaluationRequest> =>
    chain(propose(call, undefined), ({ captured }) => captured.request)
  const close = (): Promise<void> => pipeline.close()

  return Object.freeze<Governor>({
    decide: async (call, scope) => chain(propose(call, scope), proposal => pipeline.dryRun(proposal)),
    prepare: async (call, scope) => chain(propose(call, scope), proposal => pipeline.prepare(proposal)),
    run: (call, execute, scope) => {
      const running = { execute, signal: scope?.signal, isControlFlow: scope?.isControlFlow }
      return pipeline.run(() => propose(call, scope), running)
    },
    scope: Object.freeze({ ...bound }),
    session: scope => {
      checkScope(scope)
      return bind(parts, new Observers(observers), narrow({ ...bound, traceId: newId(clock.now()) }, scope))
    },
    approvals: approvalControl({ ...own, capture, changed: teller.approvalChanged, granted: teller.grantChanged }),
    grants: grantControl({ ...own, changed: teller.grantChanged }),
    audit: audit === undefined ? noAuditControl() : auditControl(audit, tenant),
    receipts: receiptControl(own),
    rollback: async (sessionId, choices) =>
      (await import('../later.js')).rollBack({ ...parts, store, clock }, { sessionId, tenant }, choices),
    reportOutcome: outcomeReport(own),
    reports: {
      status: async () => courier?.status() ?? NO_REPORTS,
      flush: async () => courier?.flush(),
    },
    decisions: decisionControl(own),
    precedents: async (call, { limit = 10, ...scope } = {}) => {
      const { captured } = await propose(call, scope)
      return learning?.precedents(captured.request, limit) ?? []
    },
    limits: async (call, scope) => {
      const { captured } = await propose(call, scope)
      const policy = await policyNow(options.policy, captured.request.session.tenant)
      return limitsOf({ policy, store }, captured.request)
    },
    explain: async (...asked) => (await import('../later.js')).explain({ parts, propose, tenant }, ...asked),
    ...insight({ options, profiles, clock, tenant }),
    lessons: {
      imported: async (call, known, scope) => {
        const { captured } = await propose(call, scope)
        return captured.problem === undefined ? learning?.imported(captured.request, known) : undefined
      },
      relearn: async told => {
        if (learning === undefined) throw new GovernanceError('not-found', 'lessons: learning is not switched on.')
        return learning.relearn(tenant, told)
      },
    },
    autonomy: autonomyControl({ learning, journal, clock, tenant }),
    killSwitch: killSwitchControl({ ...own, changed: teller.switchChanged }),
    on: listener => observers.add(listener),
    close,
    [Symbol.asyncDispose]: close,
  })
}

/** Captures calls as this scope sees them. */
function proposer({ options, profiles }: Parts, observers: Observers, bound: BoundScope) {
  return (call: ToolCall, scope: CallScope | undefined): Awaitable<Proposal> => {
    if (scope !== undefined) checkCallScope(scope)
    const narrowed = scope === undefined ? bound : narrow(bound, scope)
    const profile = profiles.of(call, scope?.profile, narrowed)
    const captured = captureCall(call, narrowed, profile, options.clock.now(), scope?.bound)
    return chain(captured, known => ({ captured: known, profile, observers, scope: scope ?? NO_SCOPE }))
  }
}

/** Tells this scope's observers of what happens outside of a call. */
function tellerOf({ options: { store }, reporter, profiles }: Parts, observers: Observers, { traceId }: BoundScope) {
  return {
    tell: (decision: Decision, body: EventBody): void => {
      reporter.emit(observers, decision.traceId, decision.id, body)
    },
    grantChanged: (grant: Grant): void => {
      const redact = profiles.latest(grant.tool, grant)?.redact
      reporter.emit(observers, traceId, undefined, { type: 'grant-changed', grant: reporter.viewGrant(grant, redact) })
    },
    switchChanged: (active: boolean, killSwitch: KillSwitch): void => {
      reporter.emit(observers, traceId, undefined, { type: 'kill-switch-changed', active, killSwitch })
    },
    /** In the run of its decision, where that is stored still. */
    approvalChanged: async (approval: Approval): Promise<void> => {
      if (!observers.listening) return
      const { decisionId } = approval
      const decision = await store.getDecision(decisionId)
      const changed = { type: 'approval-changed', approval: reporter.viewApproval(approval) } as const
      reporter.emit(observers, decision?.traceId ?? traceId, decisionId, changed)
    },
  }
}

const NO_REPORTS: ReportStatus = Object.freeze({ waiting: 0, delivered: 0, failed: 0, dropped: 0 })
const NO_SCOPE: CallScope = Object.freeze({})
