import type { AskPerson } from '../call/ask.js'
import type { StreamEvent } from '../stream/events.js'
import type { RegisteredTool } from '../tools/tool.js'
import type { Segment } from './flatten.js'
import { runLoop } from './loop.js'
import { makeWire, modelOf } from './make-wire.js'
import type { Api, GovernedOpenAIOptions, RunOptions } from './options.js'
import type { Pending } from './pending.js'
import type { GovernedRunResult } from './result.js'
import { openSession, type RunSession } from './session.js'

/** What a run is driven with. */
export interface Driven<API extends Api> {
  readonly options: GovernedOpenAIOptions<API>
  readonly run: RunOptions<API>
  readonly tools: ReadonlyMap<string, RegisteredTool>
  readonly pending: Pending
  readonly isStreamed: boolean
  readonly askPerson?: AskPerson | undefined
  /** A session that was opened before. */
  readonly session?: RunSession
}

/** What a run tells as it is driven: its events, and stretches of streams that tell of themselves. */
export type Driving<API extends Api> =
  | StreamEvent<GovernedRunResult<API>>
  | Segment<StreamEvent<GovernedRunResult<API>>>

/** Drives a run to its end, and tells of it as it goes. The last event is `final_response`. */
export async function* drive<API extends Api>(
  driven: Driven<API>,
): AsyncGenerator<Driving<API>, GovernedRunResult<API>, undefined> {
  const { options, run, tools, isStreamed, pending } = driven
  const model = modelOf(options, run)
  // What is registered during a run is for the next one.
  const known = new Map(tools)
  const wire = makeWire({ options, run, model, tools: known })
  const session = driven.session ?? openSession(options, { ...run, model }, known, driven.askPerson)
  const { log, performer, scope } = session
  const { concurrency = 1, decideTogether = false } = options
  const { signal, maxToolRounds = options.maxToolRounds ?? 8 } = run
  try {
    const looped = yield* runLoop({
      wire,
      performer,
      log,
      isStreamed,
      maxToolRounds,
      concurrency,
      decideTogether,
      signal,
    })
    const { turn, history, usages, approvalLoops } = looped
    const result: GovernedRunResult<API> = {
      llmResponse: turn.response,
      text: turn.text,
      execution: { events: [...log.events], last: log.events.at(-1) },
      approvalLoop: approvalLoops.at(-1),
      approvalLoops,
      incomplete: turn.incomplete,
      history,
      usages,
      traceId: scope.traceId,
      sessionId: scope.sessionId,
    }
    pending.remember(result, run, turn.responseId)
    yield { type: 'final_response', response: result }
    return result
  } finally {
    session.end()
  }
}
