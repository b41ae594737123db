import { createHash } from 'node:crypto'
import type { Announcement } from './news.js'

/** Kind of the documents that say what is to be delivered, and what became of it. */
export const DELIVERY = 'delivery'

/** `pending` → `sending` → `delivered`, or `retrying` and again, or `dead`: it can be sent again by hand. */
type DeliveryStatus = 'pending' | 'sending' | 'retrying' | 'delivered' | 'dead'

/** Something that is to reach somebody, as it is stored. Its document's `ref` says whom. */
export interface Delivery {
  /** The event it tells of. */
  readonly event: string
  /** As it is sent, byte for byte. */
  readonly payload: string
  readonly status: DeliveryStatus
  /** Begun so far, the one that is under way included. */
  readonly attempts: number
  /** Epoch milliseconds of the last attempt. */
  readonly attemptedAt?: number
  /** What the target answered last, in HTTP's numbers. */
  readonly answered?: number
  /** Why the last attempt failed; nothing that the target said. */
  readonly error?: string
}

/** One attempt. */
export interface Sending extends Pick<Delivery, 'event' | 'payload'> {
  /** The same in all attempts: whoever is told twice drops the second by it. */
  readonly id: string
  /** 1 for the first. */
  readonly attempt: number
  /** Epoch milliseconds. */
  readonly at: number
}

/** Somebody who is told of events. */
export interface Target {
  /** `ref` of its deliveries. */
  readonly ref: string
  /** Attempts after the first. */
  readonly maxRetries: number
  /** Milliseconds before the first of them; doubled each time. */
  readonly retryDelayMs: number
  /** Milliseconds that one attempt may take. */
  readonly timeoutMs: number
  /** Epoch milliseconds: what has happened before is not for it. @defaultValue all is */
  readonly since?: number
  /** Whether it may be told of such an event. */
  readonly hears: (news: Pick<Announcement, 'event' | 'tenant'>) => boolean
  /** What it is to be told of an event; nothing, where it does not listen to it. */
  readonly payloadFor: (news: Announcement, id: string) => string | undefined
  /** Delivers. What HTTP answered, where it is HTTP. @throws whatever was in the way; `DeliveryFailure` where it says more */
  readonly send: (sending: Sending, signal: AbortSignal) => Promise<number | undefined>
}

/** Why something could not be delivered. */
export class DeliveryFailure extends Error {
  /** What the target answered. */
  readonly answered: number | undefined
  /** Trying again is of no use. */
  readonly isFinal: boolean

  constructor(message: string, { answered, isFinal = false }: { answered?: number; isFinal?: boolean } = {}) {
    super(message)
    this.answered = answered
    this.isFinal = isFinal
  }
}

/** What clients know a delivery by, who take numbers only: the first 48 bits of the digest of its id. */
export function deliveryNumber(id: string): number {
  return createHash('sha256').update(id).digest().readUIntBE(0, 6)
}

/** The id of a delivery: one event is one delivery to one target, whoever writes it down, and however often. */
export function deliveryId(
  ref: string,
  { event, tenant, subject }: Pick<Announcement, 'event' | 'tenant' | 'subject'>,
): string {
  const text = JSON.stringify([ref, event, tenant ?? null, subject])
  return `dlv_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}
