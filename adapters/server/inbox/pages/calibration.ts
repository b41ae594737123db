import type { CalibrationReport, Reliability } from 'countersign'
import { coveragePicture, reliabilityPicture } from '../pictures/reliability.js'
import { figureList } from './figures.js'
import { html, type Html, NOTHING } from './html.js'
import { page, type Visit } from './layout.js'
import { counted, percent } from './shown.js'

/** What the page of calibration shows. */
export interface CalibrationParts {
  readonly report: CalibrationReport
  readonly reliability: Reliability
  /** In finer steps. */
  readonly coverage: Reliability
}

/** How good the risks were. */
export function calibrationPage(visit: Visit, { report, reliability, coverage }: CalibrationParts): Html {
  const { n, bad, scored, decisions, baseRate, brier, brierSkill, ece, auroc } = report
  const figures = {
    decisions: counted(decisions),
    'with a risk': counted(scored),
    'known how it turned out': counted(n),
    bad: counted(bad),
    'base rate': shareText(baseRate),
    'calibration error': shareText(ece),
    'Brier score': numberText(brier),
    'Brier skill': numberText(brierSkill),
    AUROC: numberText(auroc),
  }
  const body = html`<h1>Calibration</h1>
    <p class="hint">
      How the predicted risks of decisions compare with what people answered and with what came of the calls.
    </p>
    <div class="card">${figureList(figures)}</div>
    ${n === 0 ? html`<p class="empty">No decision has both a risk and an answer yet. Risks are predicted where the governor’s option <code>learning</code> is on.</p>` : NOTHING}
    ${n === 0 ? NOTHING : html`<div class="plots">${reliabilityPicture(reliability)}${coveragePicture(coverage)}</div>`}`
  return page(visit, { title: 'Calibration', at: '/calibration', body })
}

function shareText(value: number | undefined): string {
  return value === undefined ? 'not known' : percent(value)
}

function numberText(value: number | undefined): string {
  return value === undefined ? 'not known' : value.toFixed(3)
}
