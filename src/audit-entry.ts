import type { Awaitable } from './types.js'

/** What an entry of the audit log is about. */
export type AuditKind =
  | 'decision'
  | 'execution'
  | 'outcome'
  | 'approval'
  | 'receipt'
  | 'grant'
  | 'kill-switch'
  /** Of a rule, a key or a webhook of a decision service. */
  | 'change'
  | 'erasure'

/** A fact on its way into the log. */
export interface AuditDraft {
  /** The decision it belongs to, if any. */
  readonly decisionId?: string
  readonly tenant?: string
  /** What is hashed and never changes: JSON with kind, time, public facts, and a commitment in place of each personal field. */
  readonly body: string
  /** The personal fields, as JSON of `{ field: [salt, value] }`; not hashed, so that one can be erased. */
  readonly personal?: string
}

/** A fact in the log, chained to the one before it. */
export interface AuditEntry extends AuditDraft {
  /** 1, 2, 3 … without gaps. */
  readonly seq: number
  /** Hash of the entry before; of the first, 64 zeros. */
  readonly previous: string
  /** {@link Seal} of `previous`, `seq` and `body`, joined by newlines. */
  readonly hash: string
}

/** SHA-256, or HMAC-SHA-256 under the log's key, in hex. */
export type Seal = (text: string) => Awaitable<string>

/** Facts to be appended, and how they are chained. */
export interface AuditBatch {
  readonly entries: readonly AuditDraft[]
  readonly seal: Seal
}

/** What {@link Seal} is given for an entry. */
export function sealedText(previous: string, seq: number, body: string): string {
  return `${previous}\n${seq}\n${body}`
}

/** The hash before the first entry. */
export const GENESIS = '0'.repeat(64)
