import { PRECEDENT_ROUTES } from '../../../src/service/protocol/routes/knowledge.js'
import { importsOf } from '../knowledge/case.js'
import { pastOf } from '../knowledge/decided.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { numberOf, textOf } from '../knowledge/sent.js'
import { similarTo } from '../knowledge/similar.js'
import { whyNone, writePrecedents, writeSignals } from '../wire/precedent.js'

/** Decided calls that are like the one at hand. */
export const precedentEndpoints = answersTo(PRECEDENT_ROUTES, {
  'POST /precedents/query': async exchange => writePrecedents(exchange.service, await asked(exchange)),
  'POST /precedents/signals': async exchange => ({
    ...writeSignals(await asked(exchange)),
    learning_enabled: exchange.service.learns,
    reason: whyNone(exchange.service),
  }),
  'GET /precedents/stats': stats,
})

async function asked({ service, body }: Exchange) {
  const like = { ...body, actor: actorOf(body) }
  const found = await similarTo(service, like, (body['max_results'] ?? 20) as number)
  const least = numberOf(body['min_similarity']) ?? 0.5
  return found.filter(
    ({ similarity, known }) =>
      similarity >= least && (body['require_outcome'] !== true || (known?.outcomes.length ?? 0) > 0),
  )
}

/** Clients send `AI_AGENT` where they mean no one in particular: an evaluation without an actor is made by that one, too. */
function actorOf(body: Exchange['body']): string | undefined {
  return textOf(body['actor_type'])
}

/** Counted anew each time: dry runs are no precedents, imported cases are. */
async function stats({ service }: Exchange): Promise<unknown> {
  let [total, labelled, bad, withOutcomes] = [0, 0, 0, 0]
  for await (const { record, label } of pastOf(service)) {
    total++
    if (label !== undefined) labelled++
    if (label?.kind === 'bad') bad++
    if (record.outcomes.length > 0) withOutcomes++
  }
  for await (const { label, outcomes } of importsOf(service)) {
    total++
    if (label !== undefined) labelled++
    if (label?.kind === 'bad') bad++
    if (outcomes.length > 0) withOutcomes++
  }
  return {
    total,
    with_outcomes: withOutcomes,
    labelled,
    negative: bad,
    negative_rate: labelled === 0 ? null : bad / labelled,
    learning_enabled: service.learns,
    reason: whyNone(service),
  }
}
