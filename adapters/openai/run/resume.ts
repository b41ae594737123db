import { type Approval, GovernanceError, restore } from 'countersign'
import { type AskAnswer, resolutionOf } from '../call/ask.js'
import type { Performed } from '../call/performer.js'
import { drive, type Driven, type Driving } from './drive.js'
import { modelOf } from './make-wire.js'
import type { Api, ItemOf, RunOptions } from './options.js'
import type { GovernedRunResult } from './result.js'
import { openSession } from './session.js'
import { continued } from './continue.js'

/** How a held call is gone on with. An answer that was given elsewhere need not be given here. */
export interface ResumeOptions<API extends Api = 'responses'> extends Omit<RunOptions<API>, 'input' | 'messages'> {
  /** `denied` is another word for `rejected`. */
  readonly resolution?: AskAnswer['resolution']
  /** Who answers: needed with `resolution`. */
  readonly by?: string
  readonly comment?: string
  /** The answer as signed elsewhere, instead of `resolution`. */
  readonly token?: string
  /** The conversation the call was held in: a result's `history`. @defaultValue what this process remembers of it */
  readonly history?: readonly ItemOf[API][]
}

/** Keys of {@link ResumeOptions} that a run has not. */
export const RESUME_KEYS = ['resolution', 'by', 'comment', 'token', 'history'] as const

/**
 * Goes on with a call that was held: takes down the answer, if one is given, runs the stored arguments, once, and takes the
 * result back to the model.
 */
export async function* resume<API extends Api>(
  requestId: string,
  options: ResumeOptions<API>,
  driven: Omit<Driven<API>, 'run' | 'session'>,
): AsyncGenerator<Driving<API>, GovernedRunResult<API>, undefined> {
  const { governor } = driven.options
  const approval = await answered(requestId, options, governor)
  const known = driven.pending.find(approval.id)
  const { resolution: _resolution, by: _by, comment: _comment, token: _token, history, ...own } = options
  const { actor, user, tenant, sessionId } = approval
  const run = { ...known?.run, ...own, actor, user, tenant, sessionId } as RunOptions<API>
  const model = modelOf(driven.options, run)
  const session = openSession(driven.options, { ...run, model }, driven.tools, driven.askPerson)
  const decision = driven.door && (await driven.options.governor.decisions.get(approval.decisionId))
  // Rules about models are about the one that made the call, which may have been a fallback.
  if (decision?.model !== undefined) session.performer.answeredBy(decision.model)
  const items = history ?? (known?.history as readonly ItemOf[API][] | undefined)
  const performed = await session.performer.resume(callOf(approval, items), restore(approval.call.input))
  if (performed === undefined) {
    session.end()
    throw new GovernanceError('not-found', `resumeAfterApproval: there is no tool "${approval.call.name}" any more.`)
  }
  if (performed.result.status === 'approval_required') {
    session.end()
    throw new GovernanceError('approval-required', `resumeAfterApproval: request "${approval.id}" is not approved yet.`)
  }
  for (const event of performed.events) yield { type: 'execution_event', event }
  const start = continued<API>(performed, items, {
    api: (driven.options.api ?? 'responses') as API,
    store: driven.options.store ?? false,
    previousResponseId: options.previousResponseId ?? known?.responseId,
  })
  const { input: _input, messages: _messages, previousResponseId: _previous, ...rest } = run
  return yield* drive({ ...driven, run: { ...rest, ...start }, session })
}

/** The request, once the answer that came along is taken down. @throws GovernanceError `not-found`, and as `approvals.resolve` */
async function answered(
  requestId: string,
  options: Pick<ResumeOptions<Api>, 'resolution' | 'by' | 'comment' | 'token'>,
  governor: Driven<Api>['options']['governor'],
): Promise<Approval> {
  const { token, resolution, by, comment } = options
  const direct = await governor.approvals.get(requestId)
  // Events name the decision: its request is the one that is meant.
  const decision = direct === undefined ? await governor.decisions.get(requestId) : undefined
  const approval = direct ?? (await governor.approvals.get(decision?.approvalId ?? ''))
  if (approval === undefined) {
    throw new GovernanceError('not-found', `resumeAfterApproval: there is no request "${requestId}".`)
  }
  if (token !== undefined) return governor.approvals.resolve(approval.id, { token })
  if (resolution === undefined) return approval
  if (by === undefined) {
    throw new GovernanceError('invalid-option', 'Option `by`: expected the name of who answers, with a `resolution`')
  }
  const answer: AskAnswer = { resolution, by, ...(comment === undefined ? {} : { comment }) }
  return governor.approvals.resolve(approval.id, resolutionOf(answer))
}

/** The call as it was held. What the provider is to execute is known by how it was asked for. */
function callOf({ call }: Approval, items: readonly unknown[] | undefined): Performed['call'] {
  const wireId = call.id.replace(/#\d+$/, '')
  const types = items?.flatMap(item => {
    const { type, id, call_id: callId } = item as Readonly<Record<'type' | 'id' | 'call_id', unknown>>
    return id === wireId || callId === wireId ? [type] : []
  })
  const input = restore(call.input)
  const isText = typeof input === 'string'
  const kind =
    types?.includes('mcp_approval_request') === true
      ? 'hosted'
      : types?.includes(`${call.name}_call`) === true
        ? 'builtin'
        : isText
          ? 'custom'
          : 'function'
  return { kind, wireId, callId: call.id, name: call.name, text: kind === 'builtin' ? JSON.stringify(input) : '' }
}
