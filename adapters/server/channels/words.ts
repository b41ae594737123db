import { codeOf, stretchesOf, suspicionsIn } from '../inbox/look/suspicious.js'
import type { Ending, Notice } from './channel.js'

const LONGEST = 300
const SPACES = /[\t\n\r]+/g

/** What a notice says, line by line. */
export interface Words {
  readonly title: string
  readonly rows: readonly (readonly [name: string, value: string])[]
  readonly reason: string
  /** Something in it may mislead the eye. */
  readonly warning: string | undefined
  readonly link: string | undefined
}

/** A notice in words: what, how much, to whom, who, why, and until when. */
export function wordsOf(notice: Notice): Words {
  const { tool, value, target, actor, user, tenant, reason, expiresAt, link } = notice
  const texts = [tool, target, actor, user, tenant, reason].filter(text => text !== undefined)
  const row = (name: string, text: string | undefined): readonly (readonly [string, string])[] =>
    text === undefined ? [] : [[name, visible(text)]]
  return {
    title: titleOf(notice),
    rows: [
      ...row('What', tool),
      ...row('How much', value === undefined ? undefined : String(value)),
      ...row('To whom', target),
      ...row('Who', [actor, user && `for ${user}`, tenant && `of ${tenant}`].filter(Boolean).join(' ')),
      ...row('Until', `${new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`),
    ],
    reason: visible(reason),
    warning: texts.some(text => suspicionsIn(text).length > 0)
      ? 'It holds characters that are not what they look like, or cannot be seen. Look closely.'
      : undefined,
    link,
  }
}

/** What is said of a request first. */
export function titleOf({ tool }: Pick<Notice, 'tool'>): string {
  return `${visible(tool)} waits for an answer`
}

/** How a request ended, in a line: `refund: approved by dana: fine`. */
export function endingInWords({ tool, status, by, comment }: Ending): string {
  const who = by === undefined ? '' : ` by ${visible(by)}`
  const said = comment === undefined || comment === '' ? '' : `: ${visible(comment)}`
  return status === 'expired'
    ? `${visible(tool)}: nobody answered in time, so it is refused`
    : `${visible(tool)}: ${status}${who}${said}`
}

/** In one line, with whatever misleads the eye written out: `[U+202E]`. Look-alikes stay, as whole names may be made of them. */
function visible(text: string): string {
  const line = text.replaceAll(SPACES, ' ')
  const shown = stretchesOf(line.slice(0, LONGEST))
    .map(({ text: part, suspicion }) =>
      suspicion === undefined || suspicion === 'look-alike' ? part : `[${codeOf(part)}]`,
    )
    .join('')
  return line.length > LONGEST ? `${shown}… (${line.length - LONGEST} more characters)` : shown
}
