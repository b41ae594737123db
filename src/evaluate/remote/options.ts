import { expect, invalid, knownKeys, oneOf } from '../../check.js'
import type { ConnectionOptions } from '../../service/connection.js'
import { CONNECTION_KEYS } from '../../service/connection-options.js'
import type { EvaluationRequest, Fallback } from '../../types.js'
import { type MemoryIngestOptions, resolveMemory, type ResolvedMemory } from './memory-options.js'

/** `submit`: the fields that every decision has. `submit_payload`: also what `payload` adds. */
export type DecisionMode = 'submit' | 'submit_payload'

/** Options of {@link remoteDecisions}. */
export interface RemoteDecisionsOptions extends ConnectionOptions {
  /** For records and messages. @defaultValue `remote` */
  readonly name?: string
  /** @defaultValue `submit` */
  readonly decisionMode?: DecisionMode
  /** What differs for single tools, by name. */
  readonly tools?: Readonly<Record<string, { readonly decisionMode?: DecisionMode }>>
  /** Fields to send besides in `submit_payload`; the input of a call is sent only so. @defaultValue none */
  readonly payload?: (request: EvaluationRequest) => Readonly<Record<string, unknown>>
  /** `legacy`: the paths of services before 3.1, `/actions/submit` and its kin, which have no batches. @defaultValue `current` */
  readonly api?: 'current' | 'legacy'
  /** Whether the parallel calls of a model turn are asked about together. @defaultValue true */
  readonly batch?: boolean
  /**
   * Whose word to take, in this order, while the service cannot be reached, is overloaded or takes too long. An answer that is
   * wrong, and a refused credential, are the fail mode all the same. @defaultValue none: the fail mode decides
   */
  readonly fallback?: readonly Fallback[]
  /** Milliseconds for which the last answer about the same call may stand in. @defaultValue 60_000 */
  readonly lastKnownMs?: number
  /** Whether SUCCESS, FAILURE and BLOCKED are reported when a call ended, and what `reportOutcome` takes down. @defaultValue true */
  readonly outcomes?: boolean
  /** Whether answers that people give in the service's own inbox count for calls that are held here, and how often to look. @defaultValue true, every 2,000 ms */
  readonly approvals?: boolean | { readonly pollMs?: number }
  /** Telling the service of every call that ended. @defaultValue true, with the defaults of {@link MemoryIngestOptions} */
  readonly memory?: boolean | MemoryIngestOptions
  /** Milliseconds for the reports that are left when a governor closes. @defaultValue 2_000 */
  readonly closeMs?: number
}

/** Options with every default filled in. */
export interface ResolvedRemote {
  readonly name: string
  readonly modeOf: (request: Pick<EvaluationRequest, 'tool' | 'metadata'>) => DecisionMode
  readonly payload: (request: EvaluationRequest) => Readonly<Record<string, unknown>>
  readonly isLegacy: boolean
  readonly batch: boolean
  readonly fallback: readonly Fallback[]
  readonly lastKnownMs: number
  readonly outcomes: boolean
  /** Milliseconds between two looks for answers; nobody looks when absent. */
  readonly answersMs: number | undefined
  readonly memory: ResolvedMemory | undefined
  readonly closeMs: number
}

const PLACE = 'remoteDecisions'
const ANSWERS_MS = 2000
const MODES: readonly DecisionMode[] = ['submit', 'submit_payload']
const FALLBACKS: readonly Fallback[] = ['local', 'last_known']
const KEYS = [
  ...CONNECTION_KEYS,
  'name',
  'decisionMode',
  'tools',
  'payload',
  'api',
  'batch',
  'fallback',
  'lastKnownMs',
  'outcomes',
  'approvals',
  'memory',
  'closeMs',
] as const satisfies (keyof RemoteDecisionsOptions)[]

/**
 * Checks what is not about the connection, and fills in the defaults.
 *
 * @throws GovernanceError `invalid-option`
 */
export function resolveRemote(options: RemoteDecisionsOptions): ResolvedRemote {
  if (typeof options !== 'object' || options === null) throw invalid(PLACE, 'expected an object of options')
  knownKeys(options, KEYS, PLACE)
  const { name = 'remote', decisionMode = 'submit', tools = {}, api = 'current', memory = true } = options
  const { payload = () => ({}), batch = true, fallback = [], outcomes = true } = options
  const { lastKnownMs = 60_000, closeMs = 2000 } = options
  expect(typeof name === 'string' && name !== '', `${PLACE}.name`, 'a name')
  oneOf(`${PLACE}.decisionMode`, decisionMode, MODES)
  expect(typeof payload === 'function', `${PLACE}.payload`, 'a function of the request')
  oneOf(`${PLACE}.api`, api, ['current', 'legacy'])
  expectBoolean(batch, `${PLACE}.batch`)
  expectBoolean(outcomes, `${PLACE}.outcomes`)
  expect(Array.isArray(fallback), `${PLACE}.fallback`, 'a list of "local" and "last_known"')
  for (const one of fallback) oneOf(`${PLACE}.fallback`, one, FALLBACKS)
  for (const [option, ms] of Object.entries({ lastKnownMs, closeMs }))
    expect(typeof ms === 'number' && ms > 0, `${PLACE}.${option}`, 'milliseconds above 0')
  const modes = modesOf(tools, decisionMode)
  return {
    name,
    payload,
    batch,
    fallback,
    lastKnownMs,
    outcomes,
    closeMs,
    answersMs: answersMsIn(options.approvals),
    isLegacy: api === 'legacy',
    modeOf: ({ tool, metadata }) => modes.get(tool) ?? modeIn(metadata) ?? decisionMode,
    memory: resolveMemory(memory, `${PLACE}.memory`),
  }
}

function modesOf(
  tools: NonNullable<RemoteDecisionsOptions['tools']>,
  otherwise: DecisionMode,
): ReadonlyMap<string, DecisionMode> {
  const option = `${PLACE}.tools`
  expect(typeof tools === 'object' && tools !== null, option, 'settings by the name of a tool')
  return new Map(
    Object.entries(tools).map(([tool, settings]) => {
      knownKeys(settings, ['decisionMode'], `${option}.${tool}`)
      const { decisionMode = otherwise } = settings
      oneOf(`${option}.${tool}.decisionMode`, decisionMode, MODES)
      return [tool, decisionMode]
    }),
  )
}

function answersMsIn(approvals: RemoteDecisionsOptions['approvals'] = true): number | undefined {
  const option = `${PLACE}.approvals`
  if (typeof approvals === 'boolean') return approvals ? ANSWERS_MS : undefined
  expect(typeof approvals === 'object' && approvals !== null, option, 'true, false or { pollMs }')
  knownKeys(approvals, ['pollMs'], option)
  const { pollMs = ANSWERS_MS } = approvals
  expect(typeof pollMs === 'number' && pollMs > 0, `${option}.pollMs`, 'milliseconds above 0')
  return pollMs
}

/** What a tool's own metadata says (`decision_mode`); any other word is only metadata. */
function modeIn(metadata: EvaluationRequest['metadata']): DecisionMode | undefined {
  return MODES.find(mode => mode === metadata['decision_mode'])
}

function expectBoolean(value: unknown, option: string): void {
  expect(typeof value === 'boolean', option, 'true or false')
}
