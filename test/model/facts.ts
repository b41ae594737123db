import type { Approval, Commit, Execution, Grant, Receipt, ToolCall } from 'countersign'

/** A tool that was called, or whose effect took place. */
export interface Effect {
  readonly actor: string
  /** What was proposed: its call id and input. Two calls that agree in both are the same. */
  readonly proposal: string
  readonly callId: string
  readonly key: string
  readonly fence: number
  /** What it ran with, as JSON. */
  readonly input: string
  readonly at: number
}

/** What somebody told the checker that they meant, before they told the governor. */
export interface Said {
  readonly by: string
  readonly resolution: 'approved' | 'rejected'
  readonly callId: string
  /** As JSON. */
  readonly input: string
  readonly at: number
}

/** What an invariant is asked about. */
export type Happened =
  | {
      readonly type: 'commit'
      readonly actor: string
      readonly at: number
      readonly commit: Commit
      readonly before: Before
    }
  | { readonly type: 'call'; readonly effect: Effect }
  | { readonly type: 'effect'; readonly effect: Effect }
  | {
      readonly type: 'answer'
      readonly actor: string
      readonly call: ToolCall
      readonly execution: Execution
      readonly own: readonly Effect[]
      /** In which its receipt was from the beginning of the run to its end. */
      readonly states: readonly string[]
    }
  | {
      readonly type: 'resolved'
      readonly by: string
      readonly resolution: 'approved' | 'rejected'
      readonly approval: Approval
    }
  | { readonly type: 'undone'; readonly key: string }
  | { readonly type: 'end'; readonly waiting: readonly string[] }
  /** The calls were brought once more. */
  | { readonly type: 'over'; readonly hasCrashed: boolean }

/** What a commit replaced. */
interface Before {
  readonly approval: Approval | undefined
  readonly receipt: Receipt | undefined
  readonly grant: Grant | undefined
}

/** What the checker knows of its own, without asking the code that is checked. */
export class Facts {
  readonly approvals = new Map<string, Approval>()
  readonly receipts = new Map<string, Receipt>()
  readonly grants = new Map<string, Grant>()
  readonly grantOf = new Map<string, string>()
  readonly windows: string[] = []
  readonly executions = new Map<string, string>()
  /** States of each record, in their order. */
  readonly paths = new Map<string, string>()
  readonly calls: Effect[] = []
  readonly effects: Effect[] = []
  readonly outputs = new Map<string, string[]>()
  readonly said: Said[] = []
  readonly undone: string[] = []

  /** Takes note of a commit that went through. */
  committed(actor: string, at: number, commit: Commit): Extract<Happened, { type: 'commit' }> {
    const { approval, receipt, grant, decision, execution, spends = [] } = commit
    const before = {
      approval: approval === undefined ? undefined : this.approvals.get(approval.id),
      receipt: receipt === undefined ? undefined : this.receipts.get(receipt.key),
      grant: grant === undefined ? undefined : this.grants.get(grant.id),
    }
    if (approval !== undefined) this.#note(this.approvals, approval.id, approval, approval.status)
    if (receipt !== undefined) this.#note(this.receipts, receipt.key, receipt, `${receipt.status}${receipt.fence}`)
    if (grant !== undefined) this.#note(this.grants, grant.id, grant, `${grant.uses}`)
    if (decision?.grantId !== undefined) this.grantOf.set(decision.id, decision.grantId)
    if (execution !== undefined) this.executions.set(execution.decisionId, execution.status)
    for (const { key, amount } of spends) this.windows.push(`${key} ${at} ${amount}`)
    return { type: 'commit', actor, at, commit, before }
  }

  /** States that the receipt of a proposal has been in. */
  statesOf(proposal: string): readonly string[] {
    const key = this.calls.find(call => call.proposal === proposal)?.key ?? ''
    return this.paths.get(key)?.trim().split(' ') ?? []
  }

  /** All that can matter for what may still happen, and for whether it is right. */
  text(): string {
    const records = (map: ReadonlyMap<string, unknown>): string =>
      [...map]
        .map(entry => JSON.stringify(entry))
        .toSorted()
        .join()
    const list = (items: readonly unknown[]): string =>
      items
        .map(item => JSON.stringify(item))
        .toSorted()
        .join()
    return [
      ...[this.approvals, this.receipts, this.grants, this.executions, this.paths].map(records),
      ...[this.windows, this.calls, this.effects, this.said, this.undone].map(list),
    ].join('\n')
  }

  #note<T>(map: Map<string, T>, id: string, record: T, state: string): void {
    map.set(id, record)
    this.paths.set(id, `${this.paths.get(id) ?? ''} ${state}`)
  }
}
