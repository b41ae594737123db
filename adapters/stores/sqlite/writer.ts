import type { Awaitable } from 'countersign'
import { jitter, stayedBusy } from './busy.js'
import { isBusy, storeFailed } from './errors.js'
import type { SqliteLike } from './sqlite-like.js'
import { always, inTransaction } from './transaction.js'

/** A group of more writes than this would hold the event loop, and the lock, for milliseconds. */
const MAX_GROUP = 256

interface Job {
  readonly run: () => unknown
  readonly holds: (value: unknown) => boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly until: number
}

type Settle = () => void

/** How a {@link Writer} goes about it. */
export interface WriterOptions {
  readonly busyTimeoutMs: number
  /** Whether a write waits for the others of its turn. */
  readonly groups: boolean
}

/**
 * The one way to write. A write that finds the database free is done at once and returns a plain value. One that does
 * not waits its turn off the event loop, and those that come meanwhile wait with it: they are committed as a group, in
 * the order they came, each with a result of its own. With `groups`, all that one turn of the event loop brings is a group.
 */
export class Writer {
  readonly #database: SqliteLike
  readonly #busyTimeoutMs: number
  readonly #groups: boolean
  readonly #onRollback: () => void
  #queue: Job[] = []
  #attempt = 0
  #whenIdle: Settle[] = []

  /** Tells when something that was written is taken back. */
  constructor(database: SqliteLike, { busyTimeoutMs, groups }: WriterOptions, onRollback: () => void) {
    this.#database = database
    this.#busyTimeoutMs = busyTimeoutMs
    this.#groups = groups
    this.#onRollback = onRollback
  }

  /** Runs statements in one transaction: all of them or none. What they come to is given back also where it does not hold, and is taken back then. */
  transaction<T>(run: () => T, holds: (value: T) => boolean = always): Awaitable<T> {
    if (this.#queue.length === 0 && !this.#groups) {
      try {
        return this.#alone(run, holds)
      } catch (error) {
        if (!isBusy(error)) throw storeFailed(error)
      }
    }
    return new Promise<T>((resolve, reject) => {
      const until = performance.now() + this.#busyTimeoutMs
      const job = { run, holds, resolve, reject, until }
      this.#queue.push(job as Job)
      if (this.#queue.length === 1) this.#begin()
    })
  }

  /** Resolves once nothing waits any more. */
  idle(): Awaitable<void> {
    if (this.#queue.length === 0) return undefined
    return new Promise(resolve => this.#whenIdle.push(resolve))
  }

  #alone<T>(run: () => T, holds: (value: T) => boolean): T {
    let held = false
    try {
      return inTransaction(this.#database, run, value => (held = holds(value)))
    } finally {
      if (!held) this.#onRollback()
    }
  }

  #begin(): void {
    if (this.#groups) setImmediate(() => this.#commitGroup())
    else this.#retryIn(jitter(0))
  }

  #retryIn(ms: number): void {
    setTimeout(() => {
      this.#commitGroup()
    }, ms)
  }

  #commitGroup(): void {
    const group = this.#queue.slice(0, MAX_GROUP)
    let settled: readonly Settle[]
    try {
      settled = this.#allAtOnce(group) ?? inTransaction(this.#database, () => group.map(job => this.#runOne(job)))
    } catch (error) {
      this.#onRollback()
      if (isBusy(error)) return this.#stillBusy(error)
      settled = group.map(({ reject }) => () => {
        reject(storeFailed(error))
      })
    }
    this.#attempt = 0
    this.#queue = this.#queue.slice(group.length)
    for (const settle of settled) settle()
    if (this.#groups && this.#queue.length > 0) this.#begin()
    else this.#goOn(0)
  }

  /** In the hope that each of them holds, which saves two statements a write; nothing where one does not. */
  #allAtOnce(group: readonly Job[]): readonly Settle[] | undefined {
    const settled: Settle[] = []
    const hold = ({ run, holds, resolve }: Job): boolean => {
      const value = run()
      settled.push(() => {
        resolve(value)
      })
      return holds(value)
    }
    try {
      if (inTransaction(this.#database, () => group.every(hold), Boolean)) return settled
    } catch (error) {
      if (isBusy(error)) throw error
    }
    this.#onRollback()
    return undefined
  }

  /** Within the group's transaction: a write that fails, or does not hold, takes back its own changes and leaves the others theirs. */
  #runOne({ run, holds, resolve, reject }: Job): Settle {
    this.#database.exec('savepoint job')
    try {
      const value = run()
      if (holds(value)) this.#database.exec('release job')
      else this.#takeBack()
      return () => {
        resolve(value)
      }
    } catch (error) {
      if (isBusy(error)) throw error
      this.#takeBack()
      return () => {
        reject(storeFailed(error))
      }
    }
  }

  #takeBack(): void {
    this.#database.exec('rollback to job; release job')
    this.#onRollback()
  }

  #stillBusy(error: unknown): void {
    const now = performance.now()
    const late = this.#queue.filter(({ until }) => until <= now)
    this.#queue = this.#queue.filter(({ until }) => until > now)
    for (const { reject } of late) reject(stayedBusy(this.#busyTimeoutMs, error))
    this.#attempt++
    this.#goOn(jitter(this.#attempt))
  }

  #goOn(delayMs: number): void {
    if (this.#queue.length > 0) return this.#retryIn(delayMs)
    this.#attempt = 0
    for (const settle of this.#whenIdle.splice(0)) settle()
  }
}
