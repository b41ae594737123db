import { type Clock, systemClock } from '../ambient.js'
import { checkProfile } from '../capture/check-profile.js'
import { expect, invalid, knownKeys, oneOf } from '../check.js'
import { type ApprovalOptions, type ApprovalSettings, approvalSettings } from '../enforce/approval/settings.js'
import type { FailModeOption } from '../enforce/fail-mode.js'
import type { Evaluator } from '../evaluate/evaluator.js'
import type { Unlisted } from '../evaluate/local.js'
import { definePolicy, isPolicy, type Policy, type PolicyDocument } from '../evaluate/policy.js'
import { isPolicySource, type PolicySource } from '../evaluate/policy-source.js'
import { loadPolicy } from '../evaluate/policy-file.js'
import type { Rule } from '../evaluate/rule.js'
import type { OutcomeMeanings } from '../learn/insight/label.js'
import { type AuditOptions, checkAuditOptions } from '../report/audit/audit-log.js'
import type { EventOf } from '../report/events.js'
import { defaultStore } from '../store/default.js'
import type { Store } from '../store/store.js'
import { type LearningOptions, type ResolvedLearning, resolveLearning } from './learning/options.js'
import type { ToolProfile } from '../tool-profile.js'
import type { EnforcementMode, FailMode } from '../types.js'

/** Configured once, for every framework. */
export interface GovernorOptions {
  /** Who acts, unless a session or a tool says otherwise. @defaultValue `AI_AGENT` */
  readonly actor?: string
  /** Area the calls belong to, unless a session or a tool says otherwise. */
  readonly domain?: string
  /** @defaultValue `enforced` */
  readonly mode?: EnforcementMode
  /** What an evaluation that cannot be made means, for all tools or by what a tool may do. @defaultValue `closed` */
  readonly failMode?: FailModeOption
  /** A policy, a document, a list of rules, the path of a YAML or JSON document, or a source of policies that change. @defaultValue no rules */
  readonly policy?: Policy | PolicySource | PolicyDocument | readonly Rule[] | string
  /** Where records live. @defaultValue SQLite at `./.countersign/countersign.db` */
  readonly store?: Store
  /** Who is asked besides the policy; the policy can only tighten its answers. @defaultValue the policy alone decides */
  readonly decisions?: Evaluator
  /** What is known of tools, by name. */
  readonly tools?: Readonly<Record<string, ToolProfile>>
  /** What a call means that no rule speaks of. `require_approval` lets tools annotated `readOnly` through; `deny` does not. @defaultValue `require_approval` */
  readonly unlisted?: 'require_approval' | 'deny' | 'allow'
  /** Learns from what people decide and how calls turn out: what is to be expected of a call, and what became of similar ones. @defaultValue false */
  readonly learning?: boolean | LearningOptions
  /** How people are asked about calls that are held. */
  readonly approvals?: ApprovalOptions
  /** What words of outcomes say of a decision, where yours are not ours: `{ CHARGED_BACK: 'bad' }`. */
  readonly outcomes?: OutcomeMeanings
  /** The effect ledger. */
  readonly ledger?: {
    /** Milliseconds for which a running effect is believed to run without a sign of life; beyond it, how it ended is unknown. @defaultValue 30_000 */
    readonly leaseMs?: number
  }
  /** The audit log, which is appended to with every record; `false` keeps none. @defaultValue unkeyed, without checkpoints */
  readonly audit?: AuditOptions | false
  /** Limits on waiting. */
  readonly resilience?: {
    /** Milliseconds an evaluation may take in all, and each call of the store besides; then the fail mode decides. @defaultValue what `decisions` says of itself, else 2_000 */
    readonly deadlineMs?: number
  }
  /** Whether events show the inputs of calls. A profile's `redact` holds either way. @defaultValue `redacted` */
  readonly inputs?: 'redacted' | 'visible'
  /** Hears of every decision. Never waited for. */
  readonly onDecision?: (event: EventOf<'decision-made'>) => unknown
  /** @defaultValue the machine's clock */
  readonly clock?: Clock
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly actor: string
  readonly domain: string | undefined
  readonly mode: EnforcementMode
  readonly failMode: FailModeOption
  readonly policy: Policy | PolicySource
  readonly store: Store
  readonly evaluator: Evaluator | undefined
  readonly tools: Readonly<Record<string, ToolProfile>>
  readonly unlisted: Unlisted
  readonly approvals: ApprovalSettings
  readonly learning: ResolvedLearning | undefined
  readonly outcomes: OutcomeMeanings
  readonly leaseMs: number
  readonly audit: AuditOptions | undefined
  readonly deadlineMs: number
  readonly inputs: 'redacted' | 'visible'
  readonly onDecision: ((event: EventOf<'decision-made'>) => unknown) | undefined
  readonly clock: Clock
}

const MODES: readonly EnforcementMode[] = ['advisory', 'review', 'enforced']
const FAIL_MODES: readonly FailMode[] = ['closed', 'open']
const STORE_METHODS = [
  'commit',
  'getReceipt',
  'findApproval',
  'readWindows',
  'killSwitches',
  'claimOutbox',
] satisfies (keyof Store)[]

/**
 * Checks options and fills in the defaults.
 *
 * @throws GovernanceError `invalid-option` or `invalid-policy`, naming what was wrong, what was expected and what was probably meant
 */
