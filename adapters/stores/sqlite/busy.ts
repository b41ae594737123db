import { GovernanceError } from 'countersign'
import { isBusy } from './errors.js'

const FIRST_DELAY_MS = 2
const MAX_DELAY_MS = 20

/** A random time to wait before the next attempt, longer from attempt to attempt: whoever waits must not wake in step with the others. */
export function jitter(attempt: number): number {
  return Math.random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 1.5 ** attempt)
}

/**
 * Does at once what nobody keeps from being done, and otherwise tries again later without blocking the event loop, as
 * SQLite's own busy timeout would.
 *
 * @throws GovernanceError `store-failed` when others held the database for `timeoutMs`
 */
export function patiently<T>(action: () => T, timeoutMs: number): T | Promise<T> {
  try {
    return action()
  } catch (error) {
    if (!isBusy(error)) throw error
    return retry(action, timeoutMs)
  }
}

async function retry<T>(action: () => T, timeoutMs: number): Promise<T> {
  const until = performance.now() + timeoutMs
  for (let attempt = 0; ; attempt++) {
    await new Promise(resolve => setTimeout(resolve, jitter(attempt)))
    try {
      return action()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (performance.now() >= until) throw stayedBusy(timeoutMs, error)
    }
  }
}

/** Other processes held the database for longer than was waited. */
export function stayedBusy(timeoutMs: number, cause: unknown): GovernanceError {
  return new GovernanceError(
    'store-failed',
    `The sqlite store failed: other connections held the database for ${timeoutMs} ms (option \`busyTimeoutMs\`)`,
    { cause },
  )
}
