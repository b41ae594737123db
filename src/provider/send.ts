import { forget } from '../ambient.js'
import { isGovernanceError } from '../errors.js'
import type { Reservation } from './budgets.js'
import { classify } from './classify.js'
import { type ModelFailureKind, isModelError } from './failure.js'
import type { Turn } from './limiter.js'
import type { AttemptCall, ModelTarget } from './request.js'
import type { ModelRun } from './run.js'
import type { Settling } from './settling.js'

/** Sends a request once, in the time that an attempt may take. */
export type SendOnce<TARGET extends ModelTarget, ANSWER> = (target: TARGET, call: AttemptCall) => Promise<ANSWER>

/** An answer, of whom, and what is to be settled for it. */
export interface Sent<TARGET extends ModelTarget, ANSWER> extends Settling {
  readonly target: TARGET
  readonly answer: ANSWER
}

/** With these, another model would fare no better, or nobody is interested any more. */
const FINAL = new Set<ModelFailureKind>(['auth', 'request', 'cancelled'])
const NOT_SENT = new Set<ModelFailureKind>(['circuit', 'busy', 'budget'])

/** Asks one model after the other until one answers. @throws what went wrong with the one that was really asked last */
export async function send<TARGET extends ModelTarget, ANSWER>(
  run: ModelRun<TARGET>,
  once: SendOnce<TARGET, ANSWER>,
): Promise<Sent<TARGET, ANSWER>> {
  const { signal } = run.deadline
  let failed: { readonly error: unknown; readonly wasSent: boolean } | undefined
  for (const target of run.facts.targets) {
    run.target = target
    try {
      return await sendTo(run, target, once)
    } catch (error) {
      signal.throwIfAborted()
      const kind = run.kindOf(error)
      const wasSent = !NOT_SENT.has(kind)
      if (!wasSent) skipped(run, error)
      if (failed === undefined || wasSent || !failed.wasSent) failed = { error, wasSent }
      if (FINAL.has(kind) || !goesOn(run, error)) break
    }
  }
  throw failed?.error
}

async function sendTo<TARGET extends ModelTarget, ANSWER>(
  run: ModelRun<TARGET>,
  target: TARGET,
  once: SendOnce<TARGET, ANSWER>,
): Promise<Sent<TARGET, ANSWER>> {
  const { deadline, estimate } = run
  deadline.signal.throwIfAborted()
  const { resilience, limiter } = await run.parts.ways.to(target)
  resilience.assertAvailable()
  const reservation = await reserve(run, target)
  const tries = new Tries(run, target, once)
  const { tenant, user, actor } = run.scope
  const who = JSON.stringify([tenant, user, actor])
  let turn: Turn | undefined
  try {
    const answer = await resilience.run(() => tries.attempt(), {
      signal: deadline.signal,
      attempts: run.parts.options.retry.attempts,
      until: deadline.until,
      ready: async signal => {
        tries.queued()
        turn = await limiter.turn(who, estimate.inputTokens + estimate.outputTokens, signal)
      },
      onDelay: (delayMs, error) => {
        run.parts.tell({ type: 'model-retry-scheduled', ...run.base(target), kind: run.kindOf(error), delayMs })
      },
    })
    return { target, answer, reservation, turn }
  } catch (error) {
    // What was given up on may still be answered, and paid for.
    const givenBack = tries.mayCost ? undefined : run.giveBack(reservation)
    if (!deadline.signal.aborted) await givenBack
    // A breaker that opened between two attempts, or a queue, says less than the attempt.
    throw tries.failed !== undefined && NOT_SENT.has(run.kindOf(error)) ? tries.failed.error : error
  }
}

/** A store that does not answer must not hold up the request; what it sets aside too late is given back. */
async function reserve<TARGET extends ModelTarget>(run: ModelRun<TARGET>, target: TARGET): Promise<Reservation> {
  const { budgets, options } = run.parts
  const reserving = budgets.reserve(target, run.scope, run.estimate, options.clock.now())
  try {
    return await run.deadline.race(reserving)
  } catch (error) {
    forget(reserving.then(reservation => run.giveBack(reservation)))
    throw error
  }
}

/** The attempts at one model. */
class Tries<TARGET extends ModelTarget, ANSWER> {
  readonly #run: ModelRun<TARGET>
  readonly #target: TARGET
  readonly #once: SendOnce<TARGET, ANSWER>
  failed: { readonly error: unknown } | undefined
  /** Whether one of them was given up on, so that nobody knows what it takes. */
  mayCost = false
  #queuedAt = 0

  constructor(run: ModelRun<TARGET>, target: TARGET, once: SendOnce<TARGET, ANSWER>) {
    this.#run = run
    this.#target = target
    this.#once = once
  }

  /** It waits for its turn from now on. */
  queued(): void {
    this.#queuedAt = this.#run.parts.options.clock.now()
  }

  async attempt(): Promise<ANSWER> {
    const { deadline, parts } = this.#run
    const { clock } = parts.options
    deadline.signal.throwIfAborted()
    const attempt = ++this.#run.attempts
    const startedAt = clock.now()
    const queuedMs = startedAt - this.#queuedAt
    const base = () => {
      const base = this.#run.base(this.#target)
      return { type: 'model-attempt-ended', ...base, attempt, queuedMs, latencyMs: base.at - startedAt } as const
    }
    try {
      const answer = await deadline.race(this.#once(this.#target, { signal: deadline.signal, attempt }))
      parts.tell({ ...base(), status: 'succeeded' })
      return answer
    } catch (error) {
      const kind = this.#run.kindOf(error)
      this.failed = { error }
      this.mayCost ||= kind === 'timeout' || kind === 'cancelled'
      const { status } = classify(error, clock.now())
      parts.tell({ ...base(), status: 'failed', kind, ...(status === undefined ? {} : { httpStatus: status }), error })
      throw error
    }
  }
}

function skipped<TARGET extends ModelTarget>(run: ModelRun<TARGET>, error: unknown): void {
  if (!isModelError(error) || error.kind === 'timeout') return
  const { kind, budget } = error
  run.parts.tell({ type: 'model-skipped', ...run.base(), kind, ...(budget === undefined ? {} : { budget }) })
}

/** What is wrong with a store, or with an option, is so for every model. */
function goesOn<TARGET extends ModelTarget>(run: ModelRun<TARGET>, error: unknown): boolean {
  if (isModelError(error)) return error.kind !== 'budget' || run.parts.budgets.goesOn(error.budget)
  return !isGovernanceError(error)
}
