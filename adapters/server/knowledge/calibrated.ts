import { type CalibrationFigures, figuresOf } from '../../../src/learn/insight/figures.js'
import type { InsightFilter } from '../../../src/learn/insight/filter.js'
import { LabelTally } from '../../../src/learn/insight/cases.js'
import { labelOf } from '../../../src/learn/insight/label.js'
import { Observations } from '../../../src/learn/insight/observations.js'
import type { Service } from '../service.js'
import { writeFigures, writeVerdict } from '../wire/figures.js'
import { timeOf } from '../wire/time.js'
import { isInBand, type RiskBand } from './band.js'
import { pastOf } from './decided.js'
import { recordsOf } from './records.js'

/** What is kept of a prediction that was made elsewhere, and of what came. */
export interface Observation {
  readonly caseId: string
  readonly risk: number
  readonly status: string
  readonly domain?: string
  readonly tool?: string
  /** As it was sent. */
  readonly sent: Readonly<Record<string, unknown>>
}

/** Which predictions are looked at. */
interface CalibrationQuestion extends Pick<InsightFilter, 'domain' | 'tool'> {
  readonly band?: RiskBand | undefined
}

type Asked = { readonly [KEY in keyof CalibrationQuestion]?: CalibrationQuestion[KEY] | undefined }

/**
 * How good risks were: of decisions made here, and of predictions that were observed from elsewhere, together. `scored`:
 * decisions for which a risk was stated; `observed`: predictions from elsewhere; the figures count those of both that have a label.
 */
export async function calibrationReport(service: Service, { domain, tool, band }: Asked) {
  const [observations, tally] = [new Observations(), new LabelTally()]
  let [decisions, scored, observed, oldest, newest] = [0, 0, 0, Infinity, -Infinity]
  for await (const { record, label } of pastOf(service, { tool })) {
    const { at, riskScore: risk } = record
    if ((domain ?? record.domain) !== record.domain) continue
    decisions++
    if (risk === undefined || !isInBand(risk, band)) continue
    scored++
    ;[oldest, newest] = [Math.min(oldest, at), Math.max(newest, at)]
    tally.add(label)
    if (label !== undefined) observations.add(risk, label.kind === 'bad')
  }
  for await (const { at, body } of observationsOf(service, { domain, tool })) {
    if (!isInBand(body.risk, band)) continue
    observed++
    ;[oldest, newest] = [Math.min(oldest, at), Math.max(newest, at)]
    const isBad = badness(service, body)
    if (isBad !== undefined) observations.add(body.risk, isBad)
  }
  const { unlabelled, fromOutcomes, fromResolutions, ...labels } = tally.counts
  const figures: CalibrationFigures = figuresOf(observations.ties())
  return {
    ...writeVerdict(figures),
    ...writeFigures(figures),
    decisions,
    scored,
    observed,
    truncated: service.history.isCut,
    labels: { ...labels, unlabelled, from_outcomes: fromOutcomes, from_resolutions: fromResolutions },
    oldest: scored + observed === 0 ? null : timeOf(oldest),
    newest: scored + observed === 0 ? null : timeOf(newest),
    filters: { domain: domain ?? null, tool: tool ?? null, risk_band: band ?? null },
  }
}

/** What a status from elsewhere says of a prediction; nothing where the word says nothing. */
export function badness({ outcomes }: Pick<Service, 'outcomes'>, { caseId, status }: Observation): boolean | undefined {
  const label = labelOf({ outcomes: [{ id: caseId, decisionId: caseId, status, at: 0 }] }, undefined, outcomes)
  return label && label.kind === 'bad'
}

/** Predictions from elsewhere, newest first. */
async function* observationsOf(service: Service, { domain, tool }: Asked) {
  for await (const kept of recordsOf<Observation>(service, 'calibration-observation')) {
    const { body } = kept
    if ((domain ?? body.domain) === body.domain && (tool ?? body.tool) === body.tool) yield kept
  }
}
