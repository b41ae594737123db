import type { CalibrationFigures } from '../../../src/learn/insight/figures.js'

/** How good risks were. What cannot be said of so few is null; what each figure is, `CalibrationFigures` says. */
export function writeFigures(figures: CalibrationFigures) {
  const { n, bad, baseRate, meanRisk, brier, brierSkill, ece, auroc } = figures
  return {
    n,
    bad,
    base_rate: baseRate ?? null,
    mean_risk: meanRisk ?? null,
    brier: brier ?? null,
    brier_skill: brierSkill ?? null,
    ece: ece ?? null,
    auroc: auroc ?? null,
  }
}

/** A mean risk that is further than this from the rate that came is biased. */
const BIAS = 0.05
/** Fewer say nothing of how good risks are. */
const FEW = 20
/** Expected calibration error up to which risks are good, and fair. */
const GOOD = 0.05
const FAIR = 0.15

/** A day's risks in two figures: how near they came (1 less the Brier score), and the share that turned out well. */
export function writeQualityOf({ brier, baseRate }: CalibrationFigures) {
  return {
    quality_score: brier === undefined ? null : 1 - brier,
    positive_rate: baseRate === undefined ? null : 1 - baseRate,
  }
}

/** How good risks were, in words; `insufficient_data` and `unknown` of so few that it would mean nothing. */
export function writeVerdict({ n, ece, meanRisk, baseRate }: CalibrationFigures) {
  if (n < FEW || ece === undefined || meanRisk === undefined || baseRate === undefined)
    return { calibration_quality: 'insufficient_data', bias_direction: 'unknown' }
  const bias = meanRisk - baseRate
  return {
    calibration_quality: ece <= GOOD ? 'good' : ece <= FAIR ? 'fair' : 'poor',
    bias_direction: Math.abs(bias) <= BIAS ? 'none' : bias > 0 ? 'overestimates_risk' : 'underestimates_risk',
  }
}
