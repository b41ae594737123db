import { type Clock, forget } from '../../ambient.js'
import { nodeBuiltin } from '../../node.js'
import { type AuditEntry, GENESIS, type Seal, sealedText } from '../../audit-entry.js'
import { expect, knownKeys } from '../../check.js'
import { checkPrivateKey, type Ed25519Key } from '../../ed25519.js'
import { GovernanceError } from '../../errors.js'
import type { Store } from '../../store/store.js'
import { type AuditHead, signCheckpoint, type SignedCheckpoint } from './checkpoint.js'
import { entryAt, lastEntry } from './pages.js'

const DEFAULT_EVERY = 1000

/** How and where checkpoints are kept. */
export interface CheckpointOptions {
  /** Signs them (Ed25519). Whoever verifies needs the public one only. */
  readonly privateKey: Ed25519Key
  /** Says which key they are signed with. @defaultValue the `kid` of a JWK */
  readonly keyId?: string
  /** A file that lines are appended to (Node), or what takes them elsewhere: best to where the log's writer cannot write. */
  readonly to: string | ((checkpoint: SignedCheckpoint) => unknown)
  /** Entries between two, and one at the end. @defaultValue 1_000 */
  readonly every?: number
}

/** @throws GovernanceError `invalid-option`, naming what is not as it should be */
export function checkCheckpointOptions(options: unknown, option: string): void {
  expect(typeof options === 'object' && options !== null, option, 'an object with `privateKey` and `to`')
  const { privateKey, keyId, to, every } = options as Partial<CheckpointOptions>
  knownKeys(options, ['privateKey', 'keyId', 'to', 'every'], option)
  checkPrivateKey(privateKey, `${option}.privateKey`)
  expect(keyId === undefined || (typeof keyId === 'string' && keyId !== ''), `${option}.keyId`, 'a text')
  const isPath = typeof to === 'string' && to !== '' && nodeBuiltin('node:fs') !== undefined
  expect(isPath || typeof to === 'function', `${option}.to`, 'a function, or the path of a file where there are files')
  expect(every === undefined || (Number.isSafeInteger(every) && every > 0), `${option}.every`, 'a whole number above 0')
}

/** What signing checkpoints needs of a governor. */
export interface CheckpointParts extends CheckpointOptions {
  readonly store: Pick<Store, 'readAudit'>
  readonly clock: Clock
  readonly seal: Seal
  /** Told when a checkpoint that nobody asked for could not be made. */
  readonly failed: (error: unknown) => void
}

/** Signs how far the log has come: every so many entries, and when asked. */
export class Checkpoints {
  readonly #parts: CheckpointParts
  #last: AuditHead = { seq: 0, hash: GENESIS }
  #since = 0
  /** Entries at which the next is due. */
  #due: number
  #cancel: (() => void) | undefined
  #isWriting = false
  #working: Promise<unknown> = Promise.resolve()

  constructor(parts: CheckpointParts) {
    this.#parts = parts
    this.#due = parts.every ?? DEFAULT_EVERY
  }

  /** Counts entries that are being written. Signs later: no call waits for it. */
  count(entries: number): void {
    this.#since += entries
    // A receiver that is slow must not be handed more and more.
    if (this.#since < this.#due || this.#isWriting || this.#cancel !== undefined) return
    this.#cancel = this.#parts.clock.after(0, () => {
      this.#cancel = undefined
      forget(this.#writeUnasked())
    })
  }

  /**
   * Signs one now, and hands it out. One after the other.
   *
   * @throws GovernanceError `store-failed` when the log is not what it was at the checkpoint before; what `to` throws
   */
  write(): Promise<SignedCheckpoint> {
    const written = this.#working.then(() => this.#write())
    this.#working = written.catch(() => undefined)
    return written
  }

  /** Signs what has come since, and waits for it. */
  async close(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    await this.#working
    if (this.#since > 0 || (await this.#hasGoneOn())) await this.#writeUnasked()
  }

  async #writeUnasked(): Promise<void> {
    const { every = DEFAULT_EVERY, failed } = this.#parts
    this.#isWriting = true
    try {
      await this.write()
      this.#due = every
    } catch (error) {
      this.#due = this.#since + every
      failed(error)
    } finally {
      this.#isWriting = false
    }
  }

  /** Whether others have written since: a server's own entries, or those of another process. */
  async #hasGoneOn(): Promise<boolean> {
    const { seq } = this.#last
    if (seq === 0) return false
    try {
      return (await entryAt(this.#parts.store, seq + 1)) !== undefined
    } catch (error) {
      this.#parts.failed(error)
      return false
    }
  }

  async #write(): Promise<SignedCheckpoint> {
    const { store, clock, privateKey, keyId } = this.#parts
    const counted = this.#since
    await this.#checkUnchanged()
    const head = await lastEntry(store, this.#last.seq)
    if (head !== undefined) await this.#checkSealed(head)
    const { seq, hash } = head ?? this.#last
    const checkpoint = { seq, hash, at: clock.now(), entries: seq - this.#last.seq }
    const signed = await signCheckpoint(checkpoint, privateKey, keyId)
    await this.#handOut(signed)
    this.#last = { seq, hash }
    this.#since -= counted
    return signed
  }

  /** A log that was written anew since is not signed: that would make it true. */
  async #checkUnchanged(): Promise<void> {
    const { seq, hash } = this.#last
    if (seq === 0) return
    const entry = await entryAt(this.#parts.store, seq)
    const isThere = entry !== undefined && (entry.seq === seq ? entry.hash === hash : entry.seq > seq)
    if (!isThere) throw broken(`entry ${seq} is not what it was when the checkpoint before was signed`)
  }

  async #checkSealed({ seq, previous, body, hash }: AuditEntry): Promise<void> {
    const sealed = await this.#parts.seal(sealedText(previous, seq, body))
    if (sealed !== hash) throw broken(`entry ${seq} is not what was sealed`)
  }

  async #handOut(checkpoint: SignedCheckpoint): Promise<void> {
    const { to } = this.#parts
    if (typeof to === 'string') nodeBuiltin('node:fs')?.appendFileSync(to, `${JSON.stringify(checkpoint)}\n`)
    else await to(checkpoint)
  }
}

function broken(what: string): GovernanceError {
  return new GovernanceError('store-failed', `The audit log is broken, and no checkpoint was signed: ${what}.`)
}
