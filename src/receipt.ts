/** A tool's result as a receipt keeps it. */
export type StoredOutput =
  /** What JSON keeps, or a tagged form of it. */
  | { readonly kind: 'json'; readonly value: unknown }
  /** It could not be kept; the call succeeded all the same. */
  | { readonly kind: 'lost'; readonly reason: string }

/** A tool's error as a receipt keeps it. */
export interface StoredError {
  readonly name: string
  readonly message: string
}

/** What the ledger's entry of an effect holds in every state. */
export interface ReceiptBase {
  /** The ledger key, and the idempotency key a tool is handed. One effect starts under it at most once. */
  readonly key: string
  /** Counts the writes: 1 when it is claimed. A store replaces revision n by n + 1 only. */
  readonly revision: number
  /** Fencing token: grows with every claim of the key. Whoever holds an older one can no longer write. */
  readonly fence: number
  readonly decisionId: string
  readonly callId: string
  readonly tool: string
  /** SHA-256 (hex) of the input that runs. */
  readonly digest: string
  readonly actor: string
  readonly user?: string
  readonly tenant?: string
  readonly sessionId?: string
  /** The approval that it consumed. */
  readonly approvalId?: string
  /** Epoch milliseconds of the first claim. */
  readonly at: number
  /** The input, where the tool can be undone or reconciled and so needs it again. */
  readonly input?: StoredOutput
  /** The call was let go on where it is executed, which is elsewhere: `succeeded` says no more than that. */
  readonly elsewhere?: true
  /** This effect undoes the one with that key. */
  readonly undoes?: string
  /** Who found out how it had ended. */
  readonly settledBy?: string
}

/**
 * The ledger's record that an effect was started and how it ended: `claimed` → `started` → `succeeded`, `failed` or
 * `unknown`. What ended is never started again, unless the tool is idempotent or it is known that nothing had happened.
 */
export type Receipt = ReceiptBase &
  (
    | {
        readonly status: 'claimed'
        /** Epoch milliseconds after which another may claim; 0 when it was given back. */
        readonly leaseUntil: number
      }
    | {
        readonly status: 'started'
        readonly startedAt: number
        /** Epoch milliseconds; whoever runs it keeps moving it on. Beyond it, how the effect ended is unknown. */
        readonly leaseUntil: number
      }
    | {
        readonly status: 'succeeded'
        readonly startedAt: number
        readonly endedAt: number
        readonly output: StoredOutput
      }
    | { readonly status: 'failed'; readonly startedAt: number; readonly endedAt: number; readonly error: StoredError }
    | {
        readonly status: 'unknown'
        readonly startedAt: number
        /** Epoch milliseconds at which it was noticed. */
        readonly since: number
      }
  )

/** State of an effect. */
export type ReceiptStatus = Receipt['status']
