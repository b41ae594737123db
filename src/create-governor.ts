import { chain, newId } from './ambient.js'
import { Profiles } from './capture/profiles.js'
import { captureCall } from './capture/request.js'
import type { Proposal } from './decide.js'
import { GovernanceError } from './errors.js'
import type { CallScope, Governor } from './governor.js'
import { killSwitchControl } from './kill-switch.js'
import { type GovernorOptions, type ResolvedOptions, resolveOptions } from './options.js'
import { Pipeline } from './pipeline.js'
import { Observers } from './report/observers.js'
import { writeOutcome } from './report/outcome.js'
import { type BoundScope, checkCallScope, checkScope, narrow } from './scope.js'
import type { Awaitable, DecisionRecord, KillSwitch, ToolCall } from './types.js'

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
  const parts = { options: resolved, pipeline: new Pipeline(resolved), profiles: new Profiles(resolved.tools) }
  return bind(parts, observers, { actor, domain, traceId: newId(clock.now()) })
}

interface Parts {
  readonly options: ResolvedOptions
  readonly pipeline: Pipeline
  readonly profiles: Profiles
}

/** A governor over one scope. All of a governor's sessions share its parts. */
function bind(parts: Parts, observers: Observers, bound: BoundScope): Governor {
  const { options, pipeline, profiles } = parts
  const { store, clock } = options

  const propose = (call: ToolCall, scope: CallScope | undefined): Awaitable<Proposal> => {
    if (scope !== undefined) checkCallScope(scope)
    const profile = profiles.of(call, scope?.profile)
    const captured = captureCall(call, scope === undefined ? bound : narrow(bound, scope), profile, clock.now())
    const resumed = scope?.resumed === true
    return chain(captured, known => ({ captured: known, redact: profile?.redact, observers, resumed }))
  }
  const isVisible = (record: { readonly tenant?: string } | undefined): boolean =>
    record !== undefined && (bound.tenant === undefined || record.tenant === bound.tenant)
  const withTenant = <FILTER extends { readonly tenant?: string }>(filter: FILTER): FILTER =>
    bound.tenant === undefined ? filter : { ...filter, tenant: bound.tenant }
  const getDecision = async (id: string): Promise<DecisionRecord | undefined> => {
    const record = await store.getDecision(id)
    return isVisible(record) ? record : undefined
  }
  const stored = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause: unknown) => {
      throw new GovernanceError('store-failed', `reportOutcome: the ${store.name} store failed.`, { cause })
    })
  const changed = (active: boolean, killSwitch: KillSwitch): void => {
    pipeline.reporter.emit(observers, bound.traceId, undefined, { type: 'kill-switch-changed', active, killSwitch })
  }
  const close = (): Promise<void> => pipeline.close()

  return Object.freeze<Governor>({
    decide: async (call, scope) => chain(propose(call, scope), proposal => pipeline.dryRun(proposal)),
    prepare: async (call, scope) => chain(propose(call, scope), proposal => pipeline.prepare(proposal)),
    run: (call, execute, scope) => {
      const options = { execute, signal: scope?.signal, isControlFlow: scope?.isControlFlow }
      return pipeline.run(() => propose(call, scope), options)
    },
    session: scope => {
      checkScope(scope)
      return bind(parts, new Observers(observers), narrow({ ...bound, traceId: newId(clock.now()) }, scope))
    },
    approvals: {
      list: async (filter = {}) => store.listApprovals(withTenant(filter)),
      get: async id => {
        const approval = await store.getApproval(id)
        return isVisible(approval) ? approval : undefined
      },
    },
    reportOutcome: async report => {
      const at = clock.now()
      const outcome = writeOutcome(report, newId(at), at)
      const decision = await stored(getDecision(report.decisionId))
      if (decision === undefined) {
        throw new GovernanceError('not-found', `reportOutcome: there is no decision "${report.decisionId}".`)
      }
      await stored((async () => store.recordOutcome(outcome))())
      pipeline.reporter.emit(observers, decision.traceId, decision.id, { type: 'outcome-reported', outcome })
    },
    decisions: { get: getDecision, list: async (filter = {}) => store.listDecisions(withTenant(filter)) },
    killSwitch: killSwitchControl({ store, clock, tenant: bound.tenant, changed }),
    on: listener => observers.add(listener),
    close,
    [Symbol.asyncDispose]: close,
  })
}
