import type { Snapshot } from './store.js'

/** What learners had learnt, by name. */
export class KeptSnapshots {
  readonly #snapshots = new Map<string, Snapshot>()

  save({ name, seq, bytes }: Snapshot): void {
    const known = this.#snapshots.get(name)
    if (known === undefined || known.seq <= seq) this.#snapshots.set(name, copyOf({ name, seq, bytes }))
  }

  load(name: string): Snapshot | undefined {
    const known = this.#snapshots.get(name)
    return known === undefined ? undefined : copyOf(known)
  }
}

/** Bytes cannot be frozen. And a `slice` of a Node buffer would be the same bytes. */
function copyOf({ name, seq, bytes }: Snapshot): Snapshot {
  return { name, seq, bytes: new Uint8Array(bytes) }
}