export function resolveOptions(options: GovernorOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) throw invalid('', 'expected an object of options')
  knownKeys(options, Object.keys(CHECKS), '')
  for (const [option, check] of Object.entries(CHECKS)) {
    const value: unknown = options[option as keyof GovernorOptions]
    if (value !== undefined) check(value, option)
  }
  return {
    actor: options.actor ?? 'AI_AGENT',
    domain: options.domain,
    mode: options.mode ?? 'enforced',
    failMode: options.failMode ?? 'closed',
    unlisted: options.unlisted ?? 'require_approval',
    inputs: options.inputs ?? 'redacted',
    tools: options.tools ?? {},
    approvals: approvalSettings(options.approvals),
    learning: resolveLearning(options.learning),
    outcomes: { ...options.outcomes },
    leaseMs: options.ledger?.leaseMs ?? 30_000,
    audit: options.audit === false ? undefined : (options.audit ?? {}),
    deadlineMs: deadlineIn(options),
    onDecision: options.onDecision,
    clock: options.clock ?? systemClock,
    policy: resolvePolicy(options.policy),
    store: options.store ?? defaultStore(),
    evaluator: options.decisions,
  }
}

/** One deadline for all: what an evaluator needs, others may take too. */
function deadlineIn({ resilience, decisions }: GovernorOptions): number {
  return resilience?.deadlineMs ?? decisions?.deadlineMs ?? 2000
}

/** One check per option, so that an option without one cannot be added. A policy is checked where it is compiled. */
const CHECKS: Readonly<Record<keyof GovernorOptions, (value: unknown, option: string) => void>> = {
  actor: (value, option) => expect(typeof value === 'string' && value !== '', option, 'a name'),
  domain: (value, option) => expect(typeof value === 'string' && value !== '', option, 'a name'),
  mode: (value, option) => oneOf(option, value, MODES),
  failMode: (value, option) => checkFailMode(value, option),
  policy: () => undefined,
  store: (value, option) => {
    const missing = STORE_METHODS.find(method => typeof (value as Partial<Store> | null)?.[method] !== 'function')
    expect(
      missing === undefined,
      option,
      `a store such as memoryStore() or sqliteStore(path); \`${missing}\` is missing`,
    )
  },
  decisions: (value, option) =>
    expect(
      typeof (value as Partial<Evaluator> | null)?.evaluate === 'function',
      option,
      'an evaluator { evaluate(request, { signal }) }',
    ),
  tools: (value, option) => {
    expect(typeof value === 'object' && value !== null, option, 'tool profiles by name')
    for (const [name, profile] of Object.entries(value)) checkProfile(profile, `${option}.${name}`)
  },
  unlisted: (value, option) => oneOf(option, value, ['require_approval', 'deny', 'allow']),
  // Checked where their defaults are filled in.
  approvals: () => undefined,
  learning: () => undefined,
  outcomes: (value, option) => {
    expect(typeof value === 'object' && value !== null, option, 'meanings by the word of an outcome')
    for (const [word, meaning] of Object.entries(value)) oneOf(`${option}.${word}`, meaning, ['good', 'bad', 'none'])
  },
  ledger: (value, option) => checkTime(value, option, 'leaseMs'),
  audit: (value, option) => (value === false ? undefined : checkAuditOptions(value, option)),
  resilience: (value, option) => checkTime(value, option, 'deadlineMs'),
  inputs: (value, option) => oneOf(option, value, ['redacted', 'visible']),
  onDecision: (value, option) => expect(typeof value === 'function', option, 'a function'),
  clock: (value, option) => {
    const { now, after } = (value ?? {}) as Partial<Clock>
    expect(typeof now === 'function' && typeof after === 'function', option, 'a clock { now, after }')
  },
}

function resolvePolicy(policy: GovernorOptions['policy']): Policy | PolicySource {
  if (policy === undefined) return definePolicy({ rules: [] })
  if (typeof policy === 'string') return loadPolicy(policy)
  if (isPolicy(policy) || isPolicySource(policy)) return policy
  return definePolicy(isRules(policy) ? { rules: policy } : policy)
}

function isRules(policy: PolicyDocument | readonly Rule[]): policy is readonly Rule[] {
  return Array.isArray(policy)
}

/** An object whose one field is milliseconds. */
function checkTime(value: unknown, option: string, field: string): void {
  expect(typeof value === 'object' && value !== null, option, `{ ${field}? }`)
  knownKeys(value, [field], option)
  const ms: unknown = Reflect.get(value, field)
  expect(ms === undefined || (typeof ms === 'number' && ms > 0), `${option}.${field}`, 'milliseconds above 0')
}

function checkFailMode(failMode: unknown, option: string): void {
  if (typeof failMode !== 'object' || failMode === null) return oneOf(option, failMode, FAIL_MODES)
  knownKeys(failMode, ['readOnly', 'destructive', 'default', 'tools'], option)
  const { tools = {}, ...classes } = failMode as { readonly tools?: unknown }
  for (const [effectClass, value] of Object.entries(classes)) oneOf(`${option}.${effectClass}`, value, FAIL_MODES)
  expect(typeof tools === 'object' && tools !== null, `${option}.tools`, 'fail modes by the name of a tool')
  for (const [tool, value] of Object.entries(tools)) oneOf(`${option}.tools.${tool}`, value, FAIL_MODES)
}
