import type { AuditEntry } from '../../audit-entry.js'
import type { Ed25519Key, KeyRing } from '../../ed25519.js'
import { readJsonObject } from '../../encoding.js'
import { type JwsKind, openJws, refusing, signJws } from '../../jws.js'

const KIND: JwsKind = { type: 'countersign-checkpoint+jwt', title: 'checkpoint' }

/** How far a log had come. */
export type AuditHead = Pick<AuditEntry, 'seq' | 'hash'>

/** What the log was at a time. Kept where whoever can write the log cannot, it shows a log that was cut or written anew. */
export interface Checkpoint extends AuditHead {
  /** Epoch milliseconds. */
  readonly at: number
  /** How many entries it adds to the checkpoint before, of the same process. */
  readonly entries: number
}

/** A checkpoint with its signature. */
export interface SignedCheckpoint extends Checkpoint {
  /** The same, as a compact JWS (RFC 7515). Only this is believed. */
  readonly token: string
}

/** Signs a checkpoint with Ed25519. */
export async function signCheckpoint(
  { seq, hash, at, entries }: Checkpoint,
  privateKey: Ed25519Key,
  keyId?: string,
): Promise<SignedCheckpoint> {
  const checkpoint = { seq, hash, at, entries }
  return { ...checkpoint, token: await signJws(KIND, checkpoint, privateKey, keyId) }
}

/**
 * What a checkpoint says, once its signature was checked: from a token, a line of a file, or the object.
 *
 * @throws GovernanceError `invalid-token`, with the reason
 */
export async function openCheckpoint(given: SignedCheckpoint | string, keys: KeyRing): Promise<Checkpoint> {
  const shown: Readonly<Record<string, unknown>> | undefined =
    typeof given === 'object' ? { ...given } : given.startsWith('{') ? readJsonObject(given) : { token: given }
  const claims = await openJws(KIND, shown?.['token'], keys)
  const { seq, hash, at, entries } = claims
  const refuse = refusing(KIND)
  if (!isCount(seq) || typeof hash !== 'string' || typeof at !== 'number' || !isCount(entries)) {
    throw refuse('has claims that are not those of a checkpoint')
  }
  for (const [name, value] of Object.entries(shown ?? {})) {
    if (name !== 'token' && claims[name] !== value) throw refuse(`shows another \`${name}\` than was signed`)
  }
  return { seq, hash, at, entries }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
