import { chain, isPromiseLike } from '../ambient.js'
import type { Store, WindowSpend } from '../store/store.js'
import type { Awaitable, Confidence, Effect, EvaluationRequest, Finding, KillSwitch, Recommendation } from '../types.js'
import { combine } from './combine.js'
import type { CompiledRule } from './compile.js'
import type { Policy } from './policy.js'

/** What the local engine found, and what the call would spend if it is let through. */
export interface LocalAnswer {
  readonly findings: readonly Finding[]
  readonly spends: readonly WindowSpend[]
  /** Set when a rule could not be asked. What the others found still stands. */
  readonly failure?: { readonly error: unknown }
}

/** What a call means that no rule speaks of. */
export type Unlisted = Effect

/** The part of a store the engine reads. */
export type EngineStore = Pick<Store, 'readWindows' | 'killSwitches'>

/** Id of the finding that a kill switch makes. */
const KILL_SWITCH_RULE = 'kill-switch'
/** Id of the finding for a call that no rule speaks of. */
const UNLISTED_RULE = 'unlisted'

/** Waits for the store, for as long as the evaluation may take. */
export type Wait = <T>(work: PromiseLike<T>) => Promise<T>

interface LimitInQuestion {
  readonly rule: CompiledRule
  readonly spend: WindowSpend
}

interface RulesAnswer extends LocalAnswer {
  readonly limits: readonly LimitInQuestion[]
}

const NOTHING: LocalAnswer = { findings: [], spends: [] }

/**
 * Asks every rule that concerns the tool, then the store for the kill switches and the limits. Never throws and never
 * rejects: what could not be asked is the `failure`, and does not silence the rest. Synchronous as long as the store is.
 */
export function askPolicy(
  policy: Policy,
  store: EngineStore,
  request: EvaluationRequest,
  wait: Wait,
): Awaitable<LocalAnswer> {
  const rules = askRules(policy, request)
  // Both are asked before either is waited for: a store that answers later reads them together.
  const switches = askSwitches(policy, store, request, wait)
  if (rules.limits.length === 0) return chain(switches, stopped => (stopped === NOTHING ? rules : join(stopped, rules)))
  const spends = rules.limits.map(({ spend }) => spend)
  const limits = attempt(
    wait,
    () => store.readWindows(spends, request.at),
    totals => askLimits(request, rules.limits, totals),
  )
  return chain(switches, stopped => chain(limits, limited => join(stopped, rules, limited)))
}

function askRules(policy: Policy, request: EvaluationRequest): RulesAnswer {
  const findings: Finding[] = []
  const limits: LimitInQuestion[] = []
  let failure: LocalAnswer['failure']
  for (const rule of policy.rulesAbout(request.tool, request.domain)) {
    try {
      if (!rule.applies(request)) continue
      if (rule.limit === undefined) findings.push(rule.finding(request))
      else limits.push({ rule, spend: rule.limit(request) })
    } catch (error) {
      failure ??= { error }
    }
  }
  return { findings, spends: [], limits, ...(failure === undefined ? {} : { failure }) }
}

/** Asks the store for the kill switches alone. Never throws and never rejects. */
export function askSwitches(
  policy: Policy,
  store: Pick<Store, 'killSwitches'>,
  request: EvaluationRequest,
  wait: Wait,
): Awaitable<LocalAnswer> {
  return attempt(
    wait,
    () => store.killSwitches(),
    switches => {
      if (switches.length === 0) return NOTHING
      return { findings: switches.filter(item => stops(item, request, policy)).map(switchFinding), spends: [] }
    },
  )
}

/** A limit that has fired no longer limits what is recorded: the call, if it runs all the same, is counted. */
function askLimits(
  request: EvaluationRequest,
  limits: readonly LimitInQuestion[],
  totals: readonly number[],
): LocalAnswer {
  const findings: Finding[] = []
  const spends = limits.map(({ rule, spend }, index) => {
    const fits = (totals[index] ?? Number.POSITIVE_INFINITY) + spend.amount <= spend.max
    if (fits) return spend
    findings.push(rule.finding(request))
    return { ...spend, amount: Number.isFinite(spend.amount) ? spend.amount : 0, max: Number.POSITIVE_INFINITY }
  })
  return { findings, spends }
}

