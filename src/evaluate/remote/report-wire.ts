import { present } from '../../ambient.js'
import type { Decision, ExecutionStatus, Outcome } from '../../types.js'
import type { EndedCall } from '../report-channel.js'
import type { ResolvedMemory } from './memory-options.js'

/** Version of the shape of memory events. */
const SCHEMA_VERSION = 1

type Json = Readonly<Record<string, unknown>>

/** What an ending says of a decision; a held call has not ended yet. */
const OUTCOMES: Readonly<Record<ExecutionStatus, 'SUCCESS' | 'FAILURE' | 'BLOCKED' | undefined>> = {
  executed: 'SUCCESS',
  tool_error: 'FAILURE',
  blocked: 'BLOCKED',
  approval_required: undefined,
}

/** The outcome that an ending is by itself. Nothing where the service has no decision to put it to. */
export function writeOutcome({ decision, execution }: EndedCall): Json | undefined {
  const { tool, recommendation, riskScore, result, service } = decision
  const status = OUTCOMES[execution.status]
  if (service?.requestId === undefined || status === undefined) return undefined
  const { error } = execution
  const what = {
    SUCCESS: `Tool ${tool} executed successfully`,
    FAILURE: `Tool ${tool} raised: ${error ?? 'an error'}`,
    BLOCKED: `Tool ${tool} blocked: ${recommendation ?? result}`,
  }
  return present({
    request_id: service.requestId,
    status,
    description: what[status],
    details: present({ tool, recommendation, risk_score_was: riskScore, error }),
    correction_needed: status === 'FAILURE' ? true : undefined,
    observed_at: instant(execution.at),
  })
}

/** An outcome that somebody reported. */
export function writeReportedOutcome(outcome: Outcome, { service }: Decision): Json | undefined {
  if (service?.requestId === undefined) return undefined
  const { status, description, details, reportedBy, observedAt, at } = outcome
  const corrected = outcome.correctionNeeded === true
  return present({
    request_id: service.requestId,
    status,
    description,
    details,
    actual_impact: outcome.actualImpact,
    correction_needed: outcome.correctionNeeded,
    correction_description: corrected ? outcome.correctionDescription : undefined,
    correction_cost: corrected ? outcome.correctionCost : undefined,
    time_to_detect_s: corrected ? seconds(outcome.timeToDetectMs) : undefined,
    time_to_resolve_s: corrected ? seconds(outcome.timeToResolveMs) : undefined,
    rollback_performed: outcome.rollbackPerformed,
    revenue_impact: outcome.revenueImpact,
    customer_impact_count: outcome.customerImpactCount,
    support_tickets_created: outcome.supportTicketsCreated,
    observed_at: instant(observedAt ?? at),
    reported_by: reportedBy,
    tags: outcome.tags,
  })
}

/** A call that ended, as the service's memory takes it. */
export function writeMemoryEvent(ended: EndedCall, eventId: string, sourceVersion: string): Json {
  const { decision, execution, arguments: shown, seq } = ended
  const { recommendation, riskScore, mode, result, reason, service } = decision
  return present({
    event_id: eventId,
    trace_id: decision.traceId,
    request_id: service?.requestId,
    seq,
    schema_version: SCHEMA_VERSION,
    source_version: sourceVersion,
    tool: decision.tool,
    call_id: decision.callId,
    status: execution.status,
    decision: present({
      result,
      allowed: result === 'allowed',
      requires_approval: result === 'requires_approval',
      reason,
      blocked_by: blockedBy(decision),
      request_id: service?.requestId,
    }),
    arguments: shown,
    error: execution.error,
    recommendation,
    risk_score: riskScore,
    enforcement_mode: mode,
    ...signalsIn(service?.raw),
    actor: decision.actor,
    domain: decision.domain,
    model: decision.model,
    session_id: decision.sessionId,
    timestamp: instant(execution.at),
  })
}

/** Events of one request. What they have in common is said of all of them. */
export function writeMemoryBatch(events: readonly unknown[], memory: ResolvedMemory): Json {
  const common = (name: string): unknown => {
    const [first, ...others] = events.map(event => (event as Json | undefined)?.[name])
    return others.every(other => other === first) ? first : undefined
  }
  return present({
    source: memory.source,
    source_version: memory.sourceVersion,
    redact: memory.redact,
    redaction_policy: memory.redactionPolicy,
    actor: common('actor'),
    domain: common('domain'),
    model: common('model'),
    trace_id: common('trace_id'),
    events,
  })
}

/** What the service said besides, which its memory wants to hear again. */
function signalsIn(raw: Json | undefined): Json {
  const health = fieldOf(raw?.['decision_intelligence'], 'trajectory_health')
  const packet = raw?.['decision_packet']
  return {
    trajectory_health: health ?? fieldOf(raw?.['intelligence'], 'trajectory_health'),
    decision_packet: isObject(packet) ? packet : undefined,
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) ? (value[name] ?? undefined) : undefined
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function blockedBy({ result, findings }: Decision): string | undefined {
  return result === 'blocked' ? findings.find(({ effect }) => effect === 'deny')?.rule : undefined
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
