import { expect, invalid, knownKeys } from '../check.js'
import type { ToolProfile } from '../tool-profile.js'

const HINTS = ['readOnly', 'destructive', 'idempotent', 'openWorld']

/** What each field of a profile may be; what its functions answer is checked at each call. */
const PROFILE_CHECKS: { readonly [FIELD in keyof Required<ToolProfile>]: (value: unknown, place: string) => void } = {
  action: text,
  domain: text,
  actor: text,
  value: (value, place) => expect(isNumber(value) || isFunction(value), place, 'a finite number or a function'),
  target: text,
  metadata: (value, place) => expect(isObject(value) || isFunction(value), place, 'an object or a function'),
  annotations: (value, place) => {
    expect(isObject(value), place, `{ ${HINTS.map(hint => `${hint}?`).join(', ')} }`)
    knownKeys(value as object, HINTS, place)
    for (const [hint, holds] of Object.entries(value as object)) {
      expect(holds === undefined || typeof holds === 'boolean', `${place}.${hint}`, 'true or false')
    }
  },
  reconcile: (value, place) => expect(isFunction(value), place, 'a function'),
  undo: (value, place) => expect(isFunction(value), place, 'a function'),
  redact: (value, place) => {
    const isPaths = Array.isArray(value) && value.every(path => typeof path === 'string' && path !== '')
    expect(isPaths || isFunction(value), place, 'a list of paths or a function')
  },
}

function text(value: unknown, place: string): void {
  expect(typeof value === 'string' || isFunction(value), place, 'a text or a function')
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Checks a tool profile.
 *
 * @throws GovernanceError `invalid-option`
 */
export function checkProfile(profile: ToolProfile, place: string): void {
  if (typeof profile !== 'object' || profile === null) throw invalid(place, 'expected a tool profile')
  knownKeys(profile, Object.keys(PROFILE_CHECKS), place)
  for (const [field, check] of Object.entries(PROFILE_CHECKS)) {
    const value: unknown = profile[field as keyof ToolProfile]
    if (value !== undefined) check(value, `${place}.${field}`)
  }
}
