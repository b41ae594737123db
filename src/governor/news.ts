import { type Clock, isPromiseLike } from '../ambient.js'
import { REDACTED } from '../capture/redact.js'
import type { Report, ReportChannel } from '../evaluate/report-channel.js'
import type { Reporter } from '../report/reporter.js'
import { Traces } from '../report/trace.js'
import type { Commit } from '../store/store.js'
import type { Decision, ExecutionRecord, Outcome } from '../types.js'
import type { Proposal } from './proposal.js'

/** What telling others of calls needs of a governor. */
export interface NewsParts {
  readonly channel: ReportChannel
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

  #boxed({ channel, clock }: NewsParts, reports: readonly Report[], decisionId: string): Outbox {
    const destination = channel.destination()
    // Known at once, or from the first answer on.
    if (reports.length === 0 || isPromiseLike(destination)) return NOTHING
    const at = clock.now()
    return { outbox: reports.map(({ id, kind, body }) => ({ id, kind, body, destination, decisionId, at })) }
  }
}
