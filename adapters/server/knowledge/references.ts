import { sha256 } from '../../../src/ambient.js'
import type { Service } from '../service.js'
import { decidedOf, pastOf } from './decided.js'
import { keepRecord, recordOf, recordsOf } from './records.js'
import { textOf } from './sent.js'

/** What is kept of an event that names a decision or a case, and says what it is called elsewhere. */
interface Tie {
  readonly id: string
}

/** What decisions and cases are called elsewhere: an order's number, a ticket's. */
export class References {
  readonly #service: Service
  /** Decisions by the reference that they were asked for with. Read once for all events of a request, and only where it is asked for. */
  #decided: Promise<ReadonlyMap<string, readonly string[]>> | undefined

  constructor(service: Service) {
    this.#service = service
  }

  /** Remembers that an event called these ids so. */
  async tie(externalRef: string, ids: Iterable<string>): Promise<void> {
    const ref = await sha256(externalRef)
    for (const id of ids) {
      const body: Tie = { id }
      await keepRecord(this.#service, 'external-ref', { id: await sha256(`${ref} ${id}`), ref, body })
    }
  }

  /** Decisions (no dry runs) and imported cases of a reference, whether they bear it or an event said so. Of decisions that bear it, the newest 100,000 of all are looked at. */
  async of(externalRef: string): Promise<readonly string[]> {
    const ids = new Set<string>()
    for await (const { body } of recordsOf<Tie>(this.#service, 'external-ref', await sha256(externalRef)))
      if (await this.#isKnown(body.id)) ids.add(body.id)
    this.#decided ??= this.#read()
    for (const id of (await this.#decided).get(externalRef) ?? []) ids.add(id)
    return [...ids]
  }

  async #isKnown(id: string): Promise<boolean> {
    const decided = await decidedOf(this.#service, id)
    if (decided !== undefined) return decided.record.dryRun !== true
    return (await recordOf(this.#service, 'imported-case', id)) !== undefined
  }

  async #read(): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, string[]>()
    for await (const { record } of pastOf(this.#service)) {
      const ref = textOf(record.metadata?.['external_ref'])
      if (ref === undefined) continue
      const ids = found.get(ref) ?? []
      ids.push(record.id)
      found.set(ref, ids)
    }
    return found
  }
}
