import type { Ending, Notice } from './channel.js'
import { endingInWords, titleOf, wordsOf } from './words.js'

const SUBJECT_CHARS = 150

/** A mail without its addresses. */
export interface Mail {
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The same in all attempts: mail programs show one that comes twice once. */
  readonly messageId: string
  /** The mail that this is in reply to. */
  readonly inReplyTo?: string
}

/** A notice as a mail. Nothing of it is a header of its own, and nothing is markup. */
export function mailOf(notice: Notice): Mail {
  const { title, rows, reason, warning, link } = wordsOf(notice)
  const all = [...rows, ['Why', reason] as const]
  const shows = 'The page shows the request. To answer it, sign in there.'
  return {
    subject: title.slice(0, SUBJECT_CHARS),
    text: [
      ...all.map(([name, value]) => `${name}: ${value}`),
      ...(warning === undefined ? [] : ['', warning]),
      ...(link === undefined ? [] : ['', link, '', shows]),
      '',
    ].join('\n'),
    html: [
      `<p><strong>${escaped(title)}</strong></p><table>`,
      ...all.map(([name, value]) => `<tr><th align="left">${name}</th><td>${escaped(value)}</td></tr>`),
      '</table>',
      ...(warning === undefined ? [] : [`<p><strong>${warning}</strong></p>`]),
      ...(link === undefined ? [] : [`<p><a href="${escaped(link)}">Open the request</a></p><p>${shows}</p>`]),
    ].join('\n'),
    messageId: `<${notice.id}@countersign>`,
  }
}

/** How a request ended, in reply to the mail that told of it. */
export function followUpMail(ending: Ending): Mail {
  const text = endingInWords(ending)
  return {
    subject: `Re: ${titleOf(ending)}`.slice(0, SUBJECT_CHARS),
    text: `${text}\n`,
    html: `<p>${escaped(text)}</p>`,
    messageId: `<${ending.id}@countersign>`,
    inReplyTo: `<${ending.noticeId}@countersign>`,
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => ENTITIES[character] ?? '')
}
