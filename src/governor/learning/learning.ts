import { type Clock, forget, present } from '../../ambient.js'
import type { Verdict } from '../../enforce/conclude.js'
import type { Policy } from '../../evaluate/policy.js'
import type { AutonomyReport } from '../../learn/autonomy/gate.js'
import type { OutcomeMeanings } from '../../learn/insight/label.js'
import { type Veto, writeLabel } from '../../learn/lesson.js'
import type { Precedent } from '../../learn/past-cases.js'
import type { RelearnProgress } from '../../learn/relearning.js'
import type { EventBody } from '../../report/events.js'
import type { Commit, Lesson, Store } from '../../store/store.js'
import type { Awaitable, EvaluationRequest } from '../../types.js'
import type { KnownCase } from '../governor.js'
import type { Proposal } from '../proposal.js'
import type { Learner } from './learner.js'
import { lessonsOf } from './lessons.js'
import type { ResolvedLearning } from './options.js'

/** What learning needs of a governor. */
export interface LearningParts {
  readonly options: ResolvedLearning
  /** What words of outcomes say of a decision. */
  readonly outcomes: OutcomeMeanings
  readonly store: Store
  readonly clock: Clock
  readonly tell: (body: EventBody) => void
}

/**
 * What a governor has learnt, and how it learns. Its workings are loaded only where it is switched on, and until they are there
 * nothing is known of any call, as while the store is being read: see docs/decisions/0017-loaded-when-asked.md.
 */
export class Learning {
  readonly #parts: LearningParts
  readonly #loading: Promise<Learner>
  #learner: Learner | undefined

  /** Begins to load, and then to read. */
  constructor(parts: LearningParts) {
    this.#parts = parts
    this.#loading = this.#load()
    this.#loading.catch((error: unknown) => {
      parts.tell({ type: 'store-failed', operation: 'learning', error })
    })
  }

  /** The verdict by a policy, with what is to be expected of the call; let through unasked where that was proved to be safe. */
  advise(proposal: Proposal, verdict: Verdict, policy: Policy): Verdict {
    return this.#learner?.advise(proposal, verdict, policy) ?? verdict
  }

  /** The commit with what it teaches. */
  taught(commit: Commit): Commit {
    const { decision } = commit
    if (decision !== undefined && decision.dryRun !== true) this.#learner?.keep(decision)
    const lessons = lessonsOf(commit, this.#parts.outcomes, id => this.#learner?.has(id) ?? false)
    return lessons.length === 0 ? commit : { ...commit, lessons: [...(commit.lessons ?? []), ...lessons] }
  }

  /** Lessons were stored. */
  nudge(): void {
    this.#learner?.nudge()
  }

  /** A tool has returned something, which later calls may take values from. */
  returned(proposal: Proposal, output: unknown): void {
    if (this.#learner === undefined) forget(this.#loading.then(learner => learner.returned(proposal, output)))
    else this.#learner.returned(proposal, output)
  }

  /** The decided cases most like a call, best first. */
  async precedents(request: EvaluationRequest, limit: number): Promise<readonly Precedent[]> {
    return (await this.#loading).precedents(request, limit)
  }

  /** How each class of a tenant's calls stands. */
  async autonomy(tenant: string | undefined): Promise<Readonly<Record<string, AutonomyReport>>> {
    return (await this.#loading).autonomy(tenant)
  }

  /** The lesson that a person forbids autonomy, or no longer does. */
  vetoed(tenant: string | undefined, veto: Veto): Lesson {
    const of = tenant === undefined ? {} : { tenant }
    return { decisionId: '', ...of, kind: 'label', body: writeLabel(veto), at: this.#parts.clock.now() }
  }

  /** The lesson that a call was decided elsewhere, and turned out one way or the other; nothing where the store cannot be read. */
  async imported(request: EvaluationRequest, { id, isBad }: KnownCase): Promise<Lesson | undefined> {
    const view = await (await this.#loading).view(request)
    if (view === undefined) return undefined
    const { tenant } = request.session
    const body = writeLabel({ isBad, source: 'import', view })
    return { decisionId: id, ...present({ tenant }), kind: 'label', body, at: this.#parts.clock.now() }
  }

  /** Learns a tenant's model anew. How many lessons it was taught. */
  async relearn(tenant: string | undefined, told?: (progress: RelearnProgress) => Awaitable<void>): Promise<number> {
    return (await this.#loading).relearn(tenant, told)
  }

  /** Keeps what was learnt, if anything was. */
  async close(): Promise<void> {
    const learner = this.#learner ?? (await this.#loading.catch(() => undefined))
    await learner?.close()
  }

  async #load(): Promise<Learner> {
    const { Learner } = await import('../../later.js')
    this.#learner = new Learner(this.#parts)
    return this.#learner
  }
}
