import { isIP } from 'node:net'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import { type Problem, problem } from '../../../src/service/protocol/validate.js'
import { isAllowedHost, isPublic, type Reach } from './addresses.js'
import { WEBHOOK_EVENTS } from './news.js'
import type { Webhook } from './webhook.js'

const LONGEST = 2048
const MOST_RETRIES = 20
const LONGEST_TIMEOUT = 60
/** Fields of the wire, and where their value goes. */
const NAMES = {
  url: 'url',
  label: 'label',
  events: 'events',
  symbols: 'symbols',
  intervals: 'intervals',
  description: 'description',
  secret: 'secret',
  is_active: 'isActive',
  metadata: 'metadata',
  timeout_seconds: 'timeoutSeconds',
  max_retries: 'maxRetries',
  retry_delay_seconds: 'retryDelaySeconds',
} as const satisfies Readonly<Record<string, keyof Webhook>>

/** What a request says of a webhook; `null` says nothing, but that a label or a description goes. @throws Refusal 422 */
export function readWebhook(body: Readonly<Record<string, unknown>>, reach: Reach): Partial<Webhook> {
  const said = Object.entries(NAMES).flatMap(([wire, name]) => {
    const value = Object.hasOwn(body, wire) ? body[wire] : undefined
    const isCleared = value === null && (wire === 'label' || wire === 'description' || wire === 'metadata')
    return value === undefined || (value === null && !isCleared) ? [] : [[name, value] as const]
  })
  const webhook = Object.fromEntries(said) as Partial<Webhook>
  const problems = [...urlProblems(webhook.url, reach), ...otherProblems(webhook)]
  if (problems.length > 0) throw new Refusal(422, problems)
  return webhook
}

/** What can be said without asking where the name leads: that is looked at with every delivery. */
function urlProblems(url: string | undefined, reach: Reach): readonly Problem[] {
  if (url === undefined) return []
  if (url.length > LONGEST || !URL.canParse(url)) return wrong(`Input should be a URL of at most ${LONGEST} characters`)
  const target = new URL(url)
  const { protocol, hostname, username, password } = target
  if (username !== '' || password !== '') return wrong('A URL with a user or a password is not taken')
  const host = hostname.replace(/^\[|\]$/g, '')
  const isLocal = host === 'localhost' || host === '::1' || host.startsWith('127.')
  if (isLocal && reach.allowLoopback && (protocol === 'http:' || protocol === 'https:')) return []
  if (protocol !== 'https:') return wrong('URL scheme should be https')
  if (isAllowedHost(reach, target)) return []
  if (isLocal || (isIP(host) !== 0 && !isPublic(host))) return wrong('The host should be at a public address')
  return []
}

function wrong(message: string): readonly Problem[] {
  return [problem(['body', 'url'], message, 'url')]
}

function otherProblems({ events, secret, timeoutSeconds, maxRetries }: Partial<Webhook>): readonly Problem[] {
  const known: readonly string[] = ['*', ...WEBHOOK_EVENTS]
  const unknown = (events ?? []).flatMap((event, index) =>
    known.includes(event)
      ? []
      : [problem(['body', 'events', index], `Input should be one of ${known.join(', ')}`, 'enum')],
  )
  const limits = [
    secret === '' && problem(['body', 'secret'], 'Leave it out to have one made', 'string_too_short'),
    isBeyond(timeoutSeconds, 1, LONGEST_TIMEOUT) &&
      problem(['body', 'timeout_seconds'], `Input should be 1 to ${LONGEST_TIMEOUT}`, 'range'),
    isBeyond(maxRetries, 0, MOST_RETRIES) &&
      problem(['body', 'max_retries'], `Input should be 0 to ${MOST_RETRIES}`, 'range'),
  ]
  return [...unknown, ...limits.filter(found => found !== false)]
}

function isBeyond(value: number | undefined, min: number, max: number): boolean {
  return value !== undefined && (value < min || value > max)
}
