import {
  type Decision,
  type DecisionResult,
  isGovernanceError,
  type Preparation,
  type TrajectoryHealth,
} from 'countersign'
import { isPromiseLike, present } from '../../../src/ambient.js'
import { conflict } from '../../../src/service/protocol/refusal.js'
import { familyOf } from '../auth/principal.js'
import { findDocument, type Kept, writeDocuments } from '../documents.js'
import type { Exchange } from '../endpoint.js'
import { IDEMPOTENCY, partOf, refuseOther, type Remembered, rememberedAs, type Repeat } from '../idempotency/repeat.js'
import { type Asked, readAction } from '../wire/action.js'
import { type Standing, writeAnswer } from '../wire/answer.js'
import type { Beside, Insight } from '../wire/intelligence.js'
import type { Service } from '../service.js'
import { insightOf } from './insight.js'
import { requireLive } from './live.js'

type Body = Readonly<Record<string, unknown>>
type Answer = ReturnType<typeof writeAnswer>

/** What was answered under an `Idempotency-Key`. */
interface Answered extends Remembered {
  readonly decisionId: string
  readonly standing: Standing
  readonly health?: TrajectoryHealth['status']
  /** Absent until it was looked for; nothing was found, where it is null. */
  readonly insight?: Insight | null
}

/** Answers a question about an action: for good, or as a dry run. */
export function evaluate(exchange: Exchange): Promise<Answer> {
  return answer(exchange, exchange.body, exchange.repeat)
}

/** The same, and nothing is counted or held. */
export function dryRun(exchange: Exchange): Promise<Answer> {
  return answer(exchange, { ...exchange.body, dry_run: true }, undefined)
}

/** Several questions at once; the answers are in their order. */
export function evaluateAll(exchange: Exchange): Promise<readonly Answer[]> {
  const { body, repeat } = exchange
  const { actions, actor, domain } = body as { readonly actions: readonly Body[]; actor?: unknown; domain?: unknown }
  return Promise.all(
    actions.map((action, index) =>
      answer(
        exchange,
        { ...action, actor: action['actor'] ?? actor, domain: action['domain'] ?? domain },
        repeat && partOf(repeat, index),
      ),
    ),
  )
}

async function answer(exchange: Exchange, body: Body, repeat: Repeat | undefined): Promise<Answer> {
  const { service, principal } = exchange
  await requireLive(service, body)
  const asked = readAction(body, service.clock.now(), principal && familyOf(principal))
  if (asked.dryRun) return answerAlone(service, asked, service.governor.decide(asked.call, dry(asked)))
  if (repeat === undefined) {
    const preparing = service.governor.prepare(asked.call, asked.scope)
    return answerAlone(service, asked, preparing)
  }
  const health = service.sessions.of(asked.scope.sessionId)
  const known = await answered(exchange, asked, repeat)
  if (known !== undefined) return known
  try {
    return await answerOnce(exchange, asked, repeat, await health)
  } catch (error) {
    // The same request was served meanwhile.
    if (!isGovernanceError(error, 'not-pending')) throw error
    const served = await answered(exchange, asked, repeat)
    if (served === undefined) throw error
    return served
  }
}

/** How the session goes is looked at while it is decided. */
async function answerAlone(
  service: Service,
  asked: Asked,
  deciding: PromiseLike<Decision | Preparation>,
): Promise<Answer> {
  const looking = service.sessions.of(asked.scope.sessionId)
  const [health, decided] = isPromiseLike(looking) ? await Promise.all([looking, deciding]) : [looking, await deciding]
  const [decision, standing] = 'next' in decided ? [decided.decision, standingOf(decided)] : [decided, decided]
  const insight = await insightOf(service, asked, decision, standing.result)
  return writeAnswer(decision, standing, { health, ...present({ insight }) })
}

/**
 * What was answered is remembered in the commit of the decision; where nothing was decided anew, in one of its own. What would be
 * allowed instead is found after that, and remembered before it is answered.
 */
