import { Refusal } from '../../../src/service/protocol/refusal.js'
import { CALIBRATION_ROUTES } from '../../../src/service/protocol/routes/knowledge.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { present } from '../../../src/ambient.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { readBand } from '../knowledge/band.js'
import { badness, calibrationReport, type Observation } from '../knowledge/calibrated.js'
import { numberOf, textOf } from '../knowledge/sent.js'
import { keepRecord, recordId } from '../knowledge/records.js'
import { writeFigures, writeQualityOf } from '../wire/figures.js'
import { snake } from '../wire/snake.js'

const DAY_MS = 86_400_000
const KEYS = ['domain', 'tool', 'actor', 'band'] as const

/** How sure predictions turned out to be. */
export const calibrationEndpoints = answersTo(CALIBRATION_ROUTES, {
  'GET /calibration/report': async ({ service, query }) =>
    calibrationReport(service, { ...filterOf(query), band: readBand(query['risk_band'], 'query') }),
  'GET /calibration/reliability': async ({ service, query }) => {
    const { ece, ...answer } = await service.governor.calibration.reliability(filterOf(query))
    return { ...(snake(answer) as object), ece: ece ?? null }
  },
  'GET /calibration/drift': drift,
  'GET /calibration/breakdown': breakdown,
  'GET /calibration/feedback': async ({ service, query }) => {
    const found = await service.governor.calibration.feedback(filterOf(query))
    return snake({ ...found, feedback: [...found.missed, ...found.overcautious] })
  },
  'GET /calibration/quality-history': async ({ service, query }) => {
    const days = numberOf(query['days']) ?? 30
    const { days: history } = await service.governor.calibration.history({ days, ...filterOf(query) })
    return history.map(({ day, ...figures }) =>
      Object.assign({ date: day }, writeQualityOf(figures), writeFigures(figures)),
    )
  },
  'POST /calibration/observe': observe,
})

function filterOf(query: Exchange['query']) {
  return present({ domain: textOf(query['domain']), tool: textOf(query['tool']) })
}

/** Null stands for what cannot be compared: a side has too few. */
async function drift({ service, query }: Exchange): Promise<unknown> {
  const days = numberOf(query['window_days'])
  const window = days === undefined ? {} : { windowMs: days * DAY_MS }
  const { windowMs, referenceMs, recent, reference, risk, baseRate, brier, drifted, ...coverage } =
    await service.governor.calibration.drift({ ...window, ...filterOf(query) })
  return {
    drift_detected: drifted.length > 0,
    drifted: drifted.map(name => (name === 'baseRate' ? 'base_rate' : name)),
    window_days: windowMs / DAY_MS,
    reference_days: referenceMs / DAY_MS,
    recent: { scored: recent.scored, ...writeFigures(recent) },
    reference: { scored: reference.scored, ...writeFigures(reference) },
    risk: risk === undefined ? null : snake(risk),
    base_rate: baseRate ?? null,
    brier: brier ?? null,
    ...coverage,
  }
}

async function breakdown({ service, query }: Exchange): Promise<unknown> {
  const asked = query['by'] === 'risk_band' ? 'band' : (query['by'] ?? 'domain')
  const by = KEYS.find(key => key === asked)
  if (by === undefined) {
    const expected = [...KEYS, 'risk_band'].map(key => `'${key}'`).join(' or ')
    throw new Refusal(422, [problem(['query', 'by'], `Input should be ${expected}`, 'value_error')])
  }
  const { groups, ...coverage } = await service.governor.calibration.breakdown({ by })
  return { ...coverage, breakdown: groups.map(({ key, ...figures }) => Object.assign({ key }, writeFigures(figures))) }
}

/** Each is one more prediction: whoever sends the same case twice says that it was predicted twice. */
async function observe({ service, body }: Exchange): Promise<unknown> {
  const id = recordId('obs', service)
  const observation: Observation = {
    caseId: String(body['case_id']),
    risk: Number(body['predicted_risk']),
    status: String(body['outcome_status']),
    ...present({ domain: textOf(body['domain']), tool: textOf(body['tool']) }),
    sent: body,
  }
  await keepRecord(service, 'calibration-observation', { id, body: observation, ref: observation.caseId })
  const isBad = badness(service, observation)
  return {
    recorded: true,
    observation_id: id,
    case_id: observation.caseId,
    /** Whether the word says anything: one that does not is kept and not counted. */
    counted: isBad !== undefined,
    prediction_error: isBad === undefined ? null : Math.abs(observation.risk - (isBad ? 1 : 0)),
  }
}
