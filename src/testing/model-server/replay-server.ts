import { loopback, type ModelServer } from './loopback.js'
import type { ReplayStep } from './step.js'

/** Path suffixes (`/responses`, `/chat/completions`) to the answers given on them, in order. */
export type ReplayRoutes = Readonly<Record<string, readonly ReplayStep[]>>

/**
 * Answers on loopback with recorded or written provider responses, so that unmodified clients run against them.
 * A request beyond the last step of its route, or to no route, is answered with status 400, which no client retries.
 */
export function replayServer(routes: ReplayRoutes): Promise<ModelServer> {
  const remaining = new Map(Object.entries(routes).map(([suffix, steps]) => [suffix, [...steps]]))
  return loopback(({ path }) => {
    const suffix = [...remaining.keys()].find(key => path.endsWith(key))
    return suffix === undefined ? undefined : remaining.get(suffix)?.shift()
  })
}
