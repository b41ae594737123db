import type { AuditEntry, AuditKind } from '../../audit-entry.js'
import { readJsonObject } from '../../encoding.js'
import type { AuditHead } from './checkpoint.js'

/** What is wrong with a log. */
export type AuditProblem =
  /** An entry is not what was sealed, or was sealed under another key. */
  | 'changed'
  /** An entry is not there, and later ones are. */
  | 'missing'
  /** An entry stands in another place. */
  | 'reordered'
  /** An entry does not follow from the one before it: one of them was replaced by another that was sealed anew. */
  | 'relinked'
  /** A personal field is not what was committed to, or is gone and no erasure says so. */
  | 'field-changed'
  /** The log at a checkpoint is not what was signed: it was sealed anew. */
  | 'checkpoint-mismatch'
  /** A checkpoint was not signed with one of the keys. */
  | 'checkpoint-forged'
  /** The log ends before a checkpoint. */
  | 'cut-off'
  /** Something is not an entry at all. */
  | 'malformed'

/** Where a log is broken, and how. */
export interface Break {
  /** The entry, as far as it is known: one that is missing has a number only. */
  readonly at: { readonly seq: number; readonly decisionId?: string; readonly kind?: AuditKind }
  readonly problem: AuditProblem
  /** One sentence for people. */
  readonly message: string
}

/** What became of checking a log. */
export type Verification =
  | {
      readonly ok: true
      /** How many were checked. */
      readonly entries: number
      /** The number of the first of them. */
      readonly first?: number
      /** The last of them. Noted elsewhere, the next verification can go on from it. */
      readonly head: AuditHead
      /** Personal fields that were erased, each on record. */
      readonly erased: number
      /** Checkpoints that lie in the checked part and agree with it. */
      readonly checkpoints: number
    }
  | ({
      readonly ok: false
      /** How many had been checked by then. */
      readonly entries: number
    } & Break)

/** The break at an entry, whose body may have been read already. */
export function breakAt(
  { seq, decisionId, body }: AuditEntry,
  problem: AuditProblem,
  message: string,
  facts = readJsonObject(body),
): Break {
  const kind = facts?.['kind']
  const at = {
    seq,
    ...(decisionId === undefined ? {} : { decisionId }),
    ...(typeof kind === 'string' ? { kind: kind as AuditKind } : {}),
  }
  return { at, problem, message }
}
