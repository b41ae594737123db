import { type Clock, isPromiseLike } from '../ambient.js'
import { REDACTED } from '../capture/redact.js'
import type { Report, ReportChannel } from '../evaluate/report-channel.js'
import type { Courier } from '../report/courier.js'
import type { Reporter } from '../report/reporter.js'
import { Traces } from '../report/trace.js'
import type { Commit } from '../store/store.js'
import type { Decision, ExecutionRecord, Outcome } from '../types.js'
import type { Proposal } from './proposal.js'

/** What telling others of calls needs of a governor. */
export interface NewsParts {
  readonly channel: ReportChannel
  readonly courier: Courier
  readonly reporter: Reporter
  readonly clock: Clock
}

type Outbox = Pick<Commit, 'outbox'>

const NOTHING: Outbox = Object.freeze({})

/** What others are to be told of a governor's calls: committed with what it is about. Nothing, where nobody is told. */
export class News {
  readonly #parts: NewsParts | undefined
  readonly #traces = new Traces()

  constructor(parts: NewsParts | undefined) {
    this.#parts = parts
  }

  /** @param proposal absent where a call ended without being brought again */
  ofEnding(decision: Decision, execution: ExecutionRecord, proposal?: Proposal): Outbox {
    if (this.#parts === undefined) return NOTHING
    const { channel, reporter } = this.#parts
    const shown = proposal && reporter.view(proposal.captured.request, proposal.profile?.redact).input
    const reports = channel.ofEnding({
      decision,
      execution: reporter.viewExecution(execution),
      arguments: shown ?? REDACTED,
      seq: this.#traces.next(decision.traceId),
    })
    return this.#boxed(this.#parts, reports, decision.id)
  }

  ofOutcome(decision: Decision, outcome: Outcome): Outbox {
    if (this.#parts === undefined) return NOTHING
    return this.#boxed(this.#parts, this.#parts.channel.ofOutcome(outcome, decision), decision.id)
  }

  #boxed({ channel, courier, clock }: NewsParts, reports: readonly Report[], decisionId: string): Outbox {
    if (reports.length === 0) return NOTHING
    const destination = channel.destination()
    const at = clock.now()
    const box = (name: string) => reports.map(report => ({ ...report, destination: name, decisionId, at }))
    if (!isPromiseLike(destination)) return { outbox: box(destination) }
    // Where hashing takes a while, the first reports are not stored.
    courier.keep(box(''))
    return NOTHING
  }
}
