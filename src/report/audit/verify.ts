import { sha256 } from '../../ambient.js'
import { type AuditEntry, GENESIS, type Seal } from '../../audit-entry.js'
import { expect, invalid, knownKeys } from '../../check.js'
import { KeyRing, type PublicKeys } from '../../ed25519.js'
import { isGovernanceError } from '../../errors.js'
import { ChainCheck } from './chain-check.js'
import { type AuditHead, type Checkpoint, openCheckpoint, type SignedCheckpoint } from './checkpoint.js'
import type { Break, Verification } from './verification.js'

/** What a log is compared with. */
interface CheckpointTrust {
  /** Signed checkpoints of the log: as they were handed out, their tokens, or lines of their file. */
  readonly checkpoints?: Iterable<SignedCheckpoint | string>
  /** Whose checkpoints to believe. */
  readonly publicKeys?: PublicKeys | KeyRing
}

/** Options of {@link verifyEntries}. */
export interface VerifyOptions extends CheckpointTrust {
  /** How the log was sealed. @defaultValue SHA-256 */
  readonly seal?: Seal
  /**
   * What the entries follow: the head of an earlier verification, or `first` to begin with whatever comes first, where
   * older entries were let go of on purpose. @defaultValue the beginning of the log
   */
  readonly from?: AuditHead | 'first'
}

/**
 * Checks a log: that no entry was changed, removed, moved or put in, that personal fields are what was committed to or were
 * erased on record, and that the log agrees with its checkpoints. Without a key and without checkpoints, whoever can write
 * the whole log can write it anew, or cut off its end, and nothing shows.
 *
 * @throws GovernanceError `invalid-option` for options that are not what they should be, as checkpoints without public keys
 */
export async function verifyEntries(
  entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>,
  options: VerifyOptions = {},
): Promise<Verification> {
  knownKeys(options, ['seal', 'from', 'checkpoints', 'publicKeys'], '')
  const { seal = sha256, from = { seq: 0, hash: GENESIS }, ...trust } = options
  const isHead = typeof from === 'object' && Number.isSafeInteger(from.seq) && typeof from.hash === 'string'
  expect(from === 'first' || isHead, 'from', '"first", or the `head` of an earlier verification')
  const { checkpoints, broken } = await openAll(trust)
  const check = new ChainCheck(seal, from, checkpoints)
  const failed = (found: Break): Verification => ({ ok: false, entries: check.entries, ...found })
  if (broken !== undefined) return failed(broken)
  let gap: Break | undefined
  for await (const entry of entries as AsyncIterable<unknown>) {
    if (gap === undefined) {
      const found = await check.next(entry)
      if (found?.problem === 'missing') gap = found
      else if (found !== undefined) return failed(found)
    } else if (check.isNext(entry)) return failed(check.misplaced(entry))
  }
  const found = gap ?? check.end()
  return found === undefined ? check.result() : failed(found)
}

interface Opened {
  readonly checkpoints: readonly Checkpoint[]
  readonly broken?: Break
}

async function openAll({ checkpoints, publicKeys }: CheckpointTrust): Promise<Opened> {
  if (checkpoints === undefined) return { checkpoints: [] }
  if (publicKeys === undefined)
    throw invalid('publicKeys', 'is missing: checkpoints are believed by their signature only')
  expect(typeof checkpoints !== 'string', 'checkpoints', 'a list of checkpoints')
  const keys = publicKeys instanceof KeyRing ? publicKeys : new KeyRing(publicKeys, 'publicKeys')
  const opened: Checkpoint[] = []
  for (const checkpoint of checkpoints) {
    try {
      opened.push(await openCheckpoint(checkpoint, keys))
    } catch (error) {
      if (!isGovernanceError(error, 'invalid-token')) throw error
      const last = opened.at(-1)?.seq ?? 0
      const message = `Checkpoint number ${opened.length + 1}, after that of entry ${last}: ${error.message}`
      return { checkpoints: [], broken: { at: { seq: last }, problem: 'checkpoint-forged', message } }
    }
  }
  return { checkpoints: opened }
}
