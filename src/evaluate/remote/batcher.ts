import { soon } from '../../ambient.js'

/** One question of several. */
interface Job<QUESTION, ANSWER> {
  readonly question: QUESTION
  readonly patience: Patience
  readonly resolve: (answer: ANSWER) => void
  readonly reject: (error: unknown) => void
}

/** How long an answer is of use. */
export interface Patience {
  readonly signal: AbortSignal
  /** Milliseconds until the signal aborts. */
  readonly remainingMs: number
}

/** How questions are asked. */
export interface Asking<QUESTION, ANSWER> {
  /** At most this many together. */
  readonly maxSize: number
  readonly askOne: (question: QUESTION, patience: Patience) => Promise<ANSWER>
  /** In the order asked; nothing where questions cannot be asked together, and are to be asked one by one. */
  readonly askAll: (questions: readonly QUESTION[], patience: Patience) => Promise<readonly ANSWER[] | undefined>
}

/** Asks together what is asked at the same time: the parallel calls of one model turn. A lone question does not wait for others. */
export class Batcher<QUESTION, ANSWER> {
  readonly #asking: Asking<QUESTION, ANSWER>
  #jobs: Job<QUESTION, ANSWER>[] = []

  constructor(asking: Asking<QUESTION, ANSWER>) {
    this.#asking = asking
  }

  ask(question: QUESTION, patience: Patience): Promise<ANSWER> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ question, patience, resolve, reject })
      // Not in this turn of the event loop: whatever else it brings is asked with it.
      if (this.#jobs.length === 1) soon(() => this.#flush())
    })
  }

  #flush(): void {
    const jobs = this.#jobs
    this.#jobs = []
    const { maxSize } = this.#asking
    for (let start = 0; start < jobs.length; start += maxSize) void this.#settle(jobs.slice(start, start + maxSize))
  }

  /** Never rejects. */
  async #settle(jobs: readonly Job<QUESTION, ANSWER>[]): Promise<void> {
    const { askAll } = this.#asking
    if (jobs.length === 1) return this.#each(jobs)
    try {
      const questions = jobs.map(({ question }) => question)
      const { patience, over } = longest(jobs.map(job => job.patience))
      const answers = await askAll(questions, patience).finally(over)
      if (answers === undefined) return this.#each(jobs)
      for (const [index, job] of jobs.entries()) job.resolve(answers[index] as ANSWER)
    } catch (error) {
      for (const { reject } of jobs) reject(error)
    }
  }

  #each(jobs: readonly Job<QUESTION, ANSWER>[]): void {
    for (const { question, patience, resolve, reject } of jobs) {
      this.#asking.askOne(question, patience).then(resolve, reject)
    }
  }
}

/** As long as one of them waits; `over` lets go of their signals. */
function longest(patiences: readonly Patience[]): { readonly patience: Patience; readonly over: () => void } {
  const abort = new AbortController()
  let waiting = patiences.length
  const leaving = patiences.map(({ signal }) => {
    const leave = (): void => {
      waiting--
      if (waiting === 0) abort.abort(signal.reason)
    }
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
    return () => {
      signal.removeEventListener('abort', leave)
    }
  })
  const remainingMs = Math.max(...patiences.map(patience => patience.remainingMs))
  const over = (): void => {
    for (const stop of leaving) stop()
  }
  return { patience: { signal: abort.signal, remainingMs }, over }
}
