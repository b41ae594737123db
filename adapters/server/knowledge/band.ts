import { Refusal } from '../../../src/service/protocol/refusal.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { isGiven } from './sent.js'

/** Bands of risk: quarters of 0..1, each with its lower end. */
const BANDS = { low: 0, medium: 0.25, high: 0.5, critical: 0.75 } as const

/** One of the quarters of 0..1. */
export type RiskBand = keyof typeof BANDS

const NAMES = Object.keys(BANDS) as RiskBand[]

/** The band a risk lies in: `low` under 0.25, `medium` under 0.5, `high` under 0.75, else `critical`. */
function bandOf(risk: number): RiskBand {
  return NAMES.findLast(name => risk >= BANDS[name]) ?? 'low'
}

/** Whether a risk lies in a band; any does, where none is asked for. */
export function isInBand(risk: number, band: RiskBand | undefined): boolean {
  return band === undefined || bandOf(risk) === band
}

/** The band that a request names; none where it names none. @throws Refusal 422 */
export function readBand(value: unknown, place: 'query' | 'body'): RiskBand | undefined {
  if (!isGiven(value)) return undefined
  const band = NAMES.find(name => name === value)
  if (band !== undefined) return band
  const expected = NAMES.map(name => `'${name}'`).join(' or ')
  throw new Refusal(422, [problem([place, 'risk_band'], `Input should be ${expected}`, 'value_error')])
}
