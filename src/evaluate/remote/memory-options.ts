import { expect, knownKeys } from '../../check.js'
import { VERSION } from '../../version.js'

/** How a decision service is told of every call that ended, so that it learns of them. Best effort. */
export interface MemoryIngestOptions {
  /** What tells: a name of your application, if you like. @defaultValue `countersign` */
  readonly source?: string
  /** @defaultValue `countersign@` and the package's version */
  readonly sourceVersion?: string
  /** Milliseconds that one request may take. @defaultValue 300 */
  readonly timeoutMs?: number
  /** Most calls told in one request; so many reports that wait are told at once. @defaultValue 50, at most 500 */
  readonly batchSize?: number
  /** Milliseconds that a call waits for others. @defaultValue 250 */
  readonly flushMs?: number
  /** Whether the service is to redact what it is told, besides what was redacted here. @defaultValue true */
  readonly redact?: boolean
  /** Name of the service's redaction policy. @defaultValue `default` */
  readonly redactionPolicy?: string
}

/** Options with every default filled in. */
export type ResolvedMemory = Required<MemoryIngestOptions>

/** What holds where nothing is said. */
export const MEMORY_DEFAULTS: ResolvedMemory = {
  source: 'countersign',
  sourceVersion: `countersign@${VERSION}`,
  timeoutMs: 300,
  batchSize: 50,
  flushMs: 250,
  redact: true,
  redactionPolicy: 'default',
}

const MAX_BATCH = 500

/**
 * Fills in the defaults; nothing where nothing is to be told.
 *
 * @throws GovernanceError `invalid-option`
 */
export function resolveMemory(memory: boolean | MemoryIngestOptions, option: string): ResolvedMemory | undefined {
  if (memory === false) return undefined
  if (memory === true) return MEMORY_DEFAULTS
  expect(typeof memory === 'object' && memory !== null, option, 'true, false or an object')
  knownKeys(memory, Object.keys(MEMORY_DEFAULTS), option)
  const filled = { ...MEMORY_DEFAULTS, ...memory }
  for (const name of ['source', 'sourceVersion', 'redactionPolicy'] as const)
    expect(typeof filled[name] === 'string' && filled[name] !== '', `${option}.${name}`, 'a name')
  for (const name of ['timeoutMs', 'flushMs'] as const)
    expect(typeof filled[name] === 'number' && filled[name] > 0, `${option}.${name}`, 'milliseconds above 0')
  const { batchSize, redact } = filled
  const isSize = Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= MAX_BATCH
  expect(isSize, `${option}.batchSize`, `a whole number from 1 to ${MAX_BATCH}`)
  expect(typeof redact === 'boolean', `${option}.redact`, 'true or false')
  return filled
}
