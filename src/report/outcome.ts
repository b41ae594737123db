import { GovernanceError } from '../errors.js'
import type { Outcome } from '../types.js'

/** What the world answered about a decision. */
export interface OutcomeReport {
  readonly decisionId: string
  /** `SUCCESS`, `FAILURE`, `BLOCKED`, `FRAUD`, `CHURN`, or a word of your own. */
  readonly status: string
  readonly description?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly reportedBy?: string
  /** Epoch milliseconds. */
  readonly observedAt?: number
}

const FIELDS: Readonly<Record<keyof OutcomeReport, 'string' | 'object' | 'number'>> = {
  decisionId: 'string',
  status: 'string',
  description: 'string',
  details: 'object',
  reportedBy: 'string',
  observedAt: 'number',
}

/**
 * Checks a report and gives it an identity.
 *
 * @throws GovernanceError `invalid-call` for a missing or mistyped field
 */
export function writeOutcome(report: OutcomeReport, id: string, at: number): Outcome {
  for (const field of ['decisionId', 'status'] as const) {
    if (typeof report?.[field] !== 'string' || report[field] === '')
      throw invalid(`\`${field}\` is missing; expected a non-empty string`)
  }
  for (const [field, value] of Object.entries(report)) {
    const expected = Object.hasOwn(FIELDS, field) ? FIELDS[field as keyof OutcomeReport] : undefined
    if (expected === undefined) throw invalid(`unknown field "${field}"; expected ${Object.keys(FIELDS).join(', ')}`)
    if (value !== undefined && (typeof value !== expected || value === null))
      throw invalid(`\`${field}\`: expected ${expected === 'object' ? 'an' : 'a'} ${expected}`)
  }
  return { id, at, ...report }
}

function invalid(message: string): GovernanceError {
  return new GovernanceError('invalid-call', `reportOutcome: ${message}.`)
}
