import type { Decision, DecisionRecord, ExecutionRecord, Outcome } from '../types.js'
import { snapshot } from './snapshot.js'

interface Entry {
  readonly decision: Decision
  execution: ExecutionRecord | undefined
  outcomes: readonly Outcome[]
}

/** The newest decisions of a process with what came of them. Keeps copies. */
export class DecisionLog {
  readonly #size: number
  readonly #entries = new Map<string, Entry>()
  /** Ids in the order they came, as a ring: asking a map for its first key after many deletions is slow. */
  readonly #order: string[] = []
  #oldest = 0

  /** Keeps the `size` decisions that were added last. */
  constructor(size: number) {
    this.#size = size
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  add(decision: Decision): void {
    this.#entries.set(decision.id, { decision: snapshot(decision), execution: undefined, outcomes: [] })
    if (this.#order.length < this.#size) {
      this.#order.push(decision.id)
      return
    }
    this.#entries.delete(this.#order[this.#oldest] ?? '')
    this.#order[this.#oldest] = decision.id
    this.#oldest = (this.#oldest + 1) % this.#size
  }

  /** Of a decision that is not kept, nothing else is. */
  setExecution(execution: ExecutionRecord): void {
    const entry = this.#entries.get(execution.decisionId)
    if (entry !== undefined) entry.execution = snapshot(execution)
  }

  addOutcome(outcome: Outcome): void {
    const entry = this.#entries.get(outcome.decisionId)
    if (entry !== undefined) entry.outcomes = [...entry.outcomes, snapshot(outcome)]
  }

  get(id: string): DecisionRecord | undefined {
    const entry = this.#entries.get(id)
    return entry === undefined ? undefined : joined(entry)
  }

  *newestFirst(): Generator<DecisionRecord, void, undefined> {
    for (let age = 1; age <= this.#order.length; age++) {
      const entry = this.#entries.get(this.#order.at((this.#oldest - age) % this.#order.length) ?? '')
      if (entry !== undefined) yield joined(entry)
    }
  }
}

function joined({ decision, execution, outcomes }: Entry): DecisionRecord {
  const record = { ...decision, outcomes: [...outcomes] }
  return execution === undefined ? record : { ...record, execution }
}
