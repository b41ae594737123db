import type { Awaitable, Snapshot } from 'countersign'
import type { Connection } from './connection.js'

/** Keeps a snapshot. Its bytes, which may be many, are copied only where they are not written at once. */
export function saveIn({ writer, snapshots }: Connection, { name, seq, bytes }: Snapshot): Awaitable<void> {
  let kept = bytes
  const saved = writer.transaction(() => {
    snapshots.save({ name, seq, bytes: kept })
  })
  if (saved instanceof Promise) kept = new Uint8Array(bytes)
  return saved
}
