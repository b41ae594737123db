import { isLost, isRetryable, storeFailed } from './errors.js'
import { text } from './encode.js'
import type { ClientLike, PoolLike, QueryLike, Row, SqlValue } from './pool-like.js'
import type { Ask, Session, Transaction } from './session.js'

/** So often a transaction is made that others keep coming in between. */
const MAX_ATTEMPTS = 10
/** A process that stops in the middle of a transaction must not hold its locks for ever. */
const IDLE_MS = 10_000
const AS_SENT = { getTypeParser: () => (value: string) => value }

/**
 * A database behind a pool. Whatever it throws is a GovernanceError. What a transaction wrote is there as a whole, or it is
 * reported as failed: where the connection breaks while it is committed, nobody can say which of both it is, and it is
 * reported as failed.
 */
export class Database implements Session {
  readonly schema: string
  readonly #pool: PoolLike
  readonly #prefix: string
  readonly #begin: QueryLike
  readonly #isBound: boolean

  /** Where a tenant is given, every transaction is bound to it by the server. */
  constructor(pool: PoolLike, schema: string, tenant: string | undefined) {
    this.#pool = pool
    this.schema = `"${schema}"`
    this.#prefix = `${schema}: `
    this.#isBound = tenant !== undefined
    const binding = tenant === undefined ? '' : `; set local countersign.tenant = ${literal(text(tenant))}`
    this.#begin = { text: `begin; set local idle_in_transaction_session_timeout = ${IDLE_MS}${binding}` }
  }

  readonly read: Ask = async (name, sql, ...values) => {
    const query = this.#query(name, sql, values)
    try {
      return await this.#alone(query)
    } catch (error) {
      if (!isLost(error)) throw storeFailed(error)
    }
    return this.#alone(query).catch(refuse)
  }

  readonly write: Ask = (name, sql, ...values) => this.#patiently(() => this.#alone(this.#query(name, sql, values)))

  /** Asks several statements in one transaction, again from the beginning where another transaction came in between. */
  transaction<T>(work: (session: Transaction) => Promise<T>): Promise<T> {
    return this.#patiently(() => this.connected(client => this.#together(client, work)))
  }

  /** Lends a connection, and closes it where it broke. */
  async connected<T>(work: (client: ClientLike) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    let broken = false
    // What happens to a connection shows in its statements; an `error` without a listener would end the process.
    const notice = (): void => {
      broken = true
    }
    client.on('error', notice)
    try {
      return await work(client)
    } catch (error) {
      broken ||= isLost(error)
      throw error
    } finally {
      client.removeListener('error', notice)
      client.release(broken)
    }
  }

  async #together<T>(client: ClientLike, work: (session: Transaction) => Promise<T>): Promise<T> {
    const ask: Ask = async (name, sql, ...values) => rowsOf(await client.query(this.#query(name, sql, values)))
    let committing: Promise<unknown> | undefined
    const last: Ask = async (name, sql, ...values) => {
      const asking = ask(name, sql, ...values)
      if (client.pipeline === true) committing = settled(client.query({ text: 'commit' }))
      return asking
    }
    // The first statement goes out together with it; whatever comes after a beginning that fails, fails too.
    const begun = settled(client.query(this.#begin))
    if (client.pipeline !== true) await begun
    try {
      const value = await work({ schema: this.schema, read: ask, write: ask, last })
      await begun
      await (committing ?? client.query({ text: 'commit' }))
      return value
    } catch (error) {
      if (!isLost(error)) await client.query({ text: 'rollback' })
      throw error
    }
  }

  #alone(query: QueryLike): Promise<readonly Row[]> {
    return this.connected(async client => {
      if (!this.#isBound) return rowsOf(await client.query(query))
      const [, answer] = await inTurn(client, [this.#begin, query, { text: 'commit' }])
      return rowsOf(answer)
    })
  }

  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    for (let count = 1; ; count++) {
      try {
        return await attempt()
      } catch (error) {
        if (count === MAX_ATTEMPTS || !isRetryable(error)) throw storeFailed(error)
        await new Promise(resolve => setTimeout(resolve, Math.random() * 2 ** count))
      }
    }
  }

  #query(name: string, sql: string, values: SqlValue[]): QueryLike {
    return { name: this.#prefix + name, text: sql, values, types: AS_SENT }
  }
}

type Answer = Awaited<ReturnType<ClientLike['query']>>

/** Sends statements of one transaction, at once where the connection allows it: they cost one round trip then. */
async function inTurn(client: ClientLike, queries: readonly QueryLike[]): Promise<readonly Answer[]> {
  if (client.pipeline === true) {
    const answers = await Promise.allSettled(queries.map(query => client.query(query)))
    // The server answers a commit with a rollback where a statement before it failed.
    return answers.map(answer => {
      if (answer.status === 'rejected') throw answer.reason
      return answer.value
    })
  }
  const answers: Answer[] = []
  try {
    for (const query of queries) answers.push(await client.query(query))
  } catch (error) {
    if (!isLost(error)) await client.query({ text: 'rollback' })
    throw error
  }
  return answers
}

/** A promise that is looked at later: until then its failure is nobody's. */
function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

function rowsOf(answer: Answer | undefined): readonly Row[] {
  return (answer?.rows ?? []) as Row[]
}

function literal(value: string): string {
  return ` E'${value.replaceAll('\\', String.raw`\\`).replaceAll("'", "''")}'`
}

function refuse(error: unknown): never {
  throw storeFailed(error)
}
