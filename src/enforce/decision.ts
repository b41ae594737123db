import { present } from '../ambient.js'
import type { Approval } from '../approval.js'
import { storable } from '../capture/storable.js'
import type { Decision, EvaluationRequest, Finding } from '../types.js'
import type { ApprovalSettings } from './approval/settings.js'
import type { Verdict } from './conclude.js'

/** What a decision is made of besides its verdict. */
export interface DecisionFrame {
  readonly id: string
  readonly policy: { readonly name: string; readonly version: string }
  readonly dryRun: boolean
  readonly approvalId: string | undefined
  readonly askedBy: string | undefined
}

type Writable<T> = { -readonly [KEY in keyof T]: T[KEY] }

/** The record of a verdict: who, what, what was advised and what was decided. Holds the digest of the input, not the input. */
export function writeDecision(request: EvaluationRequest, verdict: Verdict, frame: DecisionFrame): Decision {
  const { session } = request
  const decision: Writable<Decision> = {
    id: frame.id,
    at: request.at,
    traceId: session.traceId,
    callId: request.call.id,
    tool: request.tool,
    digest: request.digest,
    action: request.action,
    actor: request.actor,
    findings: Object.freeze(verdict.findings.map(copyFinding)),
    mode: verdict.mode,
    result: verdict.result,
    reason: verdict.reason,
    policy: frame.policy,
    evaluator: verdict.evaluator,
  }
  if (request.domain !== undefined) decision.domain = request.domain
  if (request.value !== undefined) decision.value = request.value
  if (request.target !== undefined) decision.target = request.target
  if (Object.keys(request.metadata).length > 0) decision.metadata = Object.freeze({ ...request.metadata })
  if (session.user !== undefined) decision.user = session.user
  if (session.tenant !== undefined) decision.tenant = session.tenant
  if (session.id !== undefined) decision.sessionId = session.id
  if (session.model !== undefined) decision.model = session.model
  if (frame.askedBy !== undefined) decision.askedBy = frame.askedBy
  addAdvice(decision, verdict)
  if (frame.dryRun) decision.dryRun = true
  if (frame.approvalId !== undefined) decision.approvalId = frame.approvalId
  return Object.freeze(decision)
}

/** What was advised, and by whom. */
function addAdvice(decision: Writable<Decision>, verdict: Verdict): void {
  if (verdict.recommendation !== undefined) decision.recommendation = verdict.recommendation
  if (verdict.confidence !== undefined) decision.confidence = verdict.confidence
  const riskScore = verdict.riskScore ?? verdict.learned?.risk
  if (riskScore !== undefined) decision.riskScore = riskScore
  if (verdict.learned !== undefined) decision.learned = Object.freeze(verdict.learned)
  if (verdict.service !== undefined) decision.service = Object.freeze({ ...verdict.service })
  if (verdict.fallback !== undefined) decision.fallback = verdict.fallback
  if (verdict.failure !== undefined) decision.failMode = verdict.failure.failMode
  if (verdict.grantId !== undefined) decision.grantId = verdict.grantId
}

/** Frozen and with its own fields only: the record must not change under a listener's hand, nor carry what a service added. */
function copyFinding({ rule, effect, reason, hard }: Finding): Finding {
  return Object.freeze(hard === true ? { rule, effect, reason, hard } : { rule, effect, reason })
}

/** What a request to a person is made of besides its decision. */
export interface ApprovalFrame {
  readonly id: string
  /** Of the call it is bound to. */
  readonly key: string
  readonly settings: Pick<ApprovalSettings, 'approver' | 'ttlMs' | 'stages' | 'onExpiry' | 'escalateTo'>
}

/** The request to a person that a held call becomes. Unlike the decision, it keeps the input: that is what is reviewed. */
export function writeApproval(request: EvaluationRequest, decision: Decision, frame: ApprovalFrame): Approval {
  const { approver, ttlMs, stages, onExpiry, escalateTo } = frame.settings
  const { domain, value, target, user, tenant, sessionId, askedBy } = decision
  return {
    id: frame.id,
    revision: 1,
    status: 'pending',
    key: frame.key,
    policyVersion: decision.policy.version,
    decisionId: decision.id,
    at: decision.at,
    expiresAt: decision.at + ttlMs,
    call: { ...request.call, input: storable(request.input) },
    digest: decision.digest,
    actor: decision.actor,
    reason: decision.reason,
    approver,
    stages,
    onExpiry,
    escalateTo,
    votes: [],
    ...present({ domain, value, target, user, tenant, sessionId, askedBy }),
  }
}
