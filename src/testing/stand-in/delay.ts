import type { Clock } from '../../ambient.js'

/** Time that passes, and can be let go. */
export interface Delay {
  readonly over: Promise<unknown>
  readonly cancel: () => void
}

/** Milliseconds of a clock. */
export function delay(clock: Clock, ms: number): Delay {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { over: promise, cancel: clock.after(ms, resolve) }
}
