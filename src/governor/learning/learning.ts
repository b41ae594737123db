import type { Clock } from '../../ambient.js'
import type { Verdict } from '../../enforce/conclude.js'
import { confidenceOf, recommend } from '../../learn/advice.js'
import type { RiskCase } from '../../learn/case.js'
import { Conversations } from '../../learn/conversations.js'
import type { OutcomeMeanings } from '../../learn/insight/label.js'
import type { Precedent } from '../../learn/past-cases.js'
import { School } from '../../learn/school.js'
import { encodeView } from '../../learn/stored-view.js'
import type { EventBody } from '../../report/events.js'
import type { Commit, Store } from '../../store/store.js'
import type { EvaluationRequest, Learned } from '../../types.js'
import type { Proposal } from '../proposal.js'
import { lessonsOf } from './lessons.js'
import type { ResolvedLearning } from './options.js'
import { precedentText } from './precedent-text.js'

/** What learning needs of a governor. */
export interface LearningParts {
  readonly options: ResolvedLearning
  /** What words of outcomes say of a decision. */
  readonly outcomes: OutcomeMeanings
  readonly store: Store
  readonly clock: Clock
  readonly tell: (body: EventBody) => void
}

/** Similar cases that are looked at to explain why a person is asked. */
const CITED = 20

/** What a governor has learnt, and how it learns. */
export class Learning {
  readonly #options: ResolvedLearning
  readonly #outcomes: OutcomeMeanings
  readonly #school: School
  readonly #conversations = new Conversations()

  constructor({ options, outcomes, store, clock, tell }: LearningParts) {
    this.#options = options
    this.#outcomes = outcomes
    this.#school = new School({
      store,
      clock,
      model: { maxCases: options.maxCases },
      failed: (operation, error) => {
        tell({ type: 'store-failed', operation, error })
      },
    })
  }

  /** The verdict with what is to be expected of the call. Never throws: what was learnt only advises. */
  advise({ captured: { request, problem }, scope }: Proposal, verdict: Verdict): Verdict {
    const pupil = this.#school.pupil(request.session.tenant)
    if (pupil === undefined || problem !== undefined) return verdict
    const key = conversationOf(request)
    if (scope.said !== undefined && key !== undefined) this.#conversations.hear(key, scope.said())
    const call = this.#caseOf(request)
    const { risk, errorRisk, evidence, features } = pupil.predict(call)
    const isAsked = verdict.result === 'requires_approval'
    const learned: Learned = {
      risk: rounded(risk),
      errorRisk: rounded(errorRisk),
      confidence: confidenceOf(risk, evidence),
      recommendation: recommend(risk, evidence, this.#options.costs),
      evidence,
      ...(isAsked ? precedentText(request.tool, pupil.precedents(call, CITED)) : {}),
      view: encodeView(features.view),
    }
    return { ...verdict, learned }
  }

  /** The commit with what it teaches. */
  taught(commit: Commit): Commit {
    const { decision } = commit
    const view = decision?.learned?.view
    if (decision !== undefined && view !== undefined && decision.dryRun !== true) {
      const { id: decisionId, sessionId: trajectoryId, tenant } = decision
      this.#school.keep({ decisionId, view, trajectoryId, tenant })
    }
    const lessons = lessonsOf(commit, this.#outcomes, id => this.#school.has(id))
    return lessons.length === 0 ? commit : { ...commit, lessons }
  }

  /** Lessons were stored. */
  nudge(): void {
    this.#school.nudge()
  }

  /** A tool has returned something, which later calls may take values from. */
  returned({ captured: { request } }: Proposal, output: unknown): void {
    const key = conversationOf(request)
    if (key !== undefined) this.#conversations.returned(key, request.tool, output)
  }

  /** The decided cases most like a call, best first. */
  async precedents(request: EvaluationRequest, limit: number): Promise<readonly Precedent[]> {
    await this.#school.catchUp()
    return this.#school.pupil(request.session.tenant)?.precedents(this.#caseOf(request), limit) ?? []
  }

  async close(): Promise<void> {
    await this.#school.close()
  }

  #caseOf(request: EvaluationRequest): RiskCase {
    const { tool, action, actor, domain, input, session } = request
    const key = conversationOf(request)
    const origin = key === undefined ? {} : this.#conversations.originOf(key, input)
    return { tool, action, actor, domain, input, trajectoryId: session.id, ...origin }
  }
}

/** Tenants may name their sessions alike. */
function conversationOf({ session: { tenant, id } }: EvaluationRequest): string | undefined {
  return id === undefined ? undefined : JSON.stringify([tenant, id])
}

/** To four digits: more would say more than is known. */
function rounded(risk: number): number {
  return Math.round(risk * 10_000) / 10_000
}
