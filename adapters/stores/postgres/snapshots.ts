import type { Snapshot } from 'countersign'
import { optional, text } from './encode.js'
import type { Session } from './session.js'

/** Keeps a snapshot, unless one of the same name had learnt more. Later changes to its bytes do not reach it. */
export function saveSnapshot(
  { name, seq, bytes }: Snapshot,
  bound: string | undefined,
): (session: Session) => Promise<void> {
  const kept = new Uint8Array(bytes)
  return async ({ schema, write }) => {
    await write(
      'save snapshot',
      `insert into ${schema}.snapshots as kept (key, tenant, seq, bytes) values ($1, $2, $3, $4)
       on conflict (key) do update set seq = excluded.seq, bytes = excluded.bytes where kept.seq <= excluded.seq`,
      keyOf(name, bound),
      optional(bound),
      seq,
      kept,
    )
  }
}

/** Reads a snapshot. */
export async function loadSnapshot(
  { schema, read }: Session,
  name: string,
  bound: string | undefined,
): Promise<Snapshot | undefined> {
  // Encoded, for in which form a server sends bytes is a setting of it.
  const sql = `select seq, encode(bytes, 'base64') as bytes from ${schema}.snapshots where key = $1`
  const [row] = await read('load snapshot', sql, keyOf(name, bound))
  if (row === undefined) return undefined
  // A copy, whose memory is nobody else's.
  return { name, seq: Number(row['seq']), bytes: new Uint8Array(Buffer.from(row['bytes'] ?? '', 'base64')) }
}

/** Each tenant that stores are bound to has names of its own. */
function keyOf(name: string, bound: string | undefined): string {
  return text(JSON.stringify([bound ?? null, name]))
}
