import type { ApprovalLoop } from 'countersign'
import type { EventLog } from '../call/event-log.js'
import type { Performed, Performer } from '../call/performer.js'
import type { ProposedCall } from '../call/proposed.js'
import { MaxIterationsReachedError } from '../errors.js'
import type { StreamUsage } from '../stream/events.js'
import type { Told, Turn, Wire } from '../wire/wire.js'

/** What a loop is made of. */
export interface LoopParts<RESPONSE, ITEM> {
  readonly wire: Wire<RESPONSE, ITEM>
  readonly performer: Performer
  readonly log: EventLog
  readonly isStreamed: boolean
  readonly maxToolRounds: number
  readonly concurrency: number
  readonly decideTogether: boolean
  readonly signal: AbortSignal | undefined
}

/** What a loop comes to. */
export interface Looped<RESPONSE, ITEM> {
  readonly turn: Turn<RESPONSE>
  readonly history: readonly ITEM[]
  readonly usages: readonly StreamUsage[]
  readonly approvalLoops: readonly ApprovalLoop[]
}

/**
 * Asks, decides, executes, and tells the model what came of it, until it has nothing more to call. Calls are performed only
 * from a complete answer.
 *
 * @throws MaxIterationsReachedError, ProviderResponseError; what the client throws; the signal's reason
 */
export async function* runLoop<RESPONSE, ITEM>(
  parts: LoopParts<RESPONSE, ITEM>,
): AsyncGenerator<Told, Looped<RESPONSE, ITEM>, undefined> {
  const { wire, log, isStreamed, maxToolRounds, signal } = parts
  const usages: StreamUsage[] = []
  for (let round = 0; ; round++) {
    signal?.throwIfAborted()
    const turn = yield* wire.ask(isStreamed)
    if (turn.usage !== undefined) usages.push(turn.usage)
    if (turn.calls.length === 0) {
      const approvalLoops = log.events.flatMap(({ approvalLoop }) => approvalLoop ?? [])
      return { turn, history: [...wire.history()], usages, approvalLoops }
    }
    if (round === maxToolRounds) throw new MaxIterationsReachedError(maxToolRounds, turn.responseId)
    if (parts.decideTogether) await parts.performer.decideAhead(turn.calls)
    const performed: Performed[] = []
    for (const batch of batches(turn.calls, parts.concurrency)) {
      signal?.throwIfAborted()
      const from = log.events.length
      performed.push(...(await Promise.all(batch.map(call => parts.performer.perform(call)))))
      for (const event of log.events.slice(from)) yield { type: 'execution_event', event }
    }
    wire.answer(performed)
  }
}

function batches(calls: readonly ProposedCall[], size: number): readonly (readonly ProposedCall[])[] {
  return Array.from({ length: Math.ceil(calls.length / size) }, (_, index) =>
    calls.slice(index * size, (index + 1) * size),
  )
}
