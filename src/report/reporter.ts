import { type Clock, newId, present } from '../ambient.js'
import type { Approval, Grant } from '../approval.js'
import { isRedacted, redactInput, REDACTED } from '../capture/redact.js'
import type { Receipt } from '../receipt.js'
import type { ToolProfile } from '../tool-profile.js'
import type { EvaluationRequest, ExecutionRecord } from '../types.js'
import { VERSION } from '../version.js'
import {
  type ApprovalView,
  type CallView,
  type EventBody,
  type GovernanceEvent,
  type ReceiptView,
  SCHEMA_VERSION,
} from './events.js'
import type { Observers } from './observers.js'
import { Traces } from './trace.js'

const SOURCE_VERSION = `countersign@${VERSION}`

/** Makes events, numbers them, and decides what of a call they show. */
export class Reporter {
  readonly #clock: Clock
  readonly #showInputs: boolean
  readonly #traces = new Traces()

  constructor(clock: Clock, inputs: 'redacted' | 'visible') {
    this.#clock = clock
    this.#showInputs = inputs === 'visible'
  }

  /** Tells the observers; builds nothing where nobody listens. */
  emit(observers: Observers, traceId: string, requestId: string | undefined, body: EventBody): void {
    if (!observers.listening) return
    const complete = (content: EventBody): GovernanceEvent => {
      const at = this.#clock.now()
      const seq = this.#traces.next(traceId)
      const event: GovernanceEvent = {
        ...content,
        eventId: newId(at),
        traceId,
        seq,
        requestId,
        schemaVersion: SCHEMA_VERSION,
        sourceVersion: SOURCE_VERSION,
        at,
      }
      return 'error' in event ? withHiddenError(event) : event
    }
    observers.notify(complete(body), error => complete({ type: 'observer-failed', error }))
  }

  /** The call as events show it. */
  view({ call }: EvaluationRequest, redact: ToolProfile['redact']): CallView {
    return { id: call.id, name: call.name, input: this.#showInputs ? redactInput(call.input, redact) : REDACTED }
  }

  /** A request as events show it. */
  viewApproval(approval: Approval): ApprovalView {
    const { id, status, decisionId, at, expiresAt, digest, actor, reason, approver, policyVersion, call } = approval
    const { user, tenant, sessionId, escalated } = approval
    const edit = 'edit' in approval ? approval.edit : undefined
    return {
      id,
      status,
      decisionId,
      at,
      expiresAt,
      digest,
      actor,
      reason,
      approver,
      policyVersion,
      tool: call.name,
      callId: call.id,
      ...present({ user, tenant, sessionId, escalated }),
      ...('by' in approval ? { by: approval.by } : {}),
      ...('comment' in approval && approval.comment !== undefined ? { comment: approval.comment } : {}),
      ...(edit === undefined ? {} : { changed: edit.changes.map(({ path }) => path) }),
    }
  }

  /** A grant as events show it: what its conditions compare with may be of an input. */
  viewGrant(grant: Grant, redact: ToolProfile['redact']): Grant {
    const shown = Object.entries(grant.when).map(([path, comparison]): [string, unknown] => {
      const isShown = this.#showInputs && !isRedacted(path.replace(/^input(?:\.|$)/, ''), redact)
      return [path, isShown ? comparison : REDACTED]
    })
    return { ...grant, when: Object.fromEntries(shown) }
  }

  /** The execution as events show it: a tool's message may quote its arguments, its error's name does not. */
  viewExecution(execution: ExecutionRecord): ExecutionRecord {
    if (this.#showInputs || execution.error === undefined) return execution
    return { ...execution, error: execution.error.split(':', 1)[0] ?? REDACTED }
  }
}

/** What was thrown may hold secrets: it can be read from the event, and does not go along when the event is copied or serialised. */
function withHiddenError(event: GovernanceEvent & { readonly error: unknown }): GovernanceEvent {
  return Object.defineProperty(event, 'error', { enumerable: false })
}

/** An effect as events show it. */
export function viewReceipt({ key, status, fence, tool, callId, decisionId }: Receipt): ReceiptView {
  return { key, status, fence, tool, callId, decisionId }
}
