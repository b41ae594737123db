import { chain, isPromiseLike, systemClock } from '../../ambient.js'
import { callKey } from '../../capture/key.js'
import { RecentMap } from '../../recent-map.js'
import { connectService } from '../../service/connect.js'
import { isServiceError, type ServiceErrorKind } from '../../service/errors.js'
import { isGovernanceError } from '../../errors.js'
import type { EvaluationRequest } from '../../types.js'
import type { EvaluateOptions, Evaluation, Evaluator } from '../evaluator.js'
import { answerChannel } from './answers.js'
import { askingOf, PATHS, type Question } from './asking.js'
import { Batcher } from './batcher.js'
import { idempotencyKey } from './idempotency.js'
import { LastKnown } from './last-known.js'
import { type RemoteDecisionsOptions, type ResolvedRemote, resolveRemote } from './options.js'
import { reportChannel } from './reports.js'
import { readAnswer, type WireContext, writeRequest } from './wire.js'

/** Sessions whose trajectory is certain to be remembered. */
const MAX_SESSIONS = 10_000
/** Trouble that passes: what is wrong with a credential, a request or an answer does not. */
const PASSING = new Set<ServiceErrorKind>(['timeout', 'network', 'unavailable', 'rate-limit', 'api'])

/**
 * Decisions of a BIGHUB-compatible service over HTTP: `createGovernor({ decisions: remoteDecisions({ apiKey }) })`. The policy
 * of the governor holds besides, and can only tighten what the service answers.
 *
 * A call waits for an answer for `deadlineMs` at most, whatever the service does; then, or when there is none to be had, the
 * `fallback` decides, else the governor's fail mode. What became of each decision is reported in the background.
 *
 * @throws GovernanceError `invalid-option`
 */
export function remoteDecisions(options: RemoteDecisionsOptions): Evaluator & { readonly deadlineMs: number } {
  const settings = resolveRemote(options)
  const connection = connectService(options, 'remoteDecisions')
  const reports = reportChannel(options, settings)
  const answers = settings.answersMs === undefined ? undefined : answerChannel(options, settings.answersMs)
  const clock = options.clock ?? systemClock
  const asking = askingOf(connection)
  const batcher = new Batcher(asking)
  const known = new LastKnown(settings.lastKnownMs)
  const trajectories = new RecentMap<string, string>(MAX_SESSIONS)
  const keepsKnown = settings.fallback.includes('last_known')
  const isBatched = settings.batch && !settings.isLegacy

  const take = (request: EvaluationRequest, json: unknown, dryRun: boolean): Evaluation => {
    const at = clock.now()
    const { evaluation, trajectoryId } = readAnswer(json, at)
    const session = sessionOf(request)
    if (trajectoryId !== undefined && session !== undefined) trajectories.set(session, trajectoryId)
    if (keepsKnown && !dryRun) known.keep(request, evaluation, at)
    return evaluation
  }
  const ask = async (request: EvaluationRequest, options: EvaluateOptions): Promise<Evaluation> => {
    const { dryRun, again } = options
    const session = sessionOf(request)
    const trajectoryId = session === undefined ? undefined : trajectories.get(session)
    const named = callKey(request)
    const key = isPromiseLike(named) ? await named : named
    const { path, body } = write(settings, request, { dryRun, trajectoryId, key })
    const keyed = idempotencyKey(request, { path, body, again })
    const question = { path, body, key: isPromiseLike(keyed) ? await keyed : keyed }
    const asked = isBatched ? batcher.ask(question, options) : asking.askOne(question, options)
    return take(request, await asked, dryRun)
  }

  return {
    name: settings.name,
    deadlineMs: options.deadlineMs ?? connection.deadlineMs,
    evaluate: (request, asked) => {
      connection.assertAvailable()
      // Whoever writes down what becomes of the call asks for it at once.
      return chain(reports.destination(), () => ask(request, asked))
    },
    fallback: (request, error) => {
      if (!isPassing(error)) return undefined
      for (const fallback of settings.fallback) {
        if (fallback === 'local') return { fallback }
        const last = known.find(request, clock.now())
        if (last !== undefined) return last
      }
      return undefined
    },
    reports,
    ...(answers === undefined ? {} : { answers }),
    onCircuitChange: connection.onCircuitChange,
    close: () => {
      connection.close()
      reports.close()
      answers?.close()
    },
  }
}

function write(
  { modeOf, payload, isLegacy }: ResolvedRemote,
  request: EvaluationRequest,
  context: WireContext,
): Omit<Question, 'key'> {
  const fields = writeRequest(request, context)
  const isPayload = modeOf(request) === 'submit_payload'
  const body = isPayload ? { ...payload(request), ...fields } : fields
  if (!isLegacy) return { path: PATHS.evaluate, body }
  const path = context.dryRun ? PATHS.dryRun : isPayload ? PATHS.submitPayload : PATHS.submit
  return { path, body }
}

/** The conversation a call belongs to; nothing where that is not known: then nothing may be shared either. */
function sessionOf({ session: { tenant, id } }: EvaluationRequest): string | undefined {
  return id === undefined ? undefined : JSON.stringify([tenant, id])
}

/** The governor's own deadline is told as `evaluation-failed`. */
function isPassing(error: unknown): boolean {
  if (!isServiceError(error)) return isGovernanceError(error, 'evaluation-failed')
  return PASSING.has(error.kind) && (error.kind !== 'api' || (error.status ?? 0) >= 500 || error.status === 408)
}
