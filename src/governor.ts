import { chain, newId } from './ambient.js'
import { captureCall } from './capture/request.js'
import { GovernanceError } from './errors.js'
import type { Execute, Execution, IsControlFlow } from './execute/execution.js'
import { checkProfile, checkScope, type GovernorOptions, type ResolvedOptions, resolveOptions } from './options.js'
import type { Proposal } from './decide.js'
import { Pipeline } from './pipeline.js'
import type { Listener } from './report/events.js'
import { Observers } from './report/observers.js'
import { type OutcomeReport, writeOutcome } from './report/outcome.js'
import type { ApprovalFilter, DecisionFilter } from './store/store.js'
import type {
  Approval,
  Awaitable,
  Decision,
  DecisionRecord,
  KillSwitch,
  Scope,
  ToolCall,
  ToolProfile,
} from './types.js'

/** Who and where, and what the caller knows of this one call. */
export interface CallScope extends Scope {
  /** Adds to, and goes before, what the governor's catalog says of the tool. */
  readonly profile?: ToolProfile | undefined
  /** Handed to the tool. */
  readonly signal?: AbortSignal | undefined
  /** The framework brought this call back out of a conversation as approved. */
  readonly resumed?: boolean | undefined
  /** Recognises the framework's control-flow signals, which are thrown on and never recorded as errors. */
  readonly isControlFlow?: IsControlFlow | undefined
}

/** A decision in front of every call, and a record of how each one turned out. */
export interface Governor {
  /** Evaluates and records, marked as a dry run: nothing is counted, held or executed. Never rejects for what a call holds. */
  readonly decide: (call: ToolCall, scope?: CallScope) => Promise<Decision>
  /** Decides a call ahead of its execution, for frameworks that ask in one place and execute in another; `run` then uses this decision. */
  readonly prepare: (call: ToolCall, scope?: CallScope) => Promise<Decision>
  /** Decides, and executes if allowed. A refusal and a tool's error are values; only a framework's control-flow signal is thrown. */
  readonly run: <OUTPUT>(call: ToolCall, execute: Execute<OUTPUT>, scope?: CallScope) => Promise<Execution<OUTPUT>>
  /** The same governor with a narrower scope: a conversation, a user, a tenant. Its events are a run of their own. @throws GovernanceError `invalid-option` for a field that does not exist */
  readonly session: (scope: Scope) => Governor
  /** Calls that wait for a person. */
  readonly approvals: {
    readonly list: (filter?: ApprovalFilter) => Promise<readonly Approval[]>
    readonly get: (id: string) => Promise<Approval | undefined>
  }
  /** What the world answered about a decision. @throws GovernanceError `not-found`, `invalid-call`, `store-failed` */
  readonly reportOutcome: (report: OutcomeReport) => Promise<void>
  readonly decisions: {
    readonly get: (id: string) => Promise<DecisionRecord | undefined>
    readonly list: (filter?: DecisionFilter) => Promise<readonly DecisionRecord[]>
  }
  /** Stops every call, or every call of one tool, in every mode and every process on the store. In a session of a tenant: for that tenant. */
  readonly killSwitch: {
    readonly activate: (options: {
      readonly by: string
      readonly reason: string
      readonly tool?: string
    }) => Promise<void>
    readonly deactivate: (options: { readonly by: string; readonly tool?: string }) => Promise<void>
    readonly status: () => Promise<{ readonly active: boolean; readonly switches: readonly KillSwitch[] }>
  }
  /** Listens; a session's listener hears that session. Returns a function that stops it. */
  readonly on: (listener: Listener) => () => void
  /** Waits for running calls, then closes the store. Everything after is blocked. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

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
  const parts = { options: resolved, pipeline: new Pipeline(resolved), profiles: new Profiles(resolved) }
  return bind(parts, observers, { actor, domain, traceId: newId(clock.now()) })
}

interface Parts {
  readonly options: ResolvedOptions
  readonly pipeline: Pipeline
  readonly profiles: Profiles
}

/** A scope with what every call needs. */
type BoundScope = Scope & { readonly actor: string; readonly traceId: string }

/** A narrower scope: what it does not say stays as it was. */
function narrow(wide: BoundScope, scope: Scope): BoundScope {
  return {
    actor: scope.actor ?? wide.actor,
    domain: scope.domain ?? wide.domain,
    user: scope.user ?? wide.user,
    tenant: scope.tenant ?? wide.tenant,
    sessionId: scope.sessionId ?? wide.sessionId,
    traceId: scope.traceId ?? wide.traceId,
    model: scope.model ?? wide.model,
  }
}

/** A governor over one scope. All of a governor's sessions share its parts. */
function bind(parts: Parts, observers: Observers, bound: BoundScope): Governor {
  const { options, pipeline, profiles } = parts
  const { store, clock } = options

  const propose = (call: ToolCall, scope: CallScope | undefined): Awaitable<Proposal> => {
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
    killSwitch: killSwitchOf(parts, observers, bound),
    on: listener => observers.add(listener),
    close,
    [Symbol.asyncDispose]: close,
  })
}

