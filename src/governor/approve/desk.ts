import { type Clock, forget, present } from '../../ambient.js'
import type { Approval, ResolutionChannel } from '../../approval.js'
import type { Ballot } from '../../enforce/approval/machine.js'
import { effectiveDigest } from '../../enforce/approval/machine.js'
import {
  type ChatAnswer,
  checkResolution,
  type Resolution,
  type SignedResolution,
} from '../../enforce/approval/resolution.js'
import type { ApprovalSettings } from '../../enforce/approval/settings.js'
import { verifyResolution } from '../../enforce/token.js'
import { GovernanceError } from '../../errors.js'
import type { OutsideAnswer } from '../../evaluate/answer-channel.js'
import type { Store } from '../../store/store.js'
import type { Decision, EvaluationRequest, ToolCall } from '../../types.js'
import type { Wakeups } from '../../wakeups.js'
import type { Validate } from '../governor.js'
import type { BallotBox, Changed } from './ballot-box.js'
import type { Edits } from './edits.js'

/** What answering needs of a governor. */
export interface DeskParts {
  readonly store: Pick<Store, 'getApproval'>
  readonly box: BallotBox
  readonly edits: Edits
  readonly settings: ApprovalSettings
  readonly clock: Clock
  readonly wakeups: Wakeups
  /** Aborted when the governor is closed: nobody waits any longer then. */
  readonly closing: AbortSignal
}

/** Who answers in a conversation of which it is not known whose it is. */
const ANONYMOUS = 'chat-user'

const GAVE_UP = new GovernanceError('closed', 'it was called off before there was an answer')

/** Where answers come in, on every channel. */
export class ApprovalDesk {
  readonly #parts: DeskParts
  /** Nobody is asked twice at once about one call. */
  readonly #asking = new Map<string, Promise<Approval>>()

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  /** Keeps a tool's schema for edits that come before its next call. */
  remember(request: EvaluationRequest, validate: Validate): void {
    this.#parts.edits.remember(request, validate)
  }

  /** The request as it is now: what expired or escalated meanwhile is written down. */
  refresh(approval: Approval, changed: Changed): Promise<Approval> {
    return this.#parts.box.refresh(approval, changed)
  }

  /**
   * A person's answer, or a signed one.
   *
   * @throws GovernanceError `not-found`, `not-pending`, `not-permitted`, `invalid-token`, `invalid-option`; `invalid-call`
   * or `blocked` for an edit that the tool's schema or the policy refuses
   */
  async resolve(approval: Approval, given: Resolution | SignedResolution, changed: Changed): Promise<Approval> {
    checkResolution(given)
    if ('token' in given) return this.#resolveSigned(approval, given, changed)
    this.#refuseUnsigned(approval)
    const { by, digest, grant, credentials, once } = given
    if (digest !== undefined && digest !== effectiveDigest(approval)) {
      throw notResolved(approval, 'its input is not the one that was shown; look at it again')
    }
    const vote = this.#vote('api', by, given)
    return this.#parts.box.cast(approval, { vote, wanted: given, ...present({ grant, credentials, once }) }, changed)
  }

  /** What the person in the conversation answered. @throws as {@link ApprovalDesk.resolve} */
  async answerInChat(approval: Approval, answer: ChatAnswer, changed: Changed): Promise<Approval> {
    this.#refuseUnsigned(approval)
    const vote = this.#vote('chat', approval.user ?? ANONYMOUS, answer)
    return this.#parts.box.cast(approval, { vote, wanted: answer.resolution === 'approved' ? answer : {} }, changed)
  }

  /** The person in the conversation says no to what somebody else has approved, before it ran. @throws GovernanceError `not-pending` when it has run */
  withdraw(approval: Approval, { comment }: ChatAnswer, changed: Changed): Promise<Approval> {
    const why = comment === undefined || comment === '' ? 'the person in the conversation said no' : comment
    return this.#parts.box.withdraw(approval, approval.user ?? ANONYMOUS, why, changed)
  }

