import { randomUUID } from 'node:crypto'
import type { Governor } from 'countersign'
import { type DocumentParts, Shelf } from '../shelf.js'
import type { Thrown } from './event.js'

/** What keeping a log of kill switches needs. */
interface SwitchLogParts extends DocumentParts {
  /** Tells of every switch that is thrown in this process. */
  readonly governor: Governor
  readonly onError: (error: unknown) => void
}

/** A store knows which kill switches are on; this keeps which were, and who threw them. */
export class SwitchLog {
  readonly #shelf: Shelf<Thrown>
  readonly #stop: () => void
  #writing: Promise<unknown> = Promise.resolve()

  constructor({ governor, onError, ...parts }: SwitchLogParts) {
    this.#shelf = new Shelf(parts, 'kill-switch-change')
    this.#stop = governor.on(event => {
      if (event.type !== 'kill-switch-changed') return
      const { active, killSwitch } = event
      const document = this.#shelf.first(killSwitch.tenant, randomUUID(), { active, killSwitch })
      this.#writing = Promise.all([this.#writing, this.#shelf.commit(document)]).then(() => undefined, onError)
    })
  }

  /** Switches that were thrown for a tenant or for all, newest first. */
  async list(tenant: string | undefined): Promise<readonly Thrown[]> {
    await this.#writing
    const own = tenant === undefined ? [] : await this.#shelf.list(tenant)
    return [...own, ...(await this.#shelf.list(undefined))].map(({ body }) => body)
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    this.#stop()
    await this.#writing
  }
}
