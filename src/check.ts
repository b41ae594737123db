import { GovernanceError, suggestion } from './errors.js'

/** @throws GovernanceError `invalid-option`, naming what was expected, unless it holds */
export function expect(holds: boolean, option: string, expected: string): asserts holds {
  if (!holds) throw invalid(option, `expected ${expected}`)
}

/** @throws GovernanceError `invalid-option`, with the nearest allowed value, unless the value is one of them */
export function oneOf(option: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.includes(value as string)) {
    throw invalid(
      option,
      `expected ${allowed.map(item => `"${item}"`).join(', ')}; found ${JSON.stringify(value)}.${suggestion(String(value), allowed)}`,
    )
  }
}

/**
 * Refuses keys that nobody knows: a slip must not mean a default.
 *
 * @throws GovernanceError `invalid-option`, with the nearest known key
 */
export function knownKeys(value: object, known: readonly string[], place: string): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw invalid(
        place === '' ? key : `${place}.${key}`,
        `unknown option; known are ${known.join(', ')}.${suggestion(key, known)}`,
      )
    }
  }
}

/** The error of an option that is not what it should be. */
export function invalid(option: string, message: string): GovernanceError {
  return new GovernanceError('invalid-option', option === '' ? message : `Option \`${option}\`: ${message}`)
}
