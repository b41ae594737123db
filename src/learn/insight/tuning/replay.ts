import type { Approval } from '../../../approval.js'
import { restore } from '../../../capture/storable.js'
import { combine } from '../../../evaluate/combine.js'
import { type Unlisted, unlistedFinding } from '../../../evaluate/local.js'
import type { Policy } from '../../../evaluate/policy.js'
import type { ToolAnnotations } from '../../../tool-profile.js'
import type { DecisionRecord, Effect, EvaluationRequest, Finding } from '../../../types.js'

/** What the policy alone decides by. */
export interface Court {
  readonly policy: Policy
  readonly unlisted: Unlisted
  /** What is known of the tool of a call now: it is not recorded with a decision. */
  readonly annotationsOf: (record: DecisionRecord) => ToolAnnotations
}

/** What a policy says of a recorded call. */
export interface Replayed {
  readonly effect: Effect
  /** Ids of the rules that say so; `unlisted` where none speaks of it. */
  readonly rules: readonly string[]
}

/** The request a held call was, as far as it is recorded: its input is kept with the question that was asked about it. */
export function requestOf(record: DecisionRecord, { call }: Approval, { annotationsOf }: Court): EvaluationRequest {
  const { tool, digest, action, actor, domain, value, target, metadata = {}, at } = record
  const { sessionId, user, tenant, model, traceId } = record
  return {
    call,
    tool,
    input: restore(call.input),
    digest,
    action,
    actor,
    domain,
    value,
    target,
    metadata,
    annotations: annotationsOf(record),
    session: { id: sessionId, user, tenant, model, traceId },
    at,
  }
}

/** Asks a policy about a recorded call; nothing where a rule cannot say. Limits are left out: what they had counted is gone. */
export function replay({ policy, unlisted }: Court, request: EvaluationRequest): Replayed | undefined {
  try {
    const spoken: Finding[] = []
    for (const rule of policy.rulesFor(request.tool))
      if (rule.limit === undefined && rule.applies(request)) spoken.push(rule.finding(request))
    const findings = spoken.length === 0 ? [unlistedFinding(request, unlisted)] : spoken
    const effect = combine(findings) ?? 'deny'
    return { effect, rules: findings.filter(finding => finding.effect === effect).map(({ rule }) => rule) }
  } catch {
    return undefined
  }
}
