import { expect, knownKeys } from '../../check.js'
import { AUTONOMY_DEFAULTS, type AutonomyOptions, type ResolvedAutonomy } from './gate.js'

/**
 * Checks what is said of autonomy, and fills in the defaults.
 *
 * @throws GovernanceError `invalid-option`
 */
export function resolveAutonomy(options: AutonomyOptions, option: string): ResolvedAutonomy {
  expect(typeof options === 'object' && options !== null, option, '{ maxErrorRate?, confidence?, auditRate? }')
  knownKeys(options, Object.keys(AUTONOMY_DEFAULTS), option)
  const filled = { ...AUTONOMY_DEFAULTS, ...options }
  expect(isShare(filled.maxErrorRate, 0.5), `${option}.maxErrorRate`, 'a share above 0 and below 0.5')
  expect(isShare(filled.confidence, 1), `${option}.confidence`, 'a chance above 0 and below 1')
  // Without any, nobody would notice that the error has risen.
  expect(isShare(filled.auditRate, 1), `${option}.auditRate`, 'a share above 0 and below 1')
  return filled
}

function isShare(value: number, most: number): boolean {
  return typeof value === 'number' && value > 0 && value < most
}
