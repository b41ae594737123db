/** What a call is like. */
export type Kind = 'allowed' | 'held' | 'idempotent' | 'reconciled'

/** A call as it is brought to a process. */
export interface Brought {
  readonly id: string
  readonly kind: Kind
  /** How many edges it passes before it stands still. @defaultValue it never does */
  readonly edge?: number
}

/** What a process does. */
export interface Task {
  /** Path of the store. */
  readonly database: string
  /** Path of the file that effects are written to. */
  readonly bank: string
  /** Path of the file in which a process writes what it was told. */
  readonly acknowledged: string
  /** Epoch milliseconds at which it begins. */
  readonly now: number
  readonly calls: readonly Brought[]
  /** It kills itself when every call has ended or stands still. @defaultValue false */
  readonly dies?: boolean
  /** It begins when it is told to. @defaultValue false */
  readonly waits?: boolean
}
