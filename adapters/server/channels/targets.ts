import { GovernanceError } from 'countersign'
import { present } from '../../../src/ambient.js'
import type { Announcement } from '../deliveries/news.js'
import { deliveryId, type Target } from '../deliveries/delivery.js'
import { linkPath, signLink } from '../inbox/link.js'
import type { InboxOptions } from '../inbox/options.js'
import type { Channel, Ending, Notice } from './channel.js'

const TIMEOUT_MS = 20_000
const RETRY = { maxRetries: 8, retryDelayMs: 5000, timeoutMs: TIMEOUT_MS }
const NAME = /^[\w.-]{1,60}$/

/** What of a notice is the same in all attempts. */
type KeptNotice = Omit<Notice, 'sentAt' | 'attempt'>
type KeptEnding = Omit<Ending, 'sentAt' | 'attempt'>
type LinkOf = (claims: { readonly approvalId: string; readonly expiresAt: number }) => string | undefined

/**
 * Channels as targets of deliveries: each request is told once on each, tried again where it fails.
 *
 * @throws GovernanceError `invalid-option` for names that are unusable or the same, and where links could not be made
 */
export function channelTargets(
  channels: readonly Channel[],
  inbox: false | Partial<Pick<InboxOptions, 'origin' | 'path' | 'secret'>>,
): readonly Target[] {
  const names = new Set<string>()
  for (const { name } of channels) {
    if (!NAME.test(name)) throw invalid(`the name ${JSON.stringify(name)} is none: expected letters, digits, . _ -`)
    if (names.has(name)) throw invalid(`two are named "${name}": give one of them another \`name\``)
    names.add(name)
  }
  const linkOf: LinkOf = channels.length === 0 || inbox === false ? () => undefined : linksTo(inbox)
  return channels.map(channel => targetOf(channel, linkOf))
}

function targetOf(channel: Channel, linkOf: LinkOf): Target {
  const { tenant, followUp } = channel
  const ref = `channel:${channel.name}`
  const hears: Target['hears'] = ({ event, tenant: of }) =>
    (event === 'approval.requested' || (event === 'approval.resolved' && followUp !== undefined)) &&
    (tenant ?? of) === of
  return {
    ...RETRY,
    ref,
    hears,
    payloadFor: (news, id) => {
      if (!hears(news)) return undefined
      const told = noticeOf(news, id, linkOf) ?? endingOf(news, id, ref)
      return told && JSON.stringify(told)
    },
    send: async ({ event, payload, at, attempt }, signal) => {
      const times = { sentAt: at, attempt }
      if (event !== 'approval.resolved')
        return channel.send({ ...(JSON.parse(payload) as KeptNotice), ...times }, signal)
      return followUp?.call(channel, { ...(JSON.parse(payload) as KeptEnding), ...times }, signal)
    },
  }
}

/** How a request ended, in reply to its notice. */
function endingOf({ ends, tenant }: Announcement, id: string, ref: string): KeptEnding | undefined {
  if (ends === undefined) return undefined
  const { id: approvalId, tool, status, by, comment } = ends
  if (status === 'pending' || status === 'consumed') return undefined
  const noticeId = deliveryId(ref, { event: 'approval.requested', tenant, subject: approvalId })
  return { id, noticeId, approvalId, tool, status, ...present({ tenant, by, comment }) }
}

/** What people are told of a request: nothing of what was put in. */
function noticeOf({ asks, tenant }: Announcement, id: string, linkOf: LinkOf): KeptNotice | undefined {
  if (asks === undefined) return undefined
  const { id: approvalId, tool, actor, user, sessionId, reason, expiresAt, value, target } = asks
  const link = linkOf({ approvalId, expiresAt })
  return {
    id,
    approvalId,
    tool,
    actor,
    reason,
    expiresAt,
    ...present({ value, target, user, tenant, sessionId, link }),
  }
}

function linksTo({
  origin,
  path = '/inbox',
  secret,
}: Partial<Pick<InboxOptions, 'origin' | 'path' | 'secret'>>): LinkOf {
  if (origin === undefined || secret === undefined) {
    throw invalid(
      'their links lead to the inbox: set `inbox: { origin, secret }`, or `inbox: false` to send no links (origin: such as "https://approvals.example.com"; secret: 32 characters or more)',
    )
  }
  return claims => `${origin}${path}${linkPath(signLink(claims, secret))}`
}

function invalid(problem: string): GovernanceError {
  return new GovernanceError('invalid-option', `Option \`channels\`: ${problem}.`)
}
