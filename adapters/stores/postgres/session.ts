import type { Row, SqlValue } from './pool-like.js'

/** Asks one statement. Its name is its own: it is prepared under it. */
export type Ask = (name: string, text: string, ...values: SqlValue[]) => Promise<readonly Row[]>

/** Where statements are asked: each in a transaction of its own, or several in one. */
export interface Session {
  /** Quoted, to go before the name of a table. */
  readonly schema: string
  /** A statement that changes nothing: it may be asked again when the connection is lost. */
  readonly read: Ask
  /** A statement that changes something. */
  readonly write: Ask
}

/** Several statements in one transaction. */
export interface Transaction extends Session {
  /** A statement that changes something, after which no other comes: where it can be, it is sent together with the end of the transaction. */
  readonly last: Ask
}
