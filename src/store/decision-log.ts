import type { Decision, DecisionRecord, ExecutionRecord, Outcome } from '../types.js'
import { Ring } from './ring.js'

interface Entry {
  decision: Decision
  execution: ExecutionRecord | undefined
  outcomes: readonly Outcome[]
}

/** The newest decisions of a process with what came of them. */
export class DecisionLog {
  readonly #entries = new Map<string, Entry>()
  readonly #order: Ring<string>

  /** Keeps the `size` decisions that were added last. */
  constructor(size: number) {
    this.#order = new Ring(size)
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  add(decision: Decision): void {
    this.#entries.set(decision.id, { decision, execution: undefined, outcomes: [] })
    const oldest = this.#order.push(decision.id)
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  /** Of a decision that is not kept, nothing else is. */
  setExecution(execution: ExecutionRecord): void {
    const entry = this.#entries.get(execution.decisionId)
    if (entry !== undefined) entry.execution = execution
  }

  addOutcome(outcome: Outcome): void {
    const entry = this.#entries.get(outcome.decisionId)
    if (entry !== undefined) entry.outcomes = [...entry.outcomes, outcome]
  }

  get(id: string): DecisionRecord | undefined {
    const entry = this.#entries.get(id)
    return entry === undefined ? undefined : joined(entry)
  }

  /** Replaces a decision, how it ended, and what the world answered. */
  replace(id: string, change: <T extends Decision | ExecutionRecord | Outcome>(record: T) => T): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    entry.decision = change(entry.decision)
    entry.execution = entry.execution === undefined ? undefined : change(entry.execution)
    entry.outcomes = entry.outcomes.map(change)
  }

  /** Those older than `before`; of one that is not kept, none. */
  *newestFirst(before: string | undefined): Generator<DecisionRecord, void, undefined> {
    let isBefore = before === undefined
    for (const id of this.#order.newestFirst()) {
      const entry = isBefore ? this.#entries.get(id) : undefined
      if (entry !== undefined) yield joined(entry)
      isBefore ||= id === before
    }
  }
}

function joined({ decision, execution, outcomes }: Entry): DecisionRecord {
  const record = { ...decision, outcomes: [...outcomes] }
  return execution === undefined ? record : { ...record, execution }
}
