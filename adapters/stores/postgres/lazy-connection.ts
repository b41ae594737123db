import { GovernanceError } from 'countersign'
import type { Connection } from './connection.js'

/** A connection that is made at first use. */
export interface LazyConnection {
  /** Does something with the connection. */
  readonly use: <T>(action: (connection: Connection) => Promise<T>) => Promise<T>
  /** Waits for what was begun, and closes. Again: nothing. */
  readonly close: () => Promise<void>
}

/** Keeps a connection from its first use on. One that failed is tried again by the next use. */
export function lazyConnection(open: () => Promise<Connection>): LazyConnection {
  let connection: Promise<Connection> | undefined
  let closing: Promise<void> | undefined
  const begun = new Set<Promise<unknown>>()

  const opened = (): Promise<Connection> => {
    const opening = (connection ??= open())
    opening.catch(() => {
      if (connection === opening) connection = undefined
    })
    return opening
  }
  const closeOpened = async (): Promise<void> => {
    await Promise.allSettled(begun)
    const ready = await connection?.catch(() => undefined)
    await ready?.close()
  }

  return {
    use: async action => {
      if (closing !== undefined) throw new GovernanceError('closed', 'The postgres store is closed.')
      const doing = opened().then(action)
      begun.add(doing)
      try {
        return await doing
      } finally {
        begun.delete(doing)
      }
    },
    close: () => (closing ??= closeOpened()),
  }
}
