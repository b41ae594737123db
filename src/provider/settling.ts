import type { Reservation } from './budgets.js'
import type { Turn } from './limiter.js'

/** What is counted for a request until it is known what it took. */
export interface Settling {
  readonly reservation: Reservation
  readonly turn: Turn | undefined
}
