import type { Awaitable } from 'countersign'
import { patiently } from './busy.js'
import { storeFailed } from './errors.js'
import type { SqliteLike } from './sqlite-like.js'
import type { WriterOptions } from './writer.js'
import { rollBack } from './transaction.js'

interface Question {
  readonly ask: () => unknown
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * The one way to read. With `groups`, what one turn of the event loop asks is read at its end as of one instant, which is
 * after all of it was asked: SQLite takes and lets go of its locks once, and a question that several ask is asked once.
 */
export class Reader {
  readonly #database: SqliteLike
  readonly #options: WriterOptions
  #asked: Question[] = []

  constructor(database: SqliteLike, options: WriterOptions) {
    this.#database = database
    this.#options = options
  }

  /** @throws GovernanceError `store-failed` */
  read<T>(ask: () => T): Awaitable<T> {
    if (!this.#options.groups) return this.#alone(ask)
    return new Promise<T>((resolve, reject) => {
      this.#asked.push({ ask, resolve: resolve as Question['resolve'], reject })
      if (this.#asked.length === 1) setImmediate(() => this.#answer())
    })
  }

  /** Reads now what is asked and not answered yet. */
  flush(): void {
    if (this.#asked.length > 0) this.#answer()
  }

  #alone<T>(ask: () => T): Awaitable<T> {
    try {
      const answer = patiently(ask, this.#options.busyTimeoutMs)
      return answer instanceof Promise ? answer.catch(refuse) : answer
    } catch (error) {
      return refuse(error)
    }
  }

  #answer(): void {
    const asked = this.#asked
    this.#asked = []
    const answers = this.#together(asked)
    // What came after one that failed is asked by itself.
    for (const { ask, resolve, reject } of asked) {
      try {
        resolve(answers.has(ask) ? answers.get(ask) : this.#alone(ask))
      } catch (error) {
        reject(error)
      }
    }
  }

  /** As of one instant, up to the first that fails. */
  #together(asked: readonly Question[]): ReadonlyMap<() => unknown, unknown> {
    const answers = new Map<() => unknown, unknown>()
    try {
      this.#database.exec('begin')
    } catch {
      // Whoever shares the handle may be in the middle of a transaction, which is theirs to end.
      return answers
    }
    try {
      for (const { ask } of asked) if (!answers.has(ask)) answers.set(ask, ask())
      this.#database.exec('commit')
    } catch {
      rollBack(this.#database)
    }
    return answers
  }
}

function refuse(error: unknown): never {
  throw storeFailed(error)
}
