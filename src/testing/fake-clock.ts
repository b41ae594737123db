import type { Clock } from '../ambient.js'

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Goes on by `ms` and runs what falls due, in order, each at its own time; what is set meanwhile runs too if it falls due. @throws RangeError for a negative time */
  readonly advance: (ms: number) => void
  /** Milliseconds until something falls due; nothing where nothing is set. */
  readonly untilNext: () => number | undefined
}

interface Timer {
  readonly due: number
  readonly action: () => void
}

/** A clock for tests. `start` is in epoch milliseconds. @defaultValue the first of January 2026, UTC */
export function fakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start
  let timers: readonly Timer[] = []

  const nextDue = (until: number): Timer | undefined => {
    let next: Timer | undefined
    for (const timer of timers) if (timer.due <= until && (next === undefined || timer.due < next.due)) next = timer
    return next
  }
  const remove = (timer: Timer): void => {
    timers = timers.filter(other => other !== timer)
  }

  return {
    now: () => now,
    after: (ms, action) => {
      const timer = { due: now + Math.max(0, ms), action }
      timers = [...timers, timer]
      return () => {
        remove(timer)
      }
    },
    advance: ms => {
      if (!(ms >= 0)) throw new RangeError(`advance: expected milliseconds of 0 or more; found ${ms}`)
      const until = now + ms
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        remove(timer)
        now = Math.max(now, timer.due)
        timer.action()
      }
      now = Math.max(now, until)
    },
    untilNext: () => {
      const next = nextDue(Number.POSITIVE_INFINITY)
      return next && Math.max(0, next.due - now)
    },
  }
}
