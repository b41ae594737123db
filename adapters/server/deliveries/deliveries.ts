import { type Clock, type DocumentStore, GovernanceError, type Governor } from 'countersign'
import type { Reach } from './addresses.js'
import { CatchUp } from './catch-up.js'
import { Courier } from './courier.js'
import type { Target } from './delivery.js'
import { type Announcement, newsOf, waitingNews } from './news.js'
import { type Finding, Scribe } from './scribe.js'
import type { StoredInput } from './stored-input.js'
import { type OwnedWebhook, webhookTarget } from './webhook.js'
import { WebhookList } from './webhook-list.js'

/** How events are told to others. */
export interface WebhookOptions {
  /** Webhooks may be on this machine, and there without https: for development and tests. @defaultValue false */
  readonly allowLoopback?: boolean
  /** Hosts of your own network that webhooks may lead to, as they stand in the URL: `hooks.internal`. Over https, as all. @defaultValue none */
  readonly allowHosts?: readonly string[]
  /** Milliseconds between looks for what is due: retries, and what a server wrote that is gone. @defaultValue 1000 */
  readonly pollMs?: number
}

/** What telling others needs. */
export interface DeliveriesParts extends WebhookOptions {
  readonly store: DocumentStore
  readonly clock: Clock
  readonly governor: Governor
  /** People who are told, besides whoever has registered a webhook. */
  readonly channels: readonly Target[]
  /** What of an input is told later. */
  readonly input: StoredInput
  /** Whether there is an audit log, which says what has happened. */
  readonly isAudited: boolean
  readonly onError: (error: unknown) => void
}

/** Tells others what happens here, and delivers what any server on the store wrote down. */
export interface Deliveries {
  readonly reach: Reach
  readonly courier: Courier
  readonly targetOf: (webhook: OwnedWebhook) => Target
  /** Tells of what is no event of the governor. It never waits, and never throws. */
  readonly announce: (news: Announcement) => void
  /** A webhook has changed. */
  readonly changed: () => void
  /** Writes down what is still to be told, and ends. */
  readonly close: () => Promise<void>
}

const SECOND = 1000
const MOST_WAITING = 1000

/** @throws GovernanceError `invalid-option` */
export function startDeliveries(parts: DeliveriesParts): Deliveries {
  const { store, clock, governor, channels, isAudited, input, onError, pollMs = SECOND } = parts
  const { allowLoopback = false, allowHosts = [] } = parts
  const reach: Reach = { allowLoopback, allowHosts }
  if (!(pollMs > 0)) {
    throw new GovernanceError('invalid-option', 'Option `webhooks.pollMs`: expected milliseconds above 0.')
  }
  const list = new WebhookList({ store, clock })
  const targetOf = (webhook: OwnedWebhook): Target => webhookTarget(webhook, reach)
  const targets = async (): Promise<readonly Target[]> => [...channels, ...(await list.active()).map(targetOf)]
  const courier = new Courier({ store, clock, random: Math.random, targets, pollMs, onError })
  const scribe = new Scribe({ store, clock, targets, written: () => courier.wake(), onError })
  scribe.note(waitingIn(parts, scribe))
  const settle = (): Promise<unknown> => governor.approvals.list({ status: 'pending', limit: MOST_WAITING })
  const catchUp = new CatchUp({
    store,
    clock,
    targets,
    settle,
    isAudited,
    input,
    written: () => courier.wake(),
    onError,
  })
  catchUp.start()
  const stop = governor.on(event => scribe.note(() => newsOf(event, governor)))
  return {
    reach,
    courier,
    targetOf,
    announce: news => scribe.note(() => Promise.resolve(news)),
    changed: () => list.forget(),
    close: async () => {
      stop()
      await catchUp.close()
      await scribe.close()
      await courier.close()
    },
  }
}

/** Requests that wait while a server starts are told of, unless they were: whoever opened them may have died before it could. */
function waitingIn({ store, clock, input }: DeliveriesParts, scribe: Scribe): Finding {
  return async () => {
    const waiting = await store.listApprovals({ status: 'pending', limit: MOST_WAITING })
    const now = clock.now()
    const open = waiting.filter(({ expiresAt }) => expiresAt > now)
    for (const approval of open.toReversed()) scribe.note(() => Promise.resolve(waitingNews(approval, input)))
    return undefined
  }
}
