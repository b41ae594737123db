import { type Decision, type DecisionResult, isGovernanceError, type Preparation } from 'countersign'
import { conflict } from '../../../src/service/protocol/refusal.js'
import { familyOf } from '../auth/principal.js'
import { findDocument, writeDocuments } from '../documents.js'
import type { Exchange } from '../endpoint.js'
import { IDEMPOTENCY, partOf, refuseOther, type Remembered, rememberedAs, type Repeat } from '../idempotency/repeat.js'
import { type Asked, readAction } from '../wire/action.js'
import { type Standing, writeAnswer } from '../wire/answer.js'
import { requireLive } from './live.js'

type Body = Readonly<Record<string, unknown>>
type Answer = ReturnType<typeof writeAnswer>

/** What was answered under an `Idempotency-Key`. */
interface Answered extends Remembered {
  readonly decisionId: string
  readonly standing: Standing
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
  if (asked.dryRun) return writeAnswer(await service.governor.decide(asked.call, dry(asked)))
  if (repeat === undefined) {
    const preparation = await service.governor.prepare(asked.call, asked.scope)
    return writeAnswer(preparation.decision, standingOf(preparation))
  }
  const known = await answered(exchange, repeat)
  if (known !== undefined) return known
  try {
    return await answerOnce(exchange, asked, repeat)
  } catch (error) {
    // The same request was served meanwhile.
    if (!isGovernanceError(error, 'not-pending')) throw error
    const served = await answered(exchange, repeat)
    if (served === undefined) throw error
    return served
  }
}

/** What was answered is remembered in the commit of the decision; where nothing was decided anew, in one of its own. */
async function answerOnce({ service }: Exchange, { call, scope }: Asked, repeat: Repeat): Promise<Answer> {
  const { digest } = repeat
  let isKept = false
  const alongside = ({ id, failMode }: Decision, result: DecisionResult) => {
    isKept = true
    // What could not be decided on is asked anew under the same key: it is no answer to remember.
    if (failMode !== undefined) return []
    return [rememberedAs<Answered>(service, repeat, { digest, decisionId: id, standing: { result } })]
  }
  const preparation = await service.governor.prepare(call, { ...scope, alongside })
  const { decision } = preparation
  const standing = standingOf(preparation)
  // It may not even be stored, where it could not be decided on.
  if (!isKept && decision.failMode === undefined) {
    await writeDocuments(service, [
      rememberedAs<Answered>(service, repeat, { digest, decisionId: decision.id, standing }),
    ])
  }
  return writeAnswer(decision, standing)
}

/** What was answered before under the same key. @throws Refusal 409 where that was another question */
async function answered({ service, reply }: Exchange, repeat: Repeat): Promise<Answer | undefined> {
  const found = await findDocument<Answered>(service, IDEMPOTENCY, repeat.id)
  if (found === undefined) return undefined
  refuseOther(found, repeat)
  const { decisionId, standing } = found.body
  const decision = await service.governor.decisions.get(decisionId)
  if (decision === undefined) throw conflict('decision_forgotten', 'the decision under this key is not stored any more')
  reply('idempotency-replayed', 'true')
  return writeAnswer(decision, standing)
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
