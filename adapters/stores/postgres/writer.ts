import type { AuditBatch, CommitResult } from 'countersign'
import { type Head, lockHead, sealAfter } from './audit.js'
import type { Database } from './database.js'
import { isLost, storeFailed } from './errors.js'
import { plain } from './encode.js'
import type { Ask } from './session.js'

/** A group of more commits than this would hold the head of the chain for long. */
const MAX_GROUP = 64

interface Job {
  /** As `commitText` makes it. */
  readonly text: string
  readonly batch: AuditBatch
  readonly resolve: (result: CommitResult) => void
  readonly reject: (error: unknown) => void
}

/** What the server answers of a group. */
interface Answer {
  /** The head is another by now: nothing was made. */
  readonly stale?: true
  /** So many were made, from the first on. */
  readonly made: number
  /** What was in the way of the next one. */
  readonly verdict:
    | { readonly exceeded: string }
    | { readonly conflict: 'approval' | 'receipt' | 'grant' | 'document' }
    | null
}

const COMMITTED: CommitResult = { committed: true }

/**
 * Writes commits. One without entries of the audit log is written at once, beside others. Those with entries follow one another,
 * for each is chained to the one before: what comes while one group is written is the next group, and one statement makes it.
 * It is sealed to the head as this process knows it, and the server makes it only if the head still is that. Where another process
 * has written since, the head is locked first, and held for one round trip more.
 */
export class Writer {
  readonly #database: Database
  readonly #log: string
  #queue: Job[] = []
  #running: Promise<void> | undefined
  #head: Head | undefined
  /** Whether another process wrote between the last two groups: it will again, and to try with the head as it was would be in vain. */
  #isShared = false

  constructor(database: Database, log: string) {
    this.#database = database
    this.#log = log
  }

  async commit(text: string, batch: AuditBatch | undefined): Promise<CommitResult> {
    if (batch === undefined || batch.entries.length === 0) {
      const { write, schema } = this.#database
      const { verdict } = await make(write, schema, [text], undefined, undefined)
      return resultOf(verdict)
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ text, batch, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves once nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // What is asked for in this turn goes together.
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#write(this.#queue.splice(0, MAX_GROUP))
    this.#running = undefined
  }

  async #write(group: readonly Job[]): Promise<void> {
    let rest = group
    while (rest.length > 0) {
      try {
        const { made, verdict } = await this.#make(rest)
        for (const { resolve } of rest.slice(0, made)) resolve(COMMITTED)
        if (verdict !== null) rest[made]?.resolve(resultOf(verdict))
        rest = rest.slice(verdict === null ? made : made + 1)
      } catch (error) {
        this.#head = undefined
        const [first, ...others] = rest
        if (first === undefined) return
        if (others.length > 0 && !isLost(causeOf(error))) {
          // Of which of them the server would not hear is not known: each is asked for by itself.
          for (const job of rest) await this.#write([job])
          return
        }
        for (const { reject } of rest) reject(storeFailed(error))
        return
      }
    }
  }

  async #make(group: readonly Job[]): Promise<Answer> {
    const known = this.#head
    if (known !== undefined && !this.#isShared) {
      const answer = await this.#sealed(this.#database.write, group, known)
      if (answer.stale !== true) return answer
    }
    return this.#database.transaction(async session => {
      const head = await lockHead(session, this.#log)
      this.#isShared = known !== undefined && known.hash !== head.hash
      return this.#sealed(session.last, group, head)
    })
  }

  async #sealed(ask: Ask, group: readonly Job[], known: Head): Promise<Answer> {
    let head = known
    const heads: Head[] = []
    const texts: string[] = []
    for (const { text, batch } of group) {
      const sealed = await sealAfter(head, batch)
      texts.push(`${text.slice(0, -1)},"audit":${JSON.stringify(sealed.entries)}}`)
      heads.push((head = sealed.head))
    }
    const answer = await make(ask, this.#database.schema, texts, this.#log, known)
    this.#head = answer.stale === true ? undefined : (heads[answer.made - 1] ?? known)
    return answer
  }
}

async function make(
  ask: Ask,
  schema: string,
  texts: readonly string[],
  log: string | undefined,
  head: Head | undefined,
): Promise<Answer> {
  const [row] = await ask(
    'commit',
    `select ${schema}.commit($1, $2, $3, $4) as answer`,
    `[${texts.join(',')}]`,
    log ?? null,
    head?.seq ?? null,
    head?.hash ?? null,
  )
  return JSON.parse(row?.['answer'] ?? '') as Answer
}

function resultOf(verdict: Answer['verdict']): CommitResult {
  if (verdict === null) return COMMITTED
  return 'exceeded' in verdict
    ? { committed: false, exceeded: plain(verdict.exceeded) }
    : { committed: false, conflict: verdict.conflict }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error
}
