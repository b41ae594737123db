/** What is bound to a statement. */
export type SqlValue = string | number | boolean | null | readonly string[] | Uint8Array

/** A row, every value as the text the server sent: what a pool's own type parsers make of it is left aside. */
export type Row = Readonly<Record<string, string | null>>

/** A statement as `pg` takes it. With a name it is prepared once a connection. */
export interface QueryLike {
  readonly name?: string
  readonly text: string
  readonly values?: SqlValue[]
  readonly types?: { readonly getTypeParser: () => (value: string) => string }
}

/** A message of LISTEN. */
export interface NotificationLike {
  readonly channel: string
  readonly payload?: string | undefined
}

/** The part of a checked-out connection that is used. */
export interface ClientLike {
  readonly query: (query: QueryLike) => Promise<{ readonly rows: unknown[] }>
  /** With an argument the connection is closed instead of used again. */
  readonly release: (destroy?: boolean) => void
  // oxlint-disable-next-line typescript/no-explicit-any -- `pg` types its listeners event by event
  on(event: 'error' | 'end' | 'notification', listener: (value: any) => void): unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  removeListener(event: 'error' | 'end' | 'notification', listener: (value: any) => void): unknown
  /** Whether statements may be sent without waiting for the answers to those before. */
  readonly pipeline?: boolean
  readonly ref?: () => void
  readonly unref?: () => void
}

/** The part of a pool that is used. `Pool` of `pg` has it. */
export interface PoolLike {
  readonly connect: () => Promise<ClientLike>
}
