import type { Clock, DocumentStore, StoredDocument } from 'countersign'
import { present } from '../../../src/ambient.js'
import { backoff } from './backoff.js'
import { DELIVERY, type Delivery, DeliveryFailure, type Sending, type Target } from './delivery.js'

/** A delivery with the document it is kept in. */
export interface KeptDelivery {
  readonly document: StoredDocument
  readonly delivery: Delivery
}

/** What attempts need. */
export interface AttemptParts {
  readonly store: DocumentStore
  readonly clock: Clock
  /** 0..1 */
  readonly random: () => number
  /** The server ends: so does what is under way, to be tried again by whoever comes next. */
  readonly closing: AbortSignal
}

/** After this, whoever took a delivery and said nothing is taken for dead. Added to the time an attempt may take. */
const GRACE_MS = 15_000
const KEPT_MS = 30 * 24 * 3_600_000

/** A delivery as it is stored. */
export function openDelivery(document: StoredDocument): KeptDelivery {
  return { document, delivery: JSON.parse(document.body ?? '{}') as Delivery }
}

/** The next revision of a delivery. Without `due`, nobody takes it up by itself. */
export function revised(known: KeptDelivery, delivery: Delivery, now: number, due?: number): KeptDelivery {
  const { due: _due, ...rest } = known.document
  const document = {
    ...rest,
    revision: known.document.revision + 1,
    body: JSON.stringify(delivery),
    expiresAt: now + KEPT_MS,
    ...present({ due }),
  }
  return { document, delivery }
}

/** The first revision of a delivery, due at once. */
export function newDelivery(
  { id, ref, tenant }: { readonly id: string; readonly ref: string; readonly tenant: string | undefined },
  { event, payload }: Pick<Delivery, 'event' | 'payload'>,
  at: number,
): KeptDelivery {
  const delivery: Delivery = { event, payload, status: 'pending', attempts: 0 }
  const body = JSON.stringify(delivery)
  const times = { at, due: at, expiresAt: at + KEPT_MS }
  return { document: { kind: DELIVERY, id, ref, revision: 1, body, ...times, ...present({ tenant }) }, delivery }
}

/** Writes one delivery; whether nobody else has written it since it was looked at. */
async function keep({ store, clock }: AttemptParts, { document }: KeptDelivery): Promise<boolean> {
  return (await store.commit({ at: clock.now(), documents: [document] })).committed
}

/**
 * One attempt: it is taken by compare-and-swap, so that of several servers one makes it. What became of it; nothing where
 * somebody else has taken it. An attempt that nobody ends, because its process died, is due again after a while.
 */
export async function attempt(
  parts: AttemptParts,
  target: Target,
  known: KeptDelivery,
): Promise<KeptDelivery | undefined> {
  const begun = parts.clock.now()
  const { answered: _answered, error: _error, ...before } = known.delivery
  const taking: Delivery = { ...before, status: 'sending', attempts: before.attempts + 1, attemptedAt: begun }
  const taken = revised(known, taking, begun, begun + target.timeoutMs + GRACE_MS)
  if (!(await keep(parts, taken))) return undefined
  const ended = await deliver(parts, target, taken)
  return (await keep(parts, ended)) ? ended : undefined
}

async function deliver(parts: AttemptParts, target: Target, taken: KeptDelivery): Promise<KeptDelivery> {
  const { clock, random } = parts
  const { event, payload, attempts } = taken.delivery
  const sending = { id: taken.document.id, event, payload, attempt: attempts, at: clock.now() }
  try {
    const answered = await inTime(parts, target, sending)
    return revised(taken, { ...taken.delivery, status: 'delivered', ...present({ answered }) }, clock.now())
  } catch (error) {
    const { answered, isFinal } = error instanceof DeliveryFailure ? error : { answered: undefined, isFinal: false }
    const failed = { ...taken.delivery, error: sentenceOf(error), ...present({ answered }) }
    const now = clock.now()
    if (isFinal || attempts > target.maxRetries) return revised(taken, { ...failed, status: 'dead' }, now)
    const due = now + backoff(target.retryDelayMs, attempts, random())
    return revised(taken, { ...failed, status: 'retrying' }, now, due)
  }
}

/** Ends an attempt that takes too long, also where the target does not heed its signal. */
async function inTime({ clock, closing }: AttemptParts, target: Target, sending: Sending): Promise<number | undefined> {
  const over = new AbortController()
  const late = Promise.withResolvers<never>()
  const end = (why: string): void => {
    over.abort()
    late.reject(new DeliveryFailure(why))
  }
  const close = (): void => end('the server was closed')
  const stop = clock.after(target.timeoutMs, () => end('no answer in time'))
  closing.addEventListener('abort', close)
  try {
    return await Promise.race([target.send(sending, over.signal), late.promise])
  } finally {
    stop()
    closing.removeEventListener('abort', close)
  }
}

/** Errors of others may quote what was sent: only ours are kept in words. */
function sentenceOf(error: unknown): string {
  if (error instanceof DeliveryFailure) return error.message
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? `failed (${code})` : 'failed'
}
