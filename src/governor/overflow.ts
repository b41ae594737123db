import type { ReportStore } from '../report/courier.js'
import { Outbox } from '../store/outbox.js'
import type { OutboxItem } from '../store/store.js'

/** Beyond it, the oldest reports are let go. */
const MAX_ITEMS = 1000

/** Reports that the store did not take, for as long as the process lives. */
export class Overflow implements ReportStore {
  readonly #outbox = new Outbox(MAX_ITEMS)

  /** Adds what is not there yet. */
  readonly add = (items: readonly OutboxItem[]): void => {
    if (this.#outbox.clash(items) === undefined) this.#outbox.add(items)
  }

  readonly claimOutbox: ReportStore['claimOutbox'] = claim => this.#outbox.claim(claim)

  readonly settleOutbox: ReportStore['settleOutbox'] = settlement => {
    this.#outbox.settle(settlement)
  }

  readonly countOutbox: ReportStore['countOutbox'] = destination => this.#outbox.count(destination)
}
