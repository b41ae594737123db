import { chain, newId, sha256, systemClock } from '../../ambient.js'
import { readJson } from '../../encoding.js'
import { connectService } from '../../service/connect.js'
import type { ConnectionOptions, ServiceConnection } from '../../service/connection.js'
import { isServiceError, type ServiceErrorKind } from '../../service/errors.js'
import type { Awaitable } from '../../types.js'
import type { RefusedReport, Report, ReportChannel } from '../report-channel.js'
import { MEMORY_DEFAULTS, type ResolvedMemory } from './memory-options.js'
import type { ResolvedRemote } from './options.js'
import { writeMemoryBatch, writeMemoryEvent, writeOutcome, writeReportedOutcome } from './report-wire.js'

/** What a service refuses for good: the same again would be refused again. */
const FINAL = new Set<ServiceErrorKind>(['validation', 'not-found'])
const CONFLICT = 409
const TOO_LARGE = 413
/** The service takes no more outcomes in one request. */
const MAX_OUTCOMES = 100
/** Milliseconds for a request that reports outcomes. */
const OUTCOME_TIMEOUT_MS = 2000

/** A channel to a decision service. */
export interface RemoteReports extends ReportChannel {
  /** Lets idle sockets go. */
  readonly close: () => void
}

/**
 * Tells a decision service what became of its decisions: outcomes, and calls that ended. Over a way of its own, so that
 * trouble with reports never stands between a call and its decision.
 */
export function reportChannel(options: ConnectionOptions, settings: ResolvedRemote): RemoteReports {
  const clock = options.clock ?? systemClock
  const connection = connectService({ ...options, retry: { attempts: 1 } }, 'remoteDecisions')
  const { memory, outcomes, closeMs } = settings
  // What a governor before this one has left is told, whatever this one adds to it.
  const ingest = memory ?? MEMORY_DEFAULTS
  const { batchSize, flushMs } = ingest
  // Several services may be behind one host.
  const place = connection.host + new URL(options.baseUrl ?? 'https://localhost').pathname.replace(/\/+$/, '')
  let destination: Awaitable<string> | undefined

  return {
    close: connection.close,
    batchSize,
    flushMs,
    closeMs,
    destination: () => {
      destination ??= chain(sha256(options.apiKey ?? options.bearerToken ?? ''), digest => {
        // Another credential is another customer of the same service: they must not get each other's news.
        destination = `${place}/${digest.slice(0, 16)}`
        return destination
      })
      return destination
    },
    ofEnding: ended => {
      const reports: Report[] = []
      const outcome = outcomes ? writeOutcome(ended) : undefined
      if (outcome !== undefined) reports.push({ id: newId(clock.now()), kind: 'outcome', body: json(outcome) })
      if (memory === undefined) return reports
      const eventId = newId(clock.now())
      const event = writeMemoryEvent(ended, eventId, memory.sourceVersion)
      reports.push({ id: eventId, kind: 'memory', body: json(event) })
      return reports
    },
    ofOutcome: (outcome, decision) => {
      const body = outcomes ? writeReportedOutcome(outcome, decision) : undefined
      return body === undefined ? [] : [{ id: outcome.id, kind: 'outcome', body: json(body) }]
    },
    deliver: (kind, reports, { signal }) =>
      kind === 'memory'
        ? deliverMemory(connection, ingest, reports, signal)
        : deliverOutcomes(connection, reports, signal),
  }
}

async function deliverMemory(
  connection: ServiceConnection,
  memory: ResolvedMemory,
  reports: readonly Report[],
  signal: AbortSignal,
): Promise<readonly RefusedReport[]> {
  const { timeoutMs: deadlineMs } = memory
  return oneByOneIfRefused(reports, async some => {
    const body = writeMemoryBatch(some.map(bodyOf), memory)
    const idempotencyKey = await keyOf(some)
    await connection.send({ method: 'POST', path: '/actions/memory/ingest', body, idempotencyKey, signal, deadlineMs })
    return []
  })
}

async function deliverOutcomes(
  connection: ServiceConnection,
  reports: readonly Report[],
  signal: AbortSignal,
): Promise<readonly RefusedReport[]> {
  const refused: RefusedReport[] = []
  for (let first = 0; first < reports.length; first += MAX_OUTCOMES) {
    const some = reports.slice(first, first + MAX_OUTCOMES)
    refused.push(...(await oneByOneIfRefused(some, sent => sendOutcomes(connection, sent, signal))))
  }
  return refused
}

async function sendOutcomes(
  connection: ServiceConnection,
  reports: readonly Report[],
  signal: AbortSignal,
): Promise<readonly Report[]> {
  const [first] = reports
  const isOne = reports.length === 1 && first !== undefined
  const path = isOne ? '/outcomes/report' : '/outcomes/report/batch'
  const body = isOne ? bodyOf(first) : { outcomes: reports.map(bodyOf) }
  const request = { method: 'POST', path, body, signal, deadlineMs: OUTCOME_TIMEOUT_MS } as const
  const answer = await connection.send({ ...request, idempotencyKey: await keyOf(reports) })
  return isOne ? [] : notAccepted(answer.json, reports)
}

/** Of a batch that was taken, a service names those that it did not take by their places. */
function notAccepted(answer: unknown, reports: readonly Report[]): readonly Report[] {
  const { errors } = (answer ?? {}) as { readonly errors?: unknown }
  if (!Array.isArray(errors)) return []
  const places = new Set(errors.map((error: { readonly index?: unknown } | null) => error?.index))
  return reports.filter((_, place) => places.has(place))
}

/**
 * What is refused together may be taken alone: one bad report must not keep the others back.
 *
 * @param send gives back those that were not taken with the others
 */
async function oneByOneIfRefused(
  reports: readonly Report[],
  send: (reports: readonly Report[]) => Promise<readonly Report[]>,
): Promise<readonly RefusedReport[]> {
  let left = reports
  try {
    left = await send(reports)
  } catch (error) {
    if (!isFinal(error)) throw error
    if (reports.length === 1) return reports.map(({ id }) => ({ id, error }))
  }
  const refused: RefusedReport[] = []
  for (const report of left) refused.push(...(await oneByOneIfRefused([report], send)))
  return refused
}

/** A conflict is none: a service answers so while it still works on the same request. */
function isFinal(error: unknown): boolean {
  if (!isServiceError(error) || error.status === CONFLICT) return false
  return FINAL.has(error.kind) || error.status === TOO_LARGE
}

/** The same reports together have the same key. */
function keyOf(reports: readonly Report[]): Awaitable<string> {
  return sha256(JSON.stringify(reports.map(({ id }) => id)))
}

function bodyOf({ body }: Report): unknown {
  return readJson(body)
}

/** An exact number of any size has no place in JSON but as a text. */
function json(body: unknown): string {
  return JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}
