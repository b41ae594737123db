/** What a process does. */
export interface ReportsTask {
  readonly name: string
  /** Path of the store. */
  readonly database: string
  /** Where the service is. */
  readonly url: string
  /** Epoch milliseconds at which it begins. */
  readonly now: number
  /** It tells what is left and ends, in the place of running calls until it is killed. */
  readonly delivers: boolean
}
