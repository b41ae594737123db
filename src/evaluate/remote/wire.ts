import { serviceError } from '../../service/failure.js'
import type { EvaluationRequest, ServiceFacts } from '../../types.js'
import type { Evaluation } from '../evaluator.js'

/** An answer longer than this, or deeper, is not kept with its decision: whatever writes it down goes all through it. */
const MAX_RAW_CHARS = 16_384
const MAX_RAW_DEPTH = 32
/** A name longer than this is none. */
const MAX_ID_CHARS = 256

type Json = Readonly<Record<string, unknown>>

/** What is sent of a call besides itself. */
export interface WireContext {
  readonly trajectoryId: string | undefined
  readonly dryRun: boolean
  /** What the call is known by here, its input included: a service's answer is for no other. */
  readonly key: string
}

/** A call as the service is asked about it. The input is not sent. What is undefined is not written. */
export function writeRequest(request: EvaluationRequest, { trajectoryId, dryRun, key }: WireContext): Json {
  const { action, actor, value, target, domain, metadata, tool, call, session } = request
  const context = {
    ...metadata,
    session_id: session.id,
    trajectory_id: trajectoryId,
    // Who comes back to a call later does so in another run, and asks the same: a session goes before a run.
    trace_id: session.id === undefined ? session.traceId : undefined,
    call_id: call.id,
    call_key: key,
    tool: tool === action ? undefined : tool,
    model: session.model,
  }
  return { action, actor, value, target, domain, context, dry_run: dryRun ? true : undefined }
}

/** What a service answered, in our words. */
export interface RemoteAnswer {
  readonly evaluation: Evaluation
  /** The trajectory that the service puts the session's calls in. */
  readonly trajectoryId: string | undefined
}

/**
 * Reads an answer. Strings are passed on as they came, known or not: what they mean is decided elsewhere.
 *
 * @throws ServiceError `malformed`
 */
export function readAnswer(json: unknown, at: number): RemoteAnswer {
  if (!isObject(json)) throw serviceError('malformed')
  const { intelligence } = json
  const requestId = idIn(json['request_id'])
  const service: { -readonly [FIELD in keyof ServiceFacts]: ServiceFacts[FIELD] } = { answeredAt: at }
  if (requestId !== undefined) service.requestId = requestId
  if (isKeepable(json)) service.raw = json
  const evaluation: { readonly [FIELD in keyof Evaluation]?: unknown } = {
    recommendation: json['recommendation'],
    confidence: json['recommendation_confidence'],
    riskScore: json['risk_score'],
    enforcementMode: json['enforcement_mode'],
    enforcedVerdict: json['enforced_verdict'],
    requiresApproval: json['requires_approval'],
    humanReview: json['human_review'],
    allowed: json['allowed'],
    result: json['result'],
    reason: textIn(json['reason']),
    service,
  }
  return {
    evaluation: evaluation as Evaluation,
    trajectoryId:
      idIn(isObject(intelligence) ? intelligence['trajectory_id'] : undefined) ?? idIn(json['trajectory_id']),
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function idIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_CHARS ? value : undefined
}

/** A reason goes to the model: one line of bounded length. */
function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replace(/\s+/g, ' ').trim().slice(0, 1000) : undefined
}

/** Counts about the characters that it has as JSON, and stops where they are too many. */
function isKeepable(answer: Json): boolean {
  let left = MAX_RAW_CHARS
  const fits = (value: unknown, depth: number): boolean => {
    left -= typeof value === 'string' ? value.length + 3 : 4
    if (left < 0 || depth > MAX_RAW_DEPTH) return false
    if (typeof value !== 'object' || value === null) return true
    const isList = Array.isArray(value)
    for (const name in value) {
      if (!isList) left -= name.length + 3
      if (!fits((value as Json)[name], depth + 1)) return false
    }
    return true
  }
  return fits(answer, 0)
}
