import { mkdirSync, writeFileSync } from 'node:fs'
import { AUDIT_RATE, limitsOf } from './autonomy-table.ts'
import { replays } from './autonomy.ts'
import type { TraceEvent } from './data.ts'
import { prequential } from './prequential.ts'
import { baseRate, byRisk, calibrationError, type Scored } from './scores.ts'
import { draw, type Chart } from './svg.ts'

const BINS = 15
/** Points of a curve, and stretches of a replay. */
const STEPS = 60

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`

/** Writes the three pictures of a data set into a folder. */
export function drawAll(folder: string, set: string, events: readonly TraceEvent[]): void {
  mkdirSync(folder, { recursive: true })
  const { scored } = prequential(events)
  const charts = {
    reliability: reliability(set, scored),
    'risk-coverage': riskCoverage(set, scored),
    questions: questions(set, events),
  }
  for (const [name, chart] of Object.entries(charts)) writeFileSync(`${folder}/${set}-${name}.svg`, draw(chart))
}

function reliability(set: string, scored: Scored): Chart {
  const order = byRisk(scored, 1)
  const points = Array.from({ length: BINS }, (_, bin): [number, number] => {
    const part = order.slice(Math.round((bin * order.length) / BINS), Math.round(((bin + 1) * order.length) / BINS))
    const risk = part.reduce((sum, at) => sum + (scored.risk[at] ?? 0), 0) / part.length
    return [risk, part.filter(at => scored.bad[at]).length / part.length]
  })
  const error = percent(calibrationError(scored))
  return {
    title: `${set}: predicted risk and what came of it`,
    description: `${BINS} bins of as many calls each. On average the share of bad calls is ${error} away from the predicted risk.`,
    x: { label: 'predicted risk', most: 1, write: percent },
    y: { label: 'share of bad calls', most: 1, write: percent },
    lines: [
      { kind: 'main', name: 'prequential', points, dots: true },
      {
        kind: 'other',
        name: 'perfectly calibrated',
        points: [
          [0, 0],
          [1, 1],
        ],
      },
    ],
  }
}

function riskCoverage(set: string, scored: Scored): Chart {
  const base = baseRate(scored)
  const order = byRisk(scored, 1)
  let bad = 0
  const shares = order.map((at, index) => {
    if (scored.bad[at]) bad++
    return bad / (index + 1)
  })
  const ends = Array.from({ length: STEPS }, (_, step) => Math.ceil(((step + 1) * order.length) / STEPS))
  const points = ends.map((end): [number, number] => [end / order.length, shares[end - 1] ?? 0])
  const oracle = [0, ...ends.map(end => end / order.length)].map((share): [number, number] => [
    share,
    share === 0 ? 0 : Math.max(0, 1 - (1 - base) / share),
  ])
  const half = percent(shares[Math.ceil(order.length / 2) - 1] ?? 0)
  return {
    title: `${set}: bad calls let through`,
    description: `Lowest risk first. Of the safest half of the calls ${half} are bad, of all of them ${percent(base)}.`,
    x: { label: 'share of calls let through', most: 1, write: percent },
    y: { label: 'bad ones among them', most: Math.ceil(base * 20) / 20, write: percent },
    lines: [
      { kind: 'main', name: 'lowest risk first', points },
      { kind: 'other', name: 'knowing every label', points: oracle },
    ],
  }
}

function questions(set: string, events: readonly TraceEvent[]): Chart {
  const [, maxErrorRate] = limitsOf(events)
  const [played] = replays(events, { count: 1, autonomy: { maxErrorRate, confidence: 0.95, auditRate: AUDIT_RATE } })
  const asked = played?.questions ?? []
  const points = Array.from({ length: STEPS }, (_, step): [number, number] => {
    const [from, to] = [Math.round((step * asked.length) / STEPS), Math.round(((step + 1) * asked.length) / STEPS)]
    return [(from + to) / 2, (100 * asked.slice(from, to).filter(Boolean).length) / (to - from)]
  })
  const [all, last] = [(100 * (played?.asked ?? 0)) / asked.length, points.at(-1)?.[1] ?? 0]
  return {
    title: `${set}: questions per 100 calls`,
    description: `One replay, limit ${percent(maxErrorRate)}: ${all.toFixed(1)} questions per 100 calls over all of it, ${last.toFixed(1)} at its end.`,
    x: { label: 'calls so far', most: asked.length, write: value => String(Math.round(value)) },
    y: { label: 'questions per 100 calls', most: 100, write: String },
    lines: [
      { kind: 'main', name: `limit ${percent(maxErrorRate)}`, points },
      {
        kind: 'other',
        name: 'asked by chance',
        points: [
          [0, 100 * AUDIT_RATE],
          [asked.length, 100 * AUDIT_RATE],
        ],
      },
    ],
  }
}
