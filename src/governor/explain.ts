import { present } from '../ambient.js'
import { isRedacted } from '../capture/redact.js'
import { restore } from '../capture/storable.js'
import type { Verdict } from '../enforce/conclude.js'
import { GovernanceError } from '../errors.js'
import { policyNow } from '../evaluate/policy-source.js'
import { candidatesOf } from '../learn/explain/candidates.js'
import type { Explanation } from '../learn/explain/explanation.js'
import { type Run, trajectoryHealth } from '../learn/explain/health.js'
import { evidenceStatusOf, rationaleOf, ruleBasisOf } from '../learn/explain/rationale.js'
import { obstaclesOf } from '../learn/explain/obstacles.js'
import { type Found, search, type Try } from '../learn/explain/search.js'
import { seenIn } from '../learn/explain/seen.js'
import type { Precedent } from '../learn/past-cases.js'
import type { Awaitable, DecisionRecord, EvaluationRequest, Learned, ToolCall } from '../types.js'
import type { Parts } from './assemble.js'
import { decisionControl } from './decisions.js'
import { fit } from './fit.js'
import type { CallScope } from './governor.js'
import { roomsOf } from './rooms.js'
import { precedentText } from './learning/precedent-text.js'
import type { Proposal } from './proposal.js'

/** How much is looked at for an explanation. */
export interface ExplainOptions {
  /** Changed calls that are decided on, to see whether they would be allowed. @defaultValue 24, and no more than that */
  readonly tries?: number
  /** Whether it is looked at how the session goes; where not, its health is `unknown`. @defaultValue true */
  readonly trajectory?: boolean
}

/** What explaining needs of a governor. */
export interface ExplainParts {
  readonly parts: Parts
  readonly propose: (call: ToolCall, scope: CallScope | undefined) => Awaitable<Proposal>
  /** The tenant whose decisions these are; all tenants' when absent. */
  readonly tenant: string | undefined
}

/** Similar cases that are looked at: the closest for the text, all of them for values that were approved. */
const [CITED, LOOKED_AT] = [20, 50]

/** Explains a call, or a decision of the past, as one scope sees it. */
export async function explain(
  explaining: ExplainParts,
  call: ToolCall | string,
  scope: CallScope | undefined,
  options: ExplainOptions = {},
): Promise<Explanation> {
  return typeof call === 'string'
    ? explainDecision(explaining, call, scope, options)
    : explainCall(explaining, call, scope, options)
}

async function explainCall(
  explaining: ExplainParts,
  call: ToolCall,
  scope: CallScope | undefined,
  options: ExplainOptions,
): Promise<Explanation> {
  const looked = await lookAt(explaining, call, scope)
  const { tool, session } = looked.proposal.captured.request
  const health = await healthOf(explaining, { sessionId: session.id, tenant: session.tenant }, options)
  const found = await alternativesTo(explaining, looked, options)
  const cited = precedentText(tool, looked.precedents.slice(0, CITED)).precedents
  return explanationOf(looked.verdict, cited, health, found)
}

/** What was recorded of it; alternatives to a held call, by what holds now. */
async function explainDecision(
  explaining: ExplainParts,
  id: string,
  scope: CallScope | undefined,
  options: ExplainOptions,
): Promise<Explanation> {
  const { store } = explaining.parts.options
  const record = await decisionControl({ store, tenant: explaining.tenant }).get(id)
  if (record === undefined) throw new GovernanceError('not-found', `explain: there is no decision "${id}".`)
  const { sessionId, tenant } = record
  const health = await healthOf(explaining, { sessionId, tenant, except: id }, options)
  const call = await heldCallOf(explaining, record)
  const { actor, domain, user, model, traceId } = record
  // What its adapter masks is masked still.
  const profile = scope?.profile ?? explaining.parts.profiles.latest(record.tool, record)
  const owner = { ...scope, profile, actor, domain, user, tenant, sessionId, model, traceId }
  const looked = call && (await lookAt(explaining, call, owner))
  const found = looked === undefined ? NOTHING : await alternativesTo(explaining, looked, options)
  return explanationOf(record, record.learned?.precedents, health, found)
}

/** A call as things stand. */
interface Looked {
  readonly proposal: Proposal
  /** What is known of calls like it. */
  readonly precedents: readonly Precedent[]
  /** What would be decided. */
  readonly verdict: Verdict
  readonly scope: CallScope | undefined
}

async function lookAt({ parts, propose }: ExplainParts, call: ToolCall, scope: CallScope | undefined): Promise<Looked> {
  const proposal = await propose(call, scope)
  const precedents = (await parts.learning?.precedents(proposal.captured.request, LOOKED_AT)) ?? []
  return { proposal, precedents, verdict: await parts.pipeline.look(proposal), scope }
}

