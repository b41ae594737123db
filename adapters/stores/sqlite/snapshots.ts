import type { Snapshot } from 'countersign'
import type { SqliteLike } from './sqlite-like.js'

/** What learners had learnt. */
export interface SnapshotTable {
  /** Within a transaction. */
  readonly save: (snapshot: Snapshot) => void
  readonly load: (name: string) => Snapshot | undefined
}

/** Prepares the statements on snapshots. */
export function snapshotTable(database: SqliteLike): SnapshotTable {
  const save = database.prepare(
    `insert into snapshots (name, seq, bytes) values (?, ?, ?)
     on conflict do update set seq = excluded.seq, bytes = excluded.bytes where seq <= excluded.seq`,
  )
  const load = database.prepare('select seq, bytes from snapshots where name = ?')

  return {
    save: ({ name, seq, bytes }) => {
      save.run(name, seq, bytes)
    },
    load: name => {
      const row = load.get(name) as Omit<Snapshot, 'name'> | undefined
      return row === undefined ? undefined : { name, seq: row.seq, bytes: row.bytes }
    },
  }
}
