import { chain, isPromiseLike, newId } from '../../ambient.js'
import { concludeUnstored, type Rulebook, type Verdict } from '../../enforce/conclude.js'
import { type DecisionFrame, writeDecision } from '../../enforce/decision.js'
import { GovernanceError } from '../../errors.js'
import { type Ending, endingOf } from '../../report/ending.js'
import type { EventBody } from '../../report/events.js'
import type { Reporter } from '../../report/reporter.js'
import type { Commit, CommitResult, Store } from '../../store/store.js'
import type { Awaitable, Decision, DecisionResult } from '../../types.js'
import type { Journal } from '../journal.js'
import type { News } from '../news.js'
import type { Proposal } from '../proposal.js'
import type { Attempted, Ruling } from './ruling.js'

/** What recording needs of a governor. */
export interface RecorderParts {
  readonly court: Rulebook
  readonly store: Pick<Store, 'name'>
  readonly journal: Journal
  readonly reporter: Reporter
  readonly news: News
}

/** A verdict that is to be a decision. */
export interface Draft {
  readonly proposal: Proposal
  readonly verdict: Verdict
  readonly frame: DecisionFrame
}

/** What is committed with a decision. */
export type Changes = Pick<Commit, 'spends' | 'approval' | 'grant' | 'receipt'>

/** Makes a verdict a decision: writes it down, with what belongs to it, and tells of it. */
export class Recorder {
  readonly #parts: RecorderParts

  constructor(parts: RecorderParts) {
    this.#parts = parts
  }

  /** Never rejects: where the store fails, the fail mode decides. A refused call has ended with its decision, and is recorded so. */
  record(draft: Draft, changes: (decision: Decision) => Changes): Awaitable<Exclude<Attempted, 'held'>> {
    const { proposal, verdict, frame } = draft
    const decision = writeDecision(proposal.captured.request, verdict, frame)
    const { at } = decision
    const changed = changes(decision)
    const { approval, receipt } = changed
    const refusal = refusalOf(decision)
    const ending = refusal === undefined ? {} : this.#ending(proposal, decision, refusal)
    const documents = proposal.scope.alongside?.(decision, decision.result)
    const commit: Commit = { at, decision, ...changed, ...ending, ...(documents === undefined ? {} : { documents }) }
    const recorded = (result: CommitResult): Exclude<Attempted, 'held'> => {
      if (!result.committed) {
        this.#parts.news.takeBack(ending)
        return missed(result)
      }
      const ruling: Ruling = {
        decision,
        verdict,
        ...(approval === undefined ? {} : { approval }),
        ...(receipt === undefined ? {} : { receipt }),
      }
      this.#announce(proposal, ruling)
      return ruling
    }
    const failed = (error: unknown): Ruling => {
      this.#parts.news.takeBack(ending)
      return this.unrecorded(draft, error, 'recordDecision')
    }
    try {
      const committing = this.#parts.journal.commit(commit)
      return isPromiseLike(committing) ? committing.then(recorded).then(undefined, failed) : recorded(committing)
    } catch (error) {
      return failed(error)
    }
  }

  /** A refusal, which nothing but what is kept alongside can be in the way of. */
  recordRefusal(draft: Draft): Awaitable<Exclude<Attempted, 'held'>> {
    return draft.proposal.scope.alongside === undefined ? this.recordAlone(draft) : this.record(draft, nothing)
  }

  /** A decision with which nothing else is written, so that nothing can be in its way. Never rejects. */
  recordAlone(draft: Draft): Awaitable<Ruling> {
    const { proposal } = draft
    const alone = { ...proposal, scope: { ...proposal.scope, alongside: undefined } }
    return chain(this.record({ ...draft, proposal: alone }, nothing), ruled => ruled as Ruling)
  }

  /** A decision that cannot be saved is one that could not be made: the fail mode decides over what would be allowed. */
  unrecorded({ proposal, verdict, frame }: Draft, cause: unknown, operation: string): Ruling {
    const { court, store } = this.#parts
    const where = `the decision could not be stored in the ${store.name} store`
    const failure = new GovernanceError('evaluation-failed', where, { cause })
    const concluded = concludeUnstored(court, proposal.captured.request, verdict, failure)
    // No request was opened either.
    const decision = writeDecision(proposal.captured.request, concluded, { ...frame, approvalId: undefined })
    this.#emit(proposal, decision, { type: 'store-failed', operation, error: cause })
    const ruling = { decision, verdict: concluded }
    this.#announce(proposal, ruling)
    const refusal = refusalOf(decision)
    if (refusal !== undefined) this.#parts.news.keep(this.#ending(proposal, decision, refusal))
    return ruling
  }

  #ending(proposal: Proposal, decision: Decision, refusal: Ending): Pick<Commit, 'execution' | 'outbox'> {
    const execution = endingOf(decision, refusal, decision.at)
    return { execution, ...this.#parts.news.ofEnding(decision, execution, proposal) }
  }

  #announce(proposal: Proposal, { decision, verdict, approval }: Ruling): void {
    if (!proposal.observers.listening) return
    const { reporter } = this.#parts
    const call = reporter.view(proposal.captured.request, proposal.profile?.redact)
    if (verdict.failure !== undefined) {
      this.#emit(proposal, decision, { type: 'evaluation-failed', decision, error: verdict.failure.error })
    }
    this.#emit(proposal, decision, { type: 'decision-made', decision, call })
    if (approval !== undefined) {
      const shown = reporter.viewApproval(approval)
      this.#emit(proposal, decision, { type: 'approval-requested', decision, approval: shown, call })
    }
    const refusal = refusalOf(decision)
    if (refusal === undefined) return
    const execution = endingOf(decision, refusal, decision.at)
    this.#emit(proposal, decision, { type: 'tool-refused', decision, execution })
  }

  #emit(proposal: Proposal, decision: Decision, body: EventBody): void {
    this.#parts.reporter.emit(proposal.observers, decision.traceId, decision.id, body)
  }
}

/** A verdict on a call, under an id of its own. */
export function draftOf(proposal: Proposal, verdict: Verdict, policy: Decision['policy'], dryRun = false): Draft {
  const id = newId(proposal.captured.request.at)
  return { proposal, verdict, frame: { id, policy, dryRun, approvalId: undefined, askedBy: proposal.scope.askedBy } }
}

function nothing(): Changes {
  return {}
}

/** How a call has ended that is refused; frameworks that ask ahead never come back with it. */
const REFUSED: Readonly<Record<DecisionResult, 'blocked' | 'approval_required' | undefined>> = {
  allowed: undefined,
  blocked: 'blocked',
  requires_approval: 'approval_required',
}

function refusalOf({ result, dryRun }: Decision): Ending | undefined {
  const status = dryRun === true ? undefined : REFUSED[result]
  return status === undefined ? undefined : { status, durationMs: 0 }
}

/** What was known of the call is no longer so; a limit or a grant is looked up with the next attempt anyway. */
function missed(
  result: Exclude<CommitResult, { committed: true }>,
): 'claimed-by-another' | 'anew' | 'grant-used' | 'noted-already' {
  if (!('conflict' in result)) return 'anew'
  if (result.conflict === 'document') return 'noted-already'
  return result.conflict === 'grant' ? 'grant-used' : 'claimed-by-another'
}
