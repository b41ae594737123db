import type { ModelTarget, RequestFacts, Scope } from 'countersign'
import type { RegisteredTool } from '../tools/tool.js'
import { asked } from '../wire/whole.js'
import { type Asking, direct, type Params } from './asking.js'
import type { Door } from './door.js'
import { changingTools, maxOutputTokens } from './facts.js'
import { brokenOff, type Broken, counted, watched } from './watched.js'

/** A run, as far as its requests go. */
export interface GuardedParts {
  readonly door: Door | undefined
  /** On whose behalf it is. */
  readonly scope: Scope
  readonly tools: ReadonlyMap<string, RegisteredTool>
  /** Tools that are not known before they are called. */
  readonly hasOtherTools?: boolean
  readonly signal: AbortSignal | undefined
  /** Told of the model that is asked: the last one is who answers. */
  readonly onAsked: (model: string) => void
}

/** How a run asks: through its guard, if it has one. The client tries nothing again then, so that nothing is multiplied. */
export function askingOf(run: GuardedParts): Asking {
  const { door, signal } = run
  if (door === undefined) return direct(signal)
  return {
    answer: (protocol, params, send) => {
      const request = { ...factsOf(door, run, params), usage: protocol.usage }
      const answering = door.guard.run(request, (target, call) => {
        run.onAsked(target.model)
        return send({ ...params, model: target.model }, { signal: call.signal, maxRetries: 0 })
      })
      return asked(answering, signal)
    },
    stream: async (protocol, params, send) => {
      let broken: Broken | undefined
      const onBroken = (how: Broken): void => {
        broken = how
      }
      const errorIn = (part: unknown): Broken | undefined => {
        const error = protocol.errorIn(part)
        if (error === undefined) return undefined
        broken = { error, part }
        return broken
      }
      const { usage, isOpening, isLast, ends } = protocol
      const request = { ...factsOf(door, run, params), usage, isOpening, isLast, errorIn }
      const opening = door.guard.stream(request, async (target, call) => {
        run.onAsked(target.model)
        const stream = await send({ ...params, model: target.model }, { signal: call.signal, maxRetries: 0 })
        return { chunks: watched(stream, ends, onBroken) }
      })
      try {
        const { chunks } = await asked(opening, signal)
        return counted(chunks, ends)
      } catch (error) {
        if (broken?.error === error) return brokenOff(broken as Broken)
        throw error
      }
    },
  }
}

function factsOf(door: Door, run: GuardedParts, params: Params): RequestFacts {
  const { model = '', ...body } = params
  const targets: readonly [ModelTarget, ...ModelTarget[]] = door.targetsOf(model)
  run.onAsked(model)
  const tools = [...changingTools(body, run.tools), ...(run.hasOtherTools === true ? ['fallback'] : [])]
  return { targets, body, scope: run.scope, signal: run.signal, maxOutputTokens: maxOutputTokens(body), tools }
}