  /** Asks the option `onApprovalRequired`, if there is one; once, however many wait for the answer, and no longer than the request holds. @throws what it throws, and as {@link ApprovalDesk.resolve} */
  async ask(
    approval: Approval,
    decision: Decision,
    call: ToolCall,
    signal: AbortSignal | undefined,
    changed: Changed,
  ): Promise<Approval> {
    const known = this.#asking.get(approval.id)
    const asking = known ?? this.#ask(approval, decision, call, changed).finally(() => this.#asking.delete(approval.id))
    this.#asking.set(approval.id, asking)
    const { clock, closing } = this.#parts
    const over = Promise.withResolvers<Approval>()
    const giveUp = (): void => over.reject(GAVE_UP)
    const expire = (): void => over.resolve(this.refresh(approval, changed))
    const stopTimer = clock.after(Math.max(0, approval.expiresAt - clock.now()), expire)
    const stops = [closing, ...(signal === undefined ? [] : [signal])]
    for (const stop of stops) stop.addEventListener('abort', giveUp, { once: true })
    if (stops.some(({ aborted }) => aborted)) giveUp()
    try {
      return await Promise.race([asking, over.promise])
    } finally {
      stopTimer()
      for (const stop of stops) stop.removeEventListener('abort', giveUp)
      forget(over.promise)
    }
  }

  /** Waits until a request is answered, or nobody answered in time. @throws the signal's reason */
  wait(approval: Approval, signal: AbortSignal | undefined, changed: Changed): Promise<Approval> {
    const { wakeups, clock, store, closing } = this.#parts
    const look = async (): Promise<Approval | undefined> => {
      const current = await this.refresh((await store.getApproval(approval.id)) ?? approval, changed)
      return current.status === 'pending' ? undefined : current
    }
    return wakeups.until(approval.id, look, clock, signal === undefined ? closing : AbortSignal.any([signal, closing]))
  }

  /** What somebody answered where the evaluator asks people. @throws as {@link ApprovalDesk.resolve} */
  async answerFromOutside(approval: Approval, answer: OutsideAnswer, changed: Changed): Promise<Approval> {
    this.#refuseUnsigned(approval)
    return this.#parts.box.cast(approval, { vote: this.#vote('service', answer.by ?? 'service', answer) }, changed)
  }

  async #ask(approval: Approval, decision: Decision, call: ToolCall, changed: Changed): Promise<Approval> {
    const { settings, box } = this.#parts
    const answer = await settings.onApprovalRequired?.({ approval, decision, call })
    if (answer === undefined) return approval
    this.#refuseUnsigned(approval)
    const { resolution: said, comment, by = 'onApprovalRequired' } = answer
    const resolution = said === 'denied' ? 'rejected' : said
    const given: Resolution = { resolution, by, ...(comment === undefined ? {} : { comment }) }
    checkResolution(given)
    return box.cast(approval, { vote: this.#vote('callback', by, given) }, changed)
  }

  async #resolveSigned(approval: Approval, { token }: SignedResolution, changed: Changed): Promise<Approval> {
    const { clock, settings, box } = this.#parts
    const { publicKeys, clockSkewMs } = settings
    if (publicKeys === undefined) {
      const missing = 'option `approvals.publicKeys` is missing'
      throw new GovernanceError('invalid-token', `A signed answer cannot be checked: ${missing}.`)
    }
    const claims = await verifyResolution(token, publicKeys, { now: clock.now(), clockSkewMs })
    const { approvalId, digest, by, nonce } = claims
    if (approvalId !== approval.id) {
      const problem = `The signed answer is for approval "${approvalId}", not "${approval.id}".`
      throw new GovernanceError('invalid-token', problem)
    }
    if (digest !== effectiveDigest(approval)) {
      const problem = `The signed answer is for another input than that of approval "${approval.id}".`
      throw new GovernanceError('invalid-token', problem)
    }
    return box.cast(approval, { vote: { ...this.#vote('token', by, claims), nonce }, wanted: claims }, changed)
  }

  #vote(
    channel: ResolutionChannel,
    by: string,
    { resolution, comment }: Pick<ChatAnswer, 'resolution' | 'comment'>,
  ): Ballot['vote'] {
    const at = this.#parts.clock.now()
    return { by, at, resolution, channel, ...(comment === undefined ? {} : { comment }) }
  }

  #refuseUnsigned(approval: Approval): void {
    if (this.#parts.settings.publicKeys === undefined) return
    throw notResolved(approval, 'only signed answers count here (option `approvals.publicKeys`)')
  }
}

function notResolved({ id }: Approval, why: string): GovernanceError {
  return new GovernanceError('not-permitted', `Approval "${id}" was not resolved: ${why}.`)
}
