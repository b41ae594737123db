import type { TraceEvent } from './data.ts'
import type { Pass } from './prequential.ts'

const FIRST = 10
const FALSE_ALARMS = 0.01

/**
 * Share of the first ten bad calls of each attacker's goal that are caught at a threshold which one good call in a
 * hundred reaches; `undefined` where there are no goals.
 */
export function caughtEarly({ scored, events }: Pass): number | undefined {
  const good = scored.risk.filter((_, index) => !scored.bad[index]).toSorted((a, b) => b - a)
  const threshold = good[Math.floor(good.length * FALSE_ALARMS)] ?? 1
  const times = new Map<string, number>()
  const first = (event: TraceEvent): boolean => {
    const before = times.get(event.goal ?? '') ?? 0
    times.set(event.goal ?? '', before + 1)
    return before < FIRST
  }
  let seen = 0
  let caught = 0
  for (const [index, event] of events.entries()) {
    if (!event.isBad || event.goal === undefined || !first(event)) continue
    seen++
    if ((scored.risk[index] ?? 0) > threshold) caught++
  }
  return seen === 0 ? undefined : caught / seen
}
