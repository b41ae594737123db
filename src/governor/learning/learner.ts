import { chance } from '../../ambient.js'
import type { Verdict } from '../../enforce/conclude.js'
import type { Policy } from '../../evaluate/policy.js'
import type { AutonomyReport } from '../../learn/autonomy/gate.js'
import { confidenceOf, projectedRegret, recommend } from '../../learn/advice.js'
import type { RiskCase } from '../../learn/case.js'
import { Conversations } from '../../learn/conversations.js'
import type { Precedent } from '../../learn/past-cases.js'
import type { RelearnProgress } from '../../learn/relearning.js'
import { School } from '../../learn/school.js'
import { encodeView } from '../../learn/stored-view.js'
import { RecentMap } from '../../recent-map.js'
import type { Awaitable, Decision, EvaluationRequest, Learned } from '../../types.js'
import type { Proposal } from '../proposal.js'
import type { LearningParts } from './learning.js'
import type { ResolvedLearning } from './options.js'
import { precedentText } from './precedent-text.js'
import { liftableOf, relyOnSelf } from './self-reliance.js'

/** Similar cases that are looked at to explain why a person is asked. */
const CITED = 20
/** Calls of which it is certain to be remembered whether chance chose them. */
const MAX_CHOSEN = 10_000

/** The workings of a {@link Learning}: the models of its tenants, and what is told of a call by them. */
export class Learner {
  readonly #options: ResolvedLearning
  readonly #school: School
  readonly #conversations = new Conversations()
  readonly #chosen = new RecentMap<string, boolean>(MAX_CHOSEN)

  constructor({ options, store, clock, tell }: LearningParts) {
    this.#options = options
    this.#school = new School({
      store,
      clock,
      model: { maxCases: options.maxCases },
      autonomy: options.autonomy,
      changed: (tenant, of, change) => {
        tell({ type: 'autonomy-changed', tenant, of, change })
      },
      failed: (operation, error) => {
        tell({ type: 'store-failed', operation, error })
      },
    })
  }

  /** The verdict by a policy, with what is to be expected of the call; let through unasked where that was proved to be safe. */
  advise({ captured: { request, problem }, scope }: Proposal, verdict: Verdict, policy: Policy): Verdict {
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
      projectedRegret: rounded(projectedRegret(risk, this.#options.costs)),
      evidence,
      ...(isAsked ? precedentText(request.tool, pupil.precedents(call, CITED)) : {}),
      view: encodeView(features.view),
    }
    const { autonomy: options } = this.#options
    const of = options && liftableOf(policy, verdict)
    if (options === undefined || of === undefined) return { ...verdict, learned }
    const isChosen = this.#isChosen(request, pupil.gate(of).auditRate)
    const relied = relyOnSelf(verdict, of, { pupil, learned, isChosen, options })
    return { ...relied.verdict, learned: { ...learned, autonomy: relied.autonomy } }
  }

  /** A decision that is about to be stored: its case need not be read again. */
  keep({ id: decisionId, sessionId: trajectoryId, tenant, learned }: Decision): void {
    const { view, risk = 0, autonomy } = learned ?? {}
    if (view !== undefined) this.#school.keep({ decisionId, view, risk, autonomy, trajectoryId, tenant })
  }

  /** Whether the case of a decision is at hand. */
  has(decisionId: string): boolean {
    return this.#school.has(decisionId)
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

  /** A call as hashes and bins, to learn from later; nothing where the store cannot be read. It belongs to no run. */
  async view(request: EvaluationRequest): Promise<string | undefined> {
    const { tenant } = request.session
    if (this.#school.pupil(tenant) === undefined) await this.#school.catchUp()
    const { trajectoryId: _, ...call } = this.#caseOf(request)
    const estimate = this.#school.pupil(tenant)?.predict(call)
    return estimate && encodeView(estimate.features.view)
  }

  /** Learns a tenant's model anew. */
  relearn(tenant: string | undefined, told?: (progress: RelearnProgress) => Awaitable<void>): Promise<number> {
    return this.#school.relearn(tenant, told)
  }

  /** How each class of a tenant's calls stands. */
  async autonomy(tenant: string | undefined): Promise<Readonly<Record<string, AutonomyReport>>> {
    await this.#school.catchUp()
    return this.#school.pupil(tenant)?.report() ?? {}
  }

  /** Keeps what was learnt. */
  async close(): Promise<void> {
    await this.#school.close()
  }

  /** Once per call, however often it is looked at: who brings it again does not draw again. */
  #isChosen({ session, call, digest }: EvaluationRequest, auditRate: number): boolean {
    const key = JSON.stringify([session.tenant, session.id ?? session.traceId, call.id, digest])
    const known = this.#chosen.get(key)
    if (known !== undefined) return known
    const isChosen = chance() < auditRate
    this.#chosen.set(key, isChosen)
    return isChosen
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