/** One question to the store; one that cannot be answered, or not in time, is a failure. */
function attempt<T>(wait: Wait, ask: () => Awaitable<T>, conclude: (found: T) => LocalAnswer): Awaitable<LocalAnswer> {
  try {
    const found = ask()
    return isPromiseLike(found) ? wait(found).then(conclude).catch(failed) : conclude(found)
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): LocalAnswer {
  return { ...NOTHING, failure: { error } }
}

function join(...answers: readonly LocalAnswer[]): LocalAnswer {
  const failure = answers.find(answer => answer.failure !== undefined)?.failure
  return {
    findings: answers.flatMap(answer => answer.findings),
    spends: answers.flatMap(answer => answer.spends),
    ...(failure === undefined ? {} : { failure }),
  }
}

/** What `unlisted` means for a call no rule spoke of: read-only tools are not asked about, but a deny includes them. */
export function unlistedFinding(request: EvaluationRequest, unlisted: Unlisted): Finding {
  if (unlisted === 'require_approval' && request.annotations.readOnly === true) {
    return { rule: UNLISTED_RULE, effect: 'allow', reason: 'no rule speaks of this call, and the tool is read-only' }
  }
  return { rule: UNLISTED_RULE, effect: unlisted, reason: 'no rule speaks of this call' }
}

/** What a verdict of the local engine is called on the wire. */
const RECOMMENDATIONS: Readonly<Record<Effect, Recommendation>> = {
  allow: 'proceed',
  require_approval: 'review_recommended',
  deny: 'do_not_proceed',
}

/** The recommendation behind findings. Confidence is `high` where a rule spoke, `low` where only the default did. */
export function recommendationOf(
  findings: readonly Finding[],
): { readonly recommendation: Recommendation; readonly confidence: Confidence } | undefined {
  const effect = combine(findings)
  if (effect === undefined) return undefined
  const onlyDefault = findings.every(finding => finding.rule === UNLISTED_RULE)
  return { recommendation: RECOMMENDATIONS[effect], confidence: onlyDefault ? 'low' : 'high' }
}

/** Whether a switch stops a call under a policy. */
export function stops(killSwitch: KillSwitch, request: EvaluationRequest, policy: Policy): boolean {
  const { tool, tenant, domain, rule } = killSwitch
  return (
    (tool === undefined || tool === request.tool) &&
    (tenant === undefined || tenant === request.session.tenant) &&
    (domain === undefined || domain === request.domain) &&
    (rule === undefined || isAbout(policy, rule, request))
  )
}

/** Whether a rule speaks of a call, or one that is part of it (`id:part`). One that cannot tell is taken to. */
function isAbout(policy: Policy, id: string, request: EvaluationRequest): boolean {
  return policy.rulesAbout(request.tool, request.domain).some(rule => {
    if (rule.id !== id && !rule.id.startsWith(`${id}:`)) return false
    try {
      return rule.applies(request)
    } catch {
      return true
    }
  })
}

/** The deny that an active switch is, in every mode. */
function switchFinding(killSwitch: KillSwitch): Finding {
  const { tool, domain, rule } = killSwitch
  const parts = [
    ...(domain === undefined ? [] : [`domain "${domain}"`]),
    ...(rule === undefined ? [] : [`what rule "${rule}" is about`]),
    ...(tool === undefined ? [] : [`tool "${tool}"`]),
  ]
  const what = parts.length === 0 ? 'all tools are' : `${parts.join(', ')} is`
  return {
    rule: KILL_SWITCH_RULE,
    effect: 'deny',
    hard: true,
    reason: `${what} switched off by ${killSwitch.by}: ${killSwitch.reason}`,
  }
}
