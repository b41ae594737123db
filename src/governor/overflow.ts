import type { ReportStore } from '../report/courier.js'
import { Outbox } from '../store/outbox.js'
import type { OutboxItem } from '../store/store.js'

/** Beyond it, the oldest reports are let go. */
const MAX_ITEMS = 1000

/** Reports that the store did not take, for as long as the process lives. */
export class Overflow implements ReportStore {
  readonly #outbox = new Outbox(MAX_ITEMS)

  /** Adds items of new ids. Returns how many had to go for them. */
  readonly add = (items: readonly OutboxItem[]): number => this.#outbox.add(items)

  /** Drops what is about a decision. */
  readonly drop = (decisionId: string): void => {
    this.#outbox.drop(decisionId)
  }

  readonly claimOutbox: ReportStore['claimOutbox'] = claim => this.#outbox.claim(claim)

  readonly settleOutbox: ReportStore['settleOutbox'] = settlement => {
    this.#outbox.settle(settlement)
  }

  readonly countOutbox: ReportStore['countOutbox'] = destination => this.#outbox.count(destination)
}
