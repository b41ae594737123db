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
/** Milliseconds for a request that reports outcomes. */
const OUTCOME_TIMEOUT_MS = 2000

/**
 * Tells a decision service what became of its decisions: outcomes, and calls that ended. Over a way of its own, so that
 * trouble with reports never stands between a call and its decision.
 */
export function reportChannel(options: ConnectionOptions, settings: ResolvedRemote): ReportChannel {
  const clock = options.clock ?? systemClock
  const connection = connectService({ ...options, retry: { attempts: 1 } }, 'remoteDecisions')
  const { memory, outcomes, closeMs } = settings
  const { batchSize, flushMs } = memory ?? MEMORY_DEFAULTS
  let destination: Awaitable<string> | undefined

  return {
    batchSize,
    flushMs,
    closeMs,
    destination: () => {
      destination ??= chain(sha256(options.apiKey ?? options.bearerToken ?? ''), digest => {
        // Another credential is another customer of the same service: they must not get each other's news.
        destination = `${connection.host}/${digest.slice(0, 16)}`
        return destination
      })
      return destination
    },
    ofEnding: ended => {
      const reports: Report[] = []
      const outcome = outcomes ? writeOutcome(ended) : undefined
      if (outcome !== undefined)
        reports.push({ id: newId(clock.now()), kind: 'outcome', body: JSON.stringify(outcome) })
      if (memory === undefined) return reports
      const eventId = newId(clock.now())
      const event = writeMemoryEvent(ended, eventId, memory.sourceVersion)
      reports.push({ id: eventId, kind: 'memory', body: JSON.stringify(event) })
      return reports
    },
    ofOutcome: (outcome, decision) => {
      const body = outcomes ? writeReportedOutcome(outcome, decision) : undefined
      return body === undefined ? [] : [{ id: outcome.id, kind: 'outcome', body: JSON.stringify(body) }]
    },
    deliver: async (kind, reports, { signal }) => {
      if (kind !== 'memory') return deliverOutcomes(connection, reports, signal)
      return memory === undefined ? [] : deliverMemory(connection, memory, reports, signal)
    },
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
  })
}

async function deliverOutcomes(
  connection: ServiceConnection,
  reports: readonly Report[],
  signal: AbortSignal,
): Promise<readonly RefusedReport[]> {
  return oneByOneIfRefused(reports, async some => {
    const [first] = some
    const isOne = some.length === 1 && first !== undefined
    const path = isOne ? '/outcomes/report' : '/outcomes/report/batch'
    const body = isOne ? bodyOf(first) : { outcomes: some.map(bodyOf) }
    const request = { method: 'POST', path, body, signal, deadlineMs: OUTCOME_TIMEOUT_MS } as const
    await connection.send({ ...request, idempotencyKey: await keyOf(some) })
  })
}

/** What is refused together may be taken alone: one bad report must not keep the others back. */
async function oneByOneIfRefused(
  reports: readonly Report[],
  send: (reports: readonly Report[]) => Promise<void>,
): Promise<readonly RefusedReport[]> {
  try {
    await send(reports)
    return []
  } catch (error) {
    if (!isFinal(error)) throw error
    if (reports.length === 1) return reports.map(({ id }) => ({ id, error }))
  }
  const refused: RefusedReport[] = []
  for (const report of reports) refused.push(...(await oneByOneIfRefused([report], send)))
  return refused
}

function isFinal(error: unknown): boolean {
  return isServiceError(error) && FINAL.has(error.kind)
}

/** The same reports together have the same key. */
function keyOf(reports: readonly Report[]): Awaitable<string> {
  return sha256(JSON.stringify(reports.map(({ id }) => id)))
}

function bodyOf({ body }: Report): unknown {
  return readJson(body)
}
