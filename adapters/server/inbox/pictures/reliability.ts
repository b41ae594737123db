import type { Reliability } from 'countersign'
import type { Html } from '../pages/html.js'
import { counted, percent } from '../pages/shown.js'
import { plot, type Point } from './plot.js'

/** What was foretold against what came. On the diagonal, a risk of 20 % is bad one time in five. */
export function reliabilityPicture({ n, ece, bins }: Reliability): Html {
  const points = bins.map(({ meanRisk, badRate }): Point => [meanRisk, badRate])
  const error = ece === undefined ? '' : ` On average the share of bad calls is ${percent(ece)} away from the risk.`
  return plot({
    title: 'Risk and what came of it',
    description: `${counted(n)} decisions in ${bins.length} groups.${error} Bars: where the true share lies, at 95 %.`,
    x: { label: 'predicted risk', most: 1 },
    y: { label: 'share of bad calls', most: 1 },
    lines: [
      {
        kind: 'other',
        points: [
          [0, 0],
          [1, 1],
        ],
      },
      { kind: 'main', points, dots: true },
    ],
    intervals: bins.map(({ meanRisk: x, low, high }) => ({ x, low, high })),
  })
}

/** The error of letting through the share of calls with the lowest risk, for every share. */
export function riskCoverage({ bins }: Pick<Reliability, 'bins'>): readonly Point[] {
  const total = bins.reduce((sum, { n }) => sum + n, 0)
  let [calls, bad] = [0, 0]
  return bins
    .toSorted((a, b) => a.meanRisk - b.meanRisk)
    .map((bin): Point => {
      calls += bin.n
      bad += bin.bad
      return [calls / total, bad / calls]
    })
}

/** {@link riskCoverage} as a picture. */
export function coveragePicture(reliability: Reliability): Html {
  const points = riskCoverage(reliability)
  const [, base = 0] = points.at(-1) ?? []
  const most = Math.min(1, Math.max(0.05, ...points.map(([, error]) => error * 1.2)))
  return plot({
    title: 'Error by how much is let through',
    description: `Letting all calls through, ${percent(base)} of them would be bad; letting through those of the lowest risk only, as the line shows.`,
    x: { label: 'share of calls let through', most: 1 },
    y: { label: 'bad among them', most },
    lines: [
      {
        kind: 'other',
        points: [
          [0, base],
          [1, base],
        ],
      },
      { kind: 'main', points, dots: points.length < 25 },
    ],
  })
}
