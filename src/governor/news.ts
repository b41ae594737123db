import { type Clock, isPromiseLike } from '../ambient.js'
import { REDACTED } from '../capture/redact.js'
import { storable } from '../capture/storable.js'
import type { Report, ReportChannel } from '../evaluate/report-channel.js'
import type { Courier } from '../report/courier.js'
import type { Reporter } from '../report/reporter.js'
import { Traces } from '../report/trace.js'
import type { Commit, OutboxItem } from '../store/store.js'
import type { Decision, ExecutionRecord, Outcome } from '../types.js'
import type { Proposal } from './proposal.js'

/** What telling others of calls needs of a governor. */
export interface NewsParts {
  readonly channel: ReportChannel
  readonly courier: Pick<Courier, 'keep' | 'lost'>
  readonly reporter: Reporter
  readonly clock: Clock
}

type Outbox = Pick<Commit, 'outbox'>

type Write = () => readonly Report[]

const NOTHING: Outbox = Object.freeze({})

/** What others are to be told of a governor's calls: committed with what it is about. Nothing, where nobody is told. */
export class News {
  readonly #parts: NewsParts | undefined
  readonly #traces = new Traces()
  readonly #places = new WeakMap<readonly OutboxItem[], { readonly traceId: string; readonly seq: number }>()

  constructor(parts: NewsParts | undefined) {
    this.#parts = parts
  }

  /** @param proposal absent where a call ended without being brought again */
  ofEnding(decision: Decision, execution: ExecutionRecord, proposal?: Proposal): Outbox {
    if (this.#parts === undefined) return NOTHING
    const { channel, reporter } = this.#parts
    const { traceId } = decision
    const seq = this.#traces.next(traceId)
    const shown =
      proposal === undefined ? REDACTED : reporter.view(proposal.captured.request, proposal.profile?.redact).input
    const ended = { decision, execution: reporter.viewExecution(execution), arguments: readable(shown), seq }
    const boxed = this.#boxed(this.#parts, decision, 'ending', () => channel.ofEnding(ended))
    if (boxed.outbox !== undefined) this.#places.set(boxed.outbox, { traceId, seq })
    return boxed
  }

  ofOutcome(decision: Decision, outcome: Outcome): Outbox {
    if (this.#parts === undefined) return NOTHING
    const { channel } = this.#parts
    return this.#boxed(this.#parts, decision, 'outcome', () => channel.ofOutcome(outcome, decision))
  }

  /** What has happened is told, also where the store did not take it. */
  keep({ outbox }: Outbox): void {
    if (outbox !== undefined) this.#parts?.courier.keep(outbox)
  }

  /** What was not committed has not happened, and its position in the run is free again. */
  takeBack({ outbox }: Outbox): void {
    const place = outbox && this.#places.get(outbox)
    if (place !== undefined) this.#traces.giveBack(place.traceId, place.seq)
  }

  /** Never throws: what happens must not hang on whether it can be told. */
  #boxed({ channel, courier, clock }: NewsParts, { id: decisionId }: Decision, kind: string, write: Write): Outbox {
    try {
      const destination = channel.destination()
      const reports = write()
      // Known at once, or from the first answer on.
      if (reports.length === 0 || isPromiseLike(destination)) return NOTHING
      const at = clock.now()
      return { outbox: reports.map(({ id, kind, body }) => ({ id, kind, body, destination, decisionId, at })) }
    } catch (error) {
      courier.lost(kind, error)
      return NOTHING
    }
  }
}

/** An input as JSON can say it. What it cannot, nobody outside is shown: telling of a call must not break it. */
function readable(input: unknown): unknown {
  try {
    return input === undefined ? null : storable(input)
  } catch {
    return REDACTED
  }
}
