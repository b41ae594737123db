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
