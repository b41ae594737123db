import { type Clock, forget } from '../../ambient.js'
import type { Approval } from '../../approval.js'
import { isGovernanceError } from '../../errors.js'
import type { AnswerChannel, OutsideAnswer } from '../../evaluate/answer-channel.js'
import type { EventBody } from '../../report/events.js'
import type { Store } from '../../store/store.js'
import type { Decision } from '../../types.js'
import type { Changed } from './ballot-box.js'
import type { ApprovalDesk } from './desk.js'

/** What following answers from outside needs of a governor. */
export interface OutsideParts {
  readonly channel: AnswerChannel
  readonly desk: Pick<ApprovalDesk, 'answerFromOutside' | 'refresh'>
  readonly store: Pick<Store, 'getApproval'>
  readonly clock: Clock
  readonly closing: AbortSignal
  readonly tell: (body: EventBody) => void
}

/** A request that somebody may answer elsewhere. */
interface Followed {
  readonly approval: Approval
  readonly requestId: string
  readonly changed: Changed
}

/** Looks become rarer while nothing is to be had, up to this. */
const MAX_POLL_MS = 60_000

/**
 * Brings in what people answer where the evaluator asks them: while a call is held here that a service holds too, it is
 * asked now and then what became of it. Such an answer counts as one given here: once, and for nobody who acts in the call.
 */
export class OutsideAnswers {
  readonly #parts: OutsideParts
  readonly #followed = new Map<string, Followed>()
  #looking: Promise<void> | undefined
  #isWaiting = false
  #failures = 0

  constructor(parts: OutsideParts) {
    this.#parts = parts
  }

  /** Follows a request until it is settled. Nothing to follow where the service gave its decision no id. */
  follow(approval: Approval, { service }: Decision, changed: Changed): void {
    const requestId = service?.requestId
    if (requestId === undefined || approval.status !== 'pending') return
    this.#followed.set(approval.id, { approval, requestId, changed })
    this.#waitToLook()
  }

  /** A request of a call that has come back, as it is now. What cannot be found out at the moment is looked up later. */
  async latest(approval: Approval, changed: Changed): Promise<Approval> {
    const { store, desk } = this.#parts
    await this.#lookOnce()
    return desk.refresh((await latest(store, approval.id)) ?? approval, changed)
  }

  /** Never rejects. Whoever comes while it looks takes what it finds. */
  #lookOnce(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  #waitToLook(): void {
    const { clock, channel, closing } = this.#parts
    if (this.#isWaiting || closing.aborted || this.#followed.size === 0) return
    this.#isWaiting = true
    const ms = Math.min(MAX_POLL_MS, channel.pollMs * 2 ** this.#failures)
    const look = (): void => {
      this.#isWaiting = false
      forget(this.#lookOnce().finally(() => this.#waitToLook()))
    }
    clock.after(ms, look, true)
  }

  async #look(): Promise<void> {
    await this.#letGoOfSettled()
    const byRequest = new Map([...this.#followed.values()].map(followed => [followed.requestId, followed]))
    const { channel, closing } = this.#parts
    if (byRequest.size === 0 || closing.aborted) return
    try {
      const answers = await channel.find([...byRequest.keys()], { signal: closing })
      this.#failures = 0
      for (const answer of answers) {
        const followed = byRequest.get(answer.requestId)
        if (followed !== undefined) await this.#bring(followed, answer)
      }
    } catch (error) {
      if (closing.aborted) return
      this.#failures++
      this.#parts.tell({ type: 'report-failed', kind: 'answer', count: byRequest.size, dropped: false, error })
    }
  }

  /** An answer that does not count here is not tried again; the request stays open for those whose answer does. */
  async #bring({ approval, changed }: Followed, answer: OutsideAnswer): Promise<void> {
    try {
      const { status } = await this.#parts.desk.answerFromOutside(approval, answer, changed)
      if (status !== 'pending') this.#followed.delete(approval.id)
    } catch (error) {
      const isFinal = isGovernanceError(error) && error.code !== 'store-failed'
      if (isFinal) this.#followed.delete(approval.id)
      if (isGovernanceError(error, 'not-pending')) return
      this.#parts.tell({ type: 'report-failed', kind: 'answer', count: 1, dropped: isFinal, error })
    }
  }

  async #letGoOfSettled(): Promise<void> {
    const { store, desk } = this.#parts
    for (const { approval, changed } of this.#followed.values()) {
      const known = await latest(store, approval.id)
      if (known === undefined) continue
      if ((await desk.refresh(known, changed)).status !== 'pending') this.#followed.delete(approval.id)
    }
  }
}

/** Nothing where the store cannot say at the moment. */
async function latest(store: OutsideParts['store'], id: string): Promise<Approval | undefined> {
  try {
    return await store.getApproval(id)
  } catch {
    return undefined
  }
}
