import type { Database } from './database.js'
import { plain } from './encode.js'
import { channelOf } from './channel.js'
import type { NotificationLike } from './pool-like.js'

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 5000

/** Told the key of what was written; nothing where anything may have been. */
export type Changed = (key: string | undefined) => void

/** Hears of what any process writes, on one connection for all who watch, which is held while somebody does. */
export class Watch {
  readonly #database: Database
  readonly #channel: string
  readonly #watchers = new Set<Changed>()
  #listening: Promise<void> | undefined
  #stop: (() => void) | undefined
  #isClosed = false

  constructor(database: Database) {
    this.#database = database
    this.#channel = channelOf(database.schema)
  }

  /** Resolves once it hears. A connection that is lost is replaced, and everybody told that something may have been missed. @throws where there is no connection */
  async add(changed: Changed): Promise<() => void> {
    this.#watchers.add(changed)
    try {
      await (this.#listening ??= this.#listen())
    } catch (error) {
      this.#watchers.delete(changed)
      this.#listening = undefined
      throw error
    }
    return () => {
      this.#watchers.delete(changed)
      if (this.#watchers.size === 0) this.#stop?.()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#watchers.clear()
    this.#stop?.()
  }

  /** Resolves once the server listens; the connection is given back when it is not needed any more, or broke. */
  #listen(): Promise<void> {
    const ready = Promise.withResolvers<void>()
    const done = this.#database.connected(async client => {
      const over = Promise.withResolvers<void>()
      const broken = (): void => over.reject(new Error('the connection was lost'))
      client.on('error', broken)
      client.on('end', broken)
      client.on('notification', this.#hear)
      this.#stop = over.resolve
      try {
        await client.query({ text: `listen "${this.#channel}"` })
        ready.resolve()
        // To wait for news alone keeps no process running.
        client.unref?.()
        await over.promise
        client.ref?.()
        // A connection that goes back into a pool must not go on hearing.
        await client.query({ text: 'unlisten *' })
      } finally {
        client.removeListener('error', broken)
        client.removeListener('end', broken)
        client.removeListener('notification', this.#hear)
      }
    })
    done.then(
      () => this.#ended(),
      (error: unknown) => {
        ready.reject(error)
        this.#ended()
      },
    )
    return ready.promise
  }

  readonly #hear = ({ channel, payload = '' }: NotificationLike): void => {
    if (channel === this.#channel) this.#tell(payload === '' ? undefined : plain(payload))
  }

  #tell(key: string | undefined): void {
    for (const changed of this.#watchers) changed(key)
  }

  #ended(): void {
    this.#stop = undefined
    this.#listening = undefined
    if (this.#watchers.size > 0) this.#again(FIRST_DELAY_MS)
  }

  #again(delayMs: number): void {
    const timer = setTimeout(() => {
      if (this.#isClosed || this.#watchers.size === 0 || this.#listening !== undefined) return
      const listening = (this.#listening = this.#listen())
      listening.then(
        () => this.#tell(undefined),
        () => this.#again(Math.min(MAX_DELAY_MS, delayMs * 2)),
      )
    }, delayMs)
    timer.unref()
  }
}
