import { newId } from '../ambient.js'
import { GovernanceError } from '../errors.js'
import { Deadline } from '../service/deadline.js'
import type { Scope } from '../types.js'
import type { Budgets, Reservation } from './budgets.js'
import { nameOf } from './by-model.js'
import type { AnswerCache } from './cache.js'
import { classify } from './classify.js'
import type { ModelEvent, ModelEventBase, ModelRequestEnded } from './events.js'
import { ModelError, type ModelFailureKind } from './failure.js'
import type { ResolvedGuard } from './options.js'
import { costOf } from './prices.js'
import type { ModelTarget, RequestFacts, TokenUsage } from './request.js'
import type { Settling } from './settling.js'
import type { Ways } from './ways.js'

/** What requests of one guard share. */
export interface RunParts {
  readonly options: ResolvedGuard
  readonly ways: Ways
  readonly budgets: Budgets
  readonly cache: AnswerCache | undefined
  readonly tell: (event: ModelEvent) => void
}

/** An answer that has come waits for no longer than this for the store to count it. */
const SETTLE_MS = 2000

/** One request, from its beginning to its end: how long it may take, what it may use, and what is told of it. */
export class ModelRun<TARGET extends ModelTarget> {
  readonly facts: RequestFacts<TARGET>
  readonly parts: RunParts
  readonly deadline: Deadline
  /** What it is thought to take at most. */
  readonly estimate: TokenUsage
  readonly scope: Scope
  /** Requests sent so far. */
  attempts = 0
  /** Whoever is asked, or was asked last. */
  target: TARGET
  #firstChunkMs: number | undefined
  #cache: 'hit' | 'miss' | undefined
  readonly #id: string
  readonly #startedAt: number
  #isOver = false

  constructor(parts: RunParts, facts: RequestFacts<TARGET>) {
    const { options } = parts
    const { body, signal, maxOutputTokens = options.expectedOutputTokens, scope = {} } = facts
    this.parts = parts
    this.facts = facts
    this.scope = scope
    this.target = facts.targets[0]
    this.#startedAt = options.clock.now()
    this.#id = newId(this.#startedAt)
    const isCounted = options.budgets.length > 0 || Object.keys(options.limits).length > 0
    this.estimate = { inputTokens: isCounted ? options.estimateTokens(body) : 0, outputTokens: maxOutputTokens }
    const ms = options.timeouts.totalMs
    this.deadline = new Deadline({ clock: options.clock, ms, outer: signal, late: () => this.late(ms) })
  }

  /** The error of what took too long. */
  late(ms: number, what = 'no answer'): ModelError {
    return new ModelError(`${what} from ${nameOf(this.target)} within ${ms} ms`, {
      kind: 'timeout',
      target: this.target,
    })
  }

  /** What went wrong; the caller's signal and the deadline go before whatever else did. */
  kindOf(error: unknown): ModelFailureKind {
    if (this.facts.signal?.aborted === true) return 'cancelled'
    return this.deadline.signal.aborted ? 'timeout' : classify(error, this.parts.options.clock.now()).kind
  }

  /** What every event of it carries. */
  base({ provider, model }: ModelTarget = this.target): ModelEventBase {
    const at = this.parts.options.clock.now()
    return { at, requestId: this.#id, scope: this.scope, provider, model }
  }

  /** What is kept in the cache of such a request; a look that found nothing is told at its end. */
  async cached(kind: string): Promise<{ readonly key: string; readonly kept?: unknown } | undefined> {
    const key = await this.parts.cache?.keyOf(this.facts, kind)
    if (key === undefined) return undefined
    const found = this.parts.cache?.get(key)
    this.#cache = found === undefined ? 'miss' : 'hit'
    return found === undefined ? { key } : { key, kept: found.kept }
  }

  /** The first chunk has come. */
  began(): void {
    this.#firstChunkMs = this.parts.options.clock.now() - this.#startedAt
  }

  /** Counts what was really used; where nobody says, what was set aside stays counted. Never rejects. */
  async settle({ reservation, turn }: Settling, usage: TokenUsage | undefined): Promise<void> {
    if (usage === undefined) return
    turn?.settle(usage.inputTokens + usage.outputTokens)
    await this.giveBack(reservation, usage)
  }

  /** As {@link ModelRun.settle} for a reservation; without a usage, all of it is free again. */
  async giveBack(reservation: Reservation, usage?: TokenUsage): Promise<void> {
    const { clock } = this.parts.options
    const late = (): Error => new GovernanceError('store-failed', `the store did not answer within ${SETTLE_MS} ms`)
    const deadline = new Deadline({ clock, ms: SETTLE_MS, outer: undefined, late })
    try {
      await deadline.race(Promise.resolve(reservation.settle(usage)))
    } catch (error) {
      this.parts.tell({ type: 'budget-unsettled', ...this.base(), error })
    } finally {
      deadline.end()
    }
  }

  succeeded(usage: TokenUsage | undefined): void {
    this.#end({ status: 'succeeded' }, usage)
  }

  failed(error: unknown, usage?: TokenUsage): void {
    const kind = this.kindOf(error)
    this.#end({ status: kind === 'cancelled' ? 'cancelled' : 'failed', kind }, usage)
  }

  #end(how: Pick<ModelRequestEnded, 'status' | 'kind'>, usage: TokenUsage | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.deadline.end()
    const { prices } = this.parts.options
    const cost = usage && costOf(prices, this.target, usage)
    const base = this.base()
    this.parts.tell({
      type: 'model-request-ended',
      ...base,
      ...how,
      attempts: this.attempts,
      latencyMs: base.at - this.#startedAt,
      ...(this.#firstChunkMs === undefined ? {} : { firstChunkMs: this.#firstChunkMs }),
      ...(usage === undefined ? {} : { usage }),
      ...(cost === undefined ? {} : { cost: cost / 1_000_000 }),
      ...(this.#cache === undefined ? {} : { cache: this.#cache }),
    })
  }
}
