import { figuresOf } from '../../../src/learn/insight/figures.js'
import { Observations } from '../../../src/learn/insight/observations.js'
import { notFound } from '../../../src/service/protocol/refusal.js'
import { LEARNING_ROUTES } from '../../../src/service/protocol/routes/background.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { isGiven, textOf } from '../knowledge/sent.js'
import { type Decided, decidedOf, partOf, pastOf } from '../knowledge/decided.js'
import { writeFigures } from '../wire/figures.js'
import { hasPrediction, type Predicted, writeComparison, writeSimulation } from '../wire/simulation.js'
import { backfill, recompute, runs, strategy } from './learning.js'

/** What was foretold of calls, beside what came; and how that is learnt. */
export const simulationEndpoints = answersTo(LEARNING_ROUTES, {
  'GET /simulations': async ({ service, query }) => {
    const limit = (query['limit'] ?? 50) as number
    const { items, total, hasMore } = await partOf(predictions(service, query), { limit })
    return { simulations: items.map(writeSimulation), total, has_more: hasMore }
  },
  'GET /simulations/accuracy': async ({ service, query }) => accuracy(service, query),
  'GET /simulations/stats': stats,
  'GET /simulations/{id}': async exchange => writeSimulation(await predicted(exchange)),
  'GET /simulations/by-request/{id}': async exchange => writeSimulation(await predicted(exchange)),
  'GET /simulations/by-request/{id}/compare': async exchange => writeComparison(await predicted(exchange)),
  'GET /ops/learning/strategy': strategy,
  'GET /ops/learning/runs': runs,
  'POST /ops/learning/recompute': recompute,
  'POST /ops/learning/backfill': backfill,
})

async function predicted({ service, params }: Exchange): Promise<Predicted> {
  const decided = await decidedOf(service, params['id'] ?? '')
  if (decided === undefined || !hasPrediction(decided)) throw notFound('simulation')
  return decided
}

/** Decisions for which a risk was stated, newest first. */
async function* predictions(service: Exchange['service'], query: Exchange['query']): AsyncGenerator<Predicted> {
  const [tool, domain, withOutcome] = [textOf(query['tool']), textOf(query['domain']), query['with_outcome']]
  for await (const decided of pastOf(service, { tool })) {
    if (!hasPrediction(decided) || (domain ?? decided.record.domain) !== decided.record.domain) continue
    if (!isGiven(withOutcome) || withOutcome === (decided.label !== undefined)) yield decided
  }
}

/**
 * `accuracy`: predictions on the right side of one half (a risk of 0.5 or more that turned out bad, a lower one that
 * turned out good), of those with a label; null where there is none. `error_accuracy`: the same of the chance that the tool fails,
 * of the calls that ran. The other figures are those of calibration.
 */
async function accuracy(service: Exchange['service'], query: Exchange['query']) {
  const observations = new Observations()
  let [total, right, ran, rightOfErrors] = [0, 0, 0, 0]
  for await (const { record, label } of predictions(service, query)) {
    total++
    const failed = record.execution && FAILED[record.execution.status]
    if (record.learned !== undefined && failed !== undefined) {
      ran++
      if (record.learned.errorRisk >= 0.5 === failed) rightOfErrors++
    }
    if (label === undefined) continue
    observations.add(record.riskScore, label.kind === 'bad')
    if (record.riskScore >= 0.5 === (label.kind === 'bad')) right++
  }
  const { size } = observations
  return {
    total,
    with_outcome: size,
    accuracy: size === 0 ? null : right / size,
    ran,
    error_accuracy: ran === 0 ? null : rightOfErrors / ran,
    ...writeFigures(figuresOf(observations.ties())),
  }
}

const FAILED: Readonly<Partial<Record<NonNullable<Decided['record']['execution']>['status'], boolean>>> = {
  executed: false,
  tool_error: true,
}

async function stats({ service }: Exchange): Promise<unknown> {
  const { total, with_outcome, accuracy: right, brier } = await accuracy(service, {})
  return { total, with_outcome, without_outcome: total - with_outcome, accuracy: right, brier }
}