function killSwitchOf({ options, pipeline }: Parts, observers: Observers, bound: BoundScope): Governor['killSwitch'] {
  const { store, clock } = options
  const scopeOf = (tool: string | undefined): Pick<KillSwitch, 'tool' | 'tenant'> => ({
    ...(tool === undefined ? {} : { tool }),
    ...(bound.tenant === undefined ? {} : { tenant: bound.tenant }),
  })
  const changed = (active: boolean, killSwitch: KillSwitch): void => {
    pipeline.reporter.emit(observers, bound.traceId, undefined, { type: 'kill-switch-changed', active, killSwitch })
  }
  return {
    activate: async ({ by, reason, tool }) => {
      // A switch that names nothing would stop nothing, and look as if it did.
      if (tool !== undefined) named('activate', 'tool', tool)
      const killSwitch = {
        ...scopeOf(tool),
        by: named('activate', 'by', by),
        reason: named('activate', 'reason', reason),
        at: clock.now(),
      }
      await store.activateKillSwitch(killSwitch)
      pipeline.forgetPrepared()
      changed(true, killSwitch)
    },
    deactivate: async ({ by, tool }) => {
      const killSwitch = { ...scopeOf(tool), by: named('deactivate', 'by', by), reason: '', at: clock.now() }
      const found = await store.deactivateKillSwitch(scopeOf(tool))
      if (!found)
        throw new GovernanceError(
          'not-found',
          `killSwitch.deactivate: no switch ${tool === undefined ? 'for all tools' : `for tool "${tool}"`} is on.`,
        )
      changed(false, killSwitch)
    },
    status: async () => {
      const switches = (await store.killSwitches()).filter(
        item => bound.tenant === undefined || item.tenant === undefined || item.tenant === bound.tenant,
      )
      return { active: switches.length > 0, switches }
    },
  }
}

function named(operation: string, field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new GovernanceError(
    'invalid-call',
    `killSwitch.${operation}: \`${field}\` is missing; expected a non-empty string.`,
  )
}

/** Joins what the catalog and the caller say of a tool; each pair once. */
class Profiles {
  readonly #catalog: ResolvedOptions['tools']
  readonly #joined = new WeakMap<ToolProfile, { readonly name: string; readonly profile: ToolProfile }>()

  constructor({ tools }: ResolvedOptions) {
    this.#catalog = tools
  }

  of(call: ToolCall, own: ToolProfile | undefined): ToolProfile | undefined {
    // Checked here because it becomes a key: what a model sent as a name need not be a string.
    const name: unknown = call?.name
    if (typeof name !== 'string') return undefined
    const known = Object.hasOwn(this.#catalog, name) ? this.#catalog[name] : undefined
    if (own === undefined) return known
    const joined = this.#joined.get(own)
    if (joined?.name === name) return joined.profile
    checkProfile(own, `profile of ${name}`)
    const fresh = { ...known, ...own, annotations: { ...known?.annotations, ...own.annotations } }
    this.#joined.set(own, { name, profile: fresh })
    return fresh
  }
}
