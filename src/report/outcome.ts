import { storable } from '../capture/storable.js'
import { GovernanceError } from '../errors.js'
import type { Outcome } from '../types.js'

/** What the world answered about a decision. */
export type OutcomeReport = Omit<Outcome, 'id' | 'at'>

type FieldType = 'string' | 'object' | 'number' | 'count' | 'boolean' | 'list'

const FIELDS: Readonly<Record<keyof OutcomeReport, FieldType>> = {
  decisionId: 'string',
  status: 'string',
  description: 'string',
  details: 'object',
  reportedBy: 'string',
  observedAt: 'number',
  actualImpact: 'object',
  correctionNeeded: 'boolean',
  correctionDescription: 'string',
  correctionCost: 'number',
  timeToDetectMs: 'number',
  timeToResolveMs: 'number',
  rollbackPerformed: 'boolean',
  revenueImpact: 'number',
  customerImpactCount: 'count',
  supportTicketsCreated: 'count',
  tags: 'list',
}

const EXPECTED: Readonly<Record<FieldType, string>> = {
  string: 'a string',
  object: 'an object that JSON can hold',
  number: 'a number',
  count: 'a whole number of 0 or more',
  boolean: 'a boolean',
  list: 'a list of strings',
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
    if (value !== undefined && !hasType(value, expected)) throw invalid(`\`${field}\`: expected ${EXPECTED[expected]}`)
  }
  return { id, at, ...report }
}

function hasType(value: unknown, expected: FieldType): boolean {
  switch (expected) {
    case 'list':
      return Array.isArray(value) && value.every(item => typeof item === 'string')
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'count':
      return Number.isSafeInteger(value) && (value as number) >= 0
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && isReadable(value)
    default:
      return typeof value === expected
  }
}

/** It is told to others: not with a cycle, or a getter that throws. */
function isReadable(value: object): boolean {
  try {
    storable(value)
    return true
  } catch {
    return false
  }
}

function invalid(message: string): GovernanceError {
  return new GovernanceError('invalid-call', `reportOutcome: ${message}.`)
}
