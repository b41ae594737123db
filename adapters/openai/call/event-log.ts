import { VERSION } from 'countersign'
import type { ToolExecutionEvent } from './execution-event.js'

/** What an event says of its call; the rest is the same for all events of a run. */
export type EventDraft = Omit<ToolExecutionEvent, 'eventId' | 'traceId' | 'seq' | 'schemaVersion' | 'sourceVersion'>

/** The executions of one run, numbered in the order in which they ended. */
export class EventLog {
  readonly #events: ToolExecutionEvent[] = []
  readonly #traceId: string
  readonly #newId: () => string

  constructor(traceId: string, newId: () => string) {
    this.#traceId = traceId
    this.#newId = newId
  }

  /** All so far. */
  get events(): readonly ToolExecutionEvent[] {
    return this.#events
  }

  /** Takes down how a call ended. */
  add(draft: EventDraft): ToolExecutionEvent {
    const event: ToolExecutionEvent = Object.freeze({
      eventId: this.#newId(),
      traceId: this.#traceId,
      seq: this.#events.length,
      schemaVersion: 1,
      sourceVersion: `countersign@${VERSION}`,
      ...draft,
    })
    this.#events.push(event)
    return event
  }
}
