import { expect, knownKeys } from '../../check.js'

/** What may be let through unasked. */
export interface AutonomyOptions {
  /** Share of the calls let through that a person may have refused, at most. @defaultValue 0.01 */
  readonly maxErrorRate?: number
  /** Chance with which that holds. @defaultValue 0.95 */
  readonly confidence?: number
  /** Share of calls that a person is asked about all the same, so that the error is known. @defaultValue 0.05 */
  readonly auditRate?: number
}

/** Options with every default filled in. */
export type ResolvedAutonomy = Required<AutonomyOptions>

/** What holds where nothing is said. */
export const AUTONOMY_DEFAULTS: ResolvedAutonomy = { maxErrorRate: 0.01, confidence: 0.95, auditRate: 0.05 }

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