function healthOf({ parts }: ExplainParts, run: Run, { trajectory = true }: ExplainOptions) {
  return trajectoryHealth(parts.options.store, trajectory ? run : { ...run, sessionId: undefined })
}

/** A held call's input is kept with the request; that of others is not. */
async function heldCallOf({ parts }: ExplainParts, { approvalId }: DecisionRecord): Promise<ToolCall | undefined> {
  const approval = approvalId === undefined ? undefined : await parts.options.store.getApproval(approvalId)
  if (approval === undefined || typeof approval.call.input !== 'object') return undefined
  return { ...approval.call, input: restore(approval.call.input) }
}

function explanationOf(
  decided: Pick<Verdict, 'findings' | 'result' | 'reason'> & { readonly learned?: Learned },
  precedents: string | undefined,
  health: Explanation['trajectoryHealth'],
  { alternatives, search: searched, obstacles }: Known,
): Explanation {
  const { learned } = decided
  return {
    rationale: [rationaleOf(decided, precedents), obstacles].filter(text => text !== undefined).join(' '),
    evidenceStatus: evidenceStatusOf(learned),
    trajectoryHealth: health,
    alternatives,
    ...present({ projectedRegret: learned?.projectedRegret }),
    ruleBasis: ruleBasisOf(decided),
    search: searched,
  }
}

interface Known extends Found {
  /** Why there is no alternative, in words. */
  readonly obstacles?: string | undefined
}

const NOTHING: Known = { alternatives: [], search: { tried: 0, allowed: 0 } }

async function alternativesTo(explaining: ExplainParts, looked: Looked, { tries }: ExplainOptions): Promise<Known> {
  const { proposal, verdict, precedents } = looked
  const { request, problem } = proposal.captured
  if (verdict.result === 'allowed' || problem !== undefined) return NOTHING
  const policy = await policyNow(explaining.parts.options.policy, request.session.tenant)
  const approved = await approvedInputs(explaining.parts, request, precedents)
  const rooms = await roomsOf(explaining.parts.options.store, policy, request, verdict.findings)
  const sets = [...candidatesOf(policy, request, verdict.findings, rooms), ...seenIn(approved, request.input)]
  const isShown = (path: string): boolean => !isRedacted(path, proposal.profile?.redact)
  const { input, action } = request
  const found = await search(sets, { input, action, isShown, look: looker(explaining, looked), ...present({ tries }) })
  return found.alternatives.length > 0 ? found : { ...found, obstacles: obstaclesOf(policy, verdict.findings, rooms) }
}

/**
 * Inputs of similar calls that people let through as they were: of the same tool, tenant and user, and as the store still has
 * them, so that what was erased is not among them.
 */
async function approvedInputs(
  { options: { store } }: Parts,
  { tool, session: { tenant, user } }: EvaluationRequest,
  precedents: readonly Precedent[],
): Promise<readonly unknown[]> {
  const inputs: unknown[] = []
  for (const { id } of precedents.filter(({ isBad }) => !isBad)) {
    const record = await store.getDecision(id)
    const isOwn = record?.tool === tool && record.tenant === tenant && record.user === user
    if (!isOwn || record.approvalId === undefined) continue
    const approval = await store.getApproval(record.approvalId)
    const isApproved = approval?.status === 'approved' || approval?.status === 'consumed'
    if (isApproved && approval.edit === undefined) inputs.push(restore(approval.call.input))
  }
  return inputs
}

/**
 * Looks at a changed call as `decide` would. One that would be let through only because autonomy asks less is not
 * offered: that rests on chance, and would teach an agent how to get by. Nor is one that is riskier than what was
 * proposed, where what was learnt advises against it and stands on more than a few cases.
 */
function looker({ parts, propose }: ExplainParts, { proposal, verdict, scope }: Looked): Try {
  return async changed => {
    const fitted = await fit(changed, scope?.validate)
    if ('problem' in fitted) return undefined
    const next = await propose({ ...proposal.captured.request.call, input: fitted.input }, scope)
    const looked = await parts.pipeline.look(next)
    if (looked.result !== 'allowed' || looked.failure !== undefined || isAdvisedAgainst(looked, verdict))
      return undefined
    return { why: looked.reason, ...present({ estimatedRisk: looked.learned?.risk }) }
  }
}

function isAdvisedAgainst({ learned }: Verdict, { learned: before }: Verdict): boolean {
  if (learned === undefined || learned.autonomy?.letThrough === true) return learned !== undefined
  const isRiskier = learned.confidence !== 'low' && learned.risk > (before?.risk ?? 0)
  return isRiskier && learned.recommendation !== 'proceed' && learned.recommendation !== 'proceed_with_caution'
}
