import { hostsOf } from '../deliveries/addresses.js'
import { post } from '../deliveries/post.js'
import type { Channel, Ending, Notice } from './channel.js'
import { endingInWords, wordsOf } from './words.js'

/** Options of {@link slackChannel}. */
export interface SlackChannelOptions {
  /** Of the incoming webhook. Whoever has it can write there: keep it secret. */
  readonly url: string
  /** @defaultValue 'slack' */
  readonly name?: string
  /** Only requests of this tenant. @defaultValue those of all tenants */
  readonly tenant?: string
  /** It may be on this machine, and there without https. @defaultValue false */
  readonly allowLoopback?: boolean
  /** The host may be at an address of your own network. Over https, as all. @defaultValue false */
  readonly allowPrivate?: boolean
}

const HEADER_CHARS = 150
const MENTION = /@(?=(?:here|channel|everyone|all)\b)/gi

/** Tells a chat by an incoming webhook: Slack's, or that of one that takes Slack's messages. */
export function slackChannel(options: SlackChannelOptions): Channel {
  const { url, name = 'slack', tenant, allowLoopback = false, allowPrivate = false } = options
  const reach = { allowLoopback, ...(allowPrivate && { allowHosts: hostsOf(url) }) }
  const tell = (message: object, signal: AbortSignal): Promise<number> => {
    const headers = { 'content-type': 'application/json' }
    return post({ url, headers, body: JSON.stringify(message), signal, ...reach })
  }
  return {
    name,
    ...(tenant === undefined ? {} : { tenant }),
    send: (notice, signal) => tell(slackMessage(notice), signal),
    followUp: (ending, signal) => tell(slackFollowUp(ending), signal),
  }
}

/** A line of its own: an incoming webhook is not told what it could reply to. */
function slackFollowUp(ending: Ending) {
  const text = endingInWords(ending)
  return {
    text: escaped(text),
    mrkdwn: false,
    link_names: false,
    unfurl_links: false,
    blocks: [{ type: 'section', text: plain(text) }],
  }
}

/** What people read is plain text wherever that is possible, and escaped where it is not. */
export function slackMessage(notice: Notice) {
  const { title, rows, reason, warning, link } = wordsOf(notice)
  const lines = [title, ...rows.slice(1).map(([name, value]) => `${name}: ${value}`), `Why: ${reason}`, warning]
  const text = [
    ...lines.filter(line => line !== undefined).map(escaped),
    ...(link === undefined ? [] : [`<${link}|Open>`]),
  ]
  return {
    text: text.join('\n'),
    mrkdwn: false,
    link_names: false,
    unfurl_links: false,
    blocks: [
      { type: 'header', text: plain(title.slice(0, HEADER_CHARS)) },
      {
        type: 'section',
        fields: rows.flatMap(([name, value]) => [{ type: 'mrkdwn', text: `*${name}*` }, plain(value)]),
      },
      { type: 'section', text: plain(reason === '' ? '-' : reason) },
      ...(warning === undefined ? [] : [{ type: 'section', text: plain(warning) }]),
      ...(link === undefined
        ? []
        : [{ type: 'actions', elements: [{ type: 'button', text: plain('Open'), url: link, action_id: 'open' }] }]),
    ],
  }
}

/** Nothing in it is taken for a mention, a link or an entity. */
function escaped(text: string): string {
  return unmentioned(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function plain(text: string) {
  return { type: 'plain_text', text: unmentioned(text), emoji: false }
}

/** Chats that are like Slack call everybody for a plain word. */
function unmentioned(text: string): string {
  return text.replaceAll(MENTION, '(at)')
}
