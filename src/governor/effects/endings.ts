import { chain, type Clock, isPromiseLike } from '../../ambient.js'
import { GovernanceError } from '../../errors.js'
import type { Execution } from '../../execute/execution.js'
import type { Ledger } from '../../execute/ledger/ledger.js'
import type { Started, Unsettled } from '../../execute/ledger/machine.js'
import { alteredText } from '../../execute/refusal.js'
import type { ToolRun } from '../../execute/run-tool.js'
import type { Receipt } from '../../receipt.js'
import { type Ending, endingOf } from '../../report/ending.js'
import type { EventBody } from '../../report/events.js'
import type { Reporter } from '../../report/reporter.js'
import type { Commit } from '../../store/store.js'
import type { Awaitable, Decision } from '../../types.js'
import type { Journal } from '../journal.js'
import type { Learning } from '../learning/learning.js'
import type { News } from '../news.js'
import type { Proposal } from '../proposal.js'

/** What ending a call needs of a governor. */
export interface EndingParts {
  readonly journal: Journal
  readonly ledger: Ledger
  readonly reporter: Reporter
  readonly news: News
  readonly learning: Learning | undefined
  readonly clock: Clock
}

/** A call whose tool has run. */
export interface EndedRun<OUTPUT> {
  readonly proposal: Proposal
  readonly decision: Decision
  readonly ended: ToolRun<OUTPUT>
}

/** The receipt of a call, and what it becomes as the call ends. */
export interface EndedEffect {
  readonly receipt: Started
  readonly outcome: (receipt: Unsettled) => Receipt
}

type Ended = Pick<Commit, 'execution' | 'outbox'>

/** Writes how calls ended, and tells of it. What happened has happened: a store that fails here is told of, and the call goes on. */
export class Endings {
  readonly #parts: EndingParts

  constructor(parts: EndingParts) {
    this.#parts = parts
  }

  /**
   * What a run comes to, once that is written down.
   *
   * @param effect absent for a call of which no receipt is kept
   * @throws a framework's control-flow signal
   */
  conclude<OUTPUT>(run: EndedRun<OUTPUT>, effect?: EndedEffect): Awaitable<Execution<OUTPUT>> {
    const { decision, ended } = run
    const record = (ending: Ending, execution: Execution<OUTPUT>): Awaitable<Execution<OUTPUT>> =>
      chain(this.#record(run, effect, ending), () => execution)
    switch (ended.kind) {
      case 'returned': {
        const { output, durationMs } = ended
        this.#parts.learning?.returned(run.proposal, output)
        return record({ status: 'executed', durationMs }, { status: 'executed', decision, output })
      }
      case 'threw': {
        const { error, durationMs } = ended
        return record({ status: 'tool_error', durationMs, error }, { status: 'tool_error', decision, error })
      }
      case 'aborted': {
        const { error } = ended
        return record({ status: 'tool_error', durationMs: 0, error }, { status: 'tool_error', decision, error })
      }
      case 'altered': {
        const message = alteredText(decision)
        return record({ status: 'blocked', durationMs: 0 }, { status: 'blocked', decision, message })
      }
      case 'signalled': {
        const suspended = (): never => {
          if (ended.suspends) this.#emit(run, { type: 'tool-suspended', decision })
          throw ended.signal
        }
        const ending = ended.suspends ? undefined : ({ status: 'executed', durationMs: ended.durationMs } as const)
        return chain(this.#record(run, effect, ending), suspended)
      }
    }
  }

  /** @param ending absent where the framework will bring the call again */
  #record<OUTPUT>(run: EndedRun<OUTPUT>, effect: EndedEffect | undefined, ending: Ending | undefined): Awaitable<void> {
    const { clock, news } = this.#parts
    const at = clock.now()
    const ended = ending === undefined ? {} : this.#ended(run, ending, at)
    const told = (): void => {
      if (ending !== undefined) this.#tell(run, ending)
    }
    const failed = (error: unknown): void => {
      this.#emit(run, { type: 'store-failed', operation: 'recordExecution', error })
      news.keep(ended)
      told()
    }
    try {
      const writing = effect === undefined ? this.#write(at, ended) : this.#writeEffect(run, effect, at, ended)
      return isPromiseLike(writing) ? writing.then(told, failed) : told()
    } catch (error) {
      return failed(error)
    }
  }

  #write(at: number, ended: Ended): Awaitable<unknown> {
    return ended.execution === undefined ? undefined : this.#parts.journal.commit({ at, ...ended })
  }

  #ended<OUTPUT>({ proposal, decision }: EndedRun<OUTPUT>, ending: Ending, at: number): Ended {
    const execution = endingOf(decision, ending, at)
    return { execution, ...this.#parts.news.ofEnding(decision, execution, proposal) }
  }

  #writeEffect<OUTPUT>(
    run: EndedRun<OUTPUT>,
    { receipt, outcome }: EndedEffect,
    at: number,
    ended: Ended,
  ): Awaitable<void> {
    const { ledger, news } = this.#parts
    return chain(ledger.end(receipt, outcome, { at, ...ended }), isOurs => {
      if (isOurs) return
      news.takeBack(ended)
      const lost = `Another process has taken over receipt "${receipt.key}"; how the call ended here was not recorded.`
      const error = new GovernanceError('not-pending', lost)
      this.#emit(run, { type: 'store-failed', operation: 'recordExecution', error })
    })
  }

  #tell<OUTPUT>(run: EndedRun<OUTPUT>, ending: Ending): void {
    const { proposal, decision } = run
    if (!proposal.observers.listening) return
    const { reporter, clock } = this.#parts
    const ran = ending.status === 'executed' || ending.status === 'tool_error'
    const execution = reporter.viewExecution(endingOf(decision, ending, clock.now()))
    this.#emit(run, { type: ran ? 'tool-executed' : 'tool-refused', decision, execution })
  }

  #emit<OUTPUT>({ proposal: { observers }, decision }: EndedRun<OUTPUT>, body: EventBody): void {
    this.#parts.reporter.emit(observers, decision.traceId, decision.id, body)
  }
}