async function answerOnce(
  exchange: Exchange,
  asked: Asked,
  repeat: Repeat,
  health: TrajectoryHealth['status'],
): Promise<Answer> {
  const { service } = exchange
  const { call, scope } = asked
  let kept: Kept<Answered> | undefined
  const alongside = ({ id, failMode }: Decision, result: DecisionResult) => {
    kept = undefined
    // What could not be decided on is asked anew under the same key: it is no answer to remember.
    if (failMode !== undefined) return []
    kept = remembered(service, repeat, { decisionId: id, standing: { result }, health })
    return [kept.document]
  }
  const preparation = await service.governor.prepare(call, { ...scope, alongside })
  const { decision } = preparation
  const standing = standingOf(preparation)
  const body = { decisionId: decision.id, standing, health }
  // What could not be committed was not kept either, and the decision says that it failed; or somebody else was faster, and what was
  // meant to be kept is not what the call has come to.
  if (kept !== undefined && decision.failMode === undefined && isAsKept(standing, kept))
    return completed(exchange, asked, repeat, kept, decision)
  const insight = await insightOf(service, asked, decision, standing.result)
  // It may not even be stored, where it could not be decided on.
  if (decision.failMode === undefined)
    await writeDocuments(service, [remembered(service, repeat, { ...body, insight: insight ?? null }).document])
  return writeAnswer(decision, standing, written(health, insight))
}

function isAsKept({ result, again, ofAnother }: Standing, { body: { standing } }: Kept<Answered>): boolean {
  return result === standing.result && again !== true && ofAnother !== true
}

/** Finds and remembers what would be allowed instead, where nobody has yet: who asks again has the same answer. */
async function completed(
  exchange: Exchange,
  asked: Asked,
  repeat: Repeat,
  known: Kept<Answered>,
  decision: Decision,
): Promise<Answer> {
  const { service } = exchange
  const { standing, health, insight } = known.body
  if (standing.result === 'allowed' || insight !== undefined)
    return writeAnswer(decision, standing, written(health, insight))
  const found = (await insightOf(service, asked, decision, standing.result)) ?? null
  const next = remembered(service, repeat, { ...known.body, insight: found }, known)
  if (await writeDocuments(service, [next.document])) {
    return writeAnswer(decision, standing, written(health, found))
  }
  // Somebody who asked at the same time was faster, or it could not be remembered at all.
  const other = await findDocument<Answered>(service, IDEMPOTENCY, repeat.id)
  return writeAnswer(decision, standing, written(health, other?.body.insight ?? found))
}

function remembered(
  service: Service,
  repeat: Repeat,
  answer: Omit<Answered, 'digest'>,
  known?: Kept<Answered>,
): Kept<Answered> {
  const body = { ...answer, digest: repeat.digest }
  return { document: rememberedAs<Answered>(service, repeat, body, known), body }
}

function written(health: Answered['health'], insight: Insight | null | undefined): Beside {
  return present({ health, insight: insight ?? undefined })
}

/** What was answered before under the same key. @throws Refusal 409 where that was another question */
async function answered(exchange: Exchange, asked: Asked, repeat: Repeat): Promise<Answer | undefined> {
  const { service, reply } = exchange
  const found = await findDocument<Answered>(service, IDEMPOTENCY, repeat.id)
  if (found === undefined) return undefined
  refuseOther(found, repeat)
  const decision = await service.governor.decisions.get(found.body.decisionId)
  if (decision === undefined) throw conflict('decision_forgotten', 'the decision under this key is not stored any more')
  reply('idempotency-replayed', 'true')
  return completed(exchange, asked, repeat, found, decision)
}

function dry({ scope: { elsewhere: _elsewhere, ...scope } }: Asked): Asked['scope'] {
  return scope
}

const RESULTS: Readonly<Record<Preparation['next'], DecisionResult>> = {
  run: 'allowed',
  ask: 'requires_approval',
  refuse: 'blocked',
}

function standingOf({ decision, next, message, approval, again, ofAnother }: Preparation): Standing {
  const result = RESULTS[next]
  if (ofAnother === true) return { result, ofAnother, ...(message !== undefined && { reason: message }) }
  if (result !== 'blocked' || decision.result === 'blocked') return { result, ...(again === true && { again }) }
  if (approval?.status !== 'rejected') return { result, ...(message !== undefined && { reason: message }) }
  const { by, comment } = approval
  return { result, reason: `rejected by ${by}${comment === undefined || comment === '' ? '' : `: ${comment}`}` }
}
