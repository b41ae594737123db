import type { AuditHead, Checkpoint } from './checkpoint.js'
import type { Break } from './verification.js'

/** Compares a chain with its checkpoints, place by place. */
export class CheckpointCheck {
  /** How many places agreed. */
  agreed = 0
  readonly #hashes = new Map<number, Set<string>>()
  #last = 0
  #matched = 0

  constructor(checkpoints: readonly Checkpoint[]) {
    for (const { seq, hash } of checkpoints) {
      const hashes = this.#hashes.get(seq) ?? new Set()
      this.#hashes.set(seq, hashes.add(hash))
      this.#last = Math.max(this.#last, seq)
    }
  }

  /** The break at a place where another log was signed, if it is one. */
  next({ seq, hash }: AuditHead): Break | undefined {
    const hashes = this.#hashes.get(seq)
    if (hashes === undefined) return undefined
    if (hashes.size === 1 && hashes.has(hash)) {
      this.#matched = seq
      this.agreed++
      return undefined
    }
    const message = `Entry ${seq} is not the one that a checkpoint was signed for: the log was written anew after entry ${this.#matched}.`
    return { at: { seq }, problem: 'checkpoint-mismatch', message }
  }

  /** The break of a log that ends with entry `seq`, where more of it was signed. */
  end(seq: number): Break | undefined {
    if (this.#last <= seq) return undefined
    const message = `The log ends with entry ${seq}, and had entry ${this.#last} when a checkpoint was signed.`
    return { at: { seq: seq + 1 }, problem: 'cut-off', message }
  }
}
