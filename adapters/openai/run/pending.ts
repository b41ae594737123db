import { RecentMap } from 'countersign'
import type { Api, RunOptions } from './options.js'
import type { GovernedRunResult } from './result.js'

/** Runs of this process that wait for a person are remembered, so many of them. */
const MAX_REMEMBERED = 1000

/** A run that a held call is part of. */
export interface PendingRun {
  readonly history: readonly unknown[]
  readonly run: RunOptions<Api>
  readonly responseId: string | undefined
}

/** The conversations that held calls of this process wait in. After a restart, the caller has to bring them. */
export class Pending {
  readonly #runs = new RecentMap<string, PendingRun>(MAX_REMEMBERED)

  /** Remembers a run under each request that it left open. */
  remember(result: GovernedRunResult<Api>, run: RunOptions<Api>, responseId: string | undefined): void {
    const { history, approvalLoops } = result
    const { signal: _signal, ...kept } = run
    for (const { requestId, resolved } of approvalLoops) {
      if (!resolved) this.#runs.set(requestId, { history, run: kept, responseId })
    }
  }

  find(requestId: string): PendingRun | undefined {
    return this.#runs.get(requestId)
  }
}
