import { type Awaitable, GovernanceError } from 'countersign'
import type { Connection } from './connection.js'
import { storeFailed } from './errors.js'

/** A connection that is opened at first use. */
export interface LazyConnection {
  /** Does something with the connection: at once if it is open, or can be opened at once. */
  readonly use: <T>(action: (connection: Connection) => Awaitable<T>) => Awaitable<T>
  /** Waits for what was begun, and closes. Again: nothing. */
  readonly close: () => Awaitable<void>
}

/** Holds a connection open from its first use on. An opening that failed is tried again by the next use. */
export function lazyConnection(open: () => Connection | Promise<Connection>): LazyConnection {
  let connection: Connection | undefined
  let opening: Promise<Connection> | undefined
  let closing: { readonly done: Awaitable<void> } | undefined

  const opened = (): Connection | Promise<Connection> => {
    if (opening !== undefined) return opening
    try {
      const started = open()
      if (!(started instanceof Promise)) return (connection = started)
      opening = settle(started)
      return opening
    } catch (error) {
      throw storeFailed(error)
    }
  }
  const settle = async (started: Promise<Connection>): Promise<Connection> => {
    try {
      return (connection = await started)
    } catch (error) {
      throw storeFailed(error)
    } finally {
      opening = undefined
    }
  }
  const closeOpened = (): Awaitable<void> => {
    if (opening !== undefined) return opening.then(ready => ready.close()).catch(() => undefined)
    return connection?.close()
  }

  return {
    use: action => {
      if (closing !== undefined) throw new GovernanceError('closed', 'The sqlite store is closed.')
      if (connection !== undefined) return action(connection)
      const ready = opened()
      return ready instanceof Promise ? ready.then(action) : action(ready)
    },
    close: () => (closing ??= { done: closeOpened() }).done,
  }
}
