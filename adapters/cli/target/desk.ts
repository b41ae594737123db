import type { OutcomeReport } from 'countersign'
import type { Invocation } from '../tree/invocation.js'
import { type TargetOptions, targetOf } from './target.js'
import type { ApprovalView, DecisionView } from './views.js'

/** Filters of a list of decisions. */
export interface DecisionQuery {
  readonly tool?: string | undefined
  readonly actor?: string | undefined
  readonly session?: string | undefined
  readonly result?: string | undefined
  readonly withoutOutcome?: boolean | undefined
  readonly limit: number
}

/** Somebody's answer. */
export interface Answer {
  readonly resolution: 'approved' | 'rejected'
  readonly comment?: string | undefined
  /** Who answers, on a database; a service knows it by the key. */
  readonly by?: string | undefined
  readonly input?: unknown
  /** Path of the policy that a changed input is checked by. */
  readonly policy?: string | undefined
}

/** What the command line says of how a call turned out. */
type Reported = Pick<
  OutcomeReport,
  | 'decisionId'
  | 'status'
  | 'description'
  | 'details'
  | 'reportedBy'
  | 'revenueImpact'
  | 'correctionNeeded'
  | 'rollbackPerformed'
  | 'tags'
>

/** A place where records are looked at, and requests answered: a database or a service. */
export interface Desk {
  readonly decisions: (query: DecisionQuery) => Promise<readonly DecisionView[]>
  /** A decision, and everything that is known of it besides. @throws Failure where there is none */
  readonly decision: (id: string) => Promise<{ readonly view: DecisionView; readonly record: unknown }>
  readonly approvals: (status: string, limit: number) => Promise<readonly ApprovalView[]>
  /** By its own id, or that of its decision. @throws Failure where there is none */
  readonly approval: (id: string) => Promise<ApprovalView>
  /** By its own id, or that of its decision. */
  readonly resolve: (id: string, answer: Answer) => Promise<ApprovalView>
  readonly report: (outcome: Reported) => Promise<void>
  readonly close: () => Promise<void>
}

/** Does something at the desk that was named, and leaves it. */
export async function atDesk<T>(invocation: Invocation<TargetOptions>, work: (desk: Desk) => Promise<T>): Promise<T> {
  const target = targetOf(invocation)
  const { options } = invocation
  const desk =
    'url' in target
      ? (await import('./service-desk.js')).serviceDesk(target.url, options)
      : await (await import('./store-desk.js')).storeDesk(target, options.auditKey)
  try {
    return await work(desk)
  } finally {
    await desk.close()
  }
}
