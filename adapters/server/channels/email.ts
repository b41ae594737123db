import { GovernanceError } from 'countersign'
import type * as Nodemailers from 'nodemailer'
import { DeliveryFailure } from '../deliveries/delivery.js'
import type { Channel } from './channel.js'
import { followUpMail, type Mail, mailOf } from './mail.js'

/** The mail server. */
export interface SmtpOptions {
  readonly host: string
  /** @defaultValue 465 where `secure`, else 587 */
  readonly port?: number
  /** TLS from the start; else it is begun later where the server can (STARTTLS). @defaultValue false */
  readonly secure?: boolean
  /** Nothing is sent without TLS. @defaultValue true, except on loopback */
  readonly requireTLS?: boolean
  readonly auth?: { readonly user: string; readonly pass: string }
}

/** Options of {@link emailChannel}. */
export interface EmailChannelOptions {
  readonly smtp: SmtpOptions
  readonly from: string
  readonly to: string | readonly string[]
  /** @defaultValue 'email' */
  readonly name?: string
  /** Only requests of this tenant. @defaultValue those of all tenants */
  readonly tenant?: string
}

const TIMEOUT_MS = 15_000
const PERMANENT = 500

/**
 * Tells people by mail, through the package `nodemailer`, which is loaded with the first one.
 *
 * @throws GovernanceError `invalid-option` without a host, a sender and somebody to send to, or with a line break in them
 */
export function emailChannel({ smtp, from, to, name = 'email', tenant }: EmailChannelOptions): Channel {
  const recipients = typeof to === 'string' ? [to] : [...to]
  if (typeof smtp?.host !== 'string' || smtp.host === '') throw invalid('smtp.host', 'the name of a mail server')
  for (const [option, address] of [['from', from] as const, ...recipients.map(one => ['to', one] as const)]) {
    if (!/^[^\r\n]*@[^\r\n]+$/.test(address)) throw invalid(option, 'an address, such as "Ada <ada@example.org>"')
  }
  if (recipients.length === 0) throw invalid('to', 'one address or more')
  const mail = async (message: Mail, signal: AbortSignal): Promise<undefined> => {
    const transporter = await connect(smtp)
    const stop = (): void => transporter.close()
    signal.addEventListener('abort', stop)
    try {
      await transporter.sendMail({ from, to: recipients, ...message })
      return undefined
    } catch (error) {
      throw failureOf(error)
    } finally {
      signal.removeEventListener('abort', stop)
      transporter.close()
    }
  }
  return {
    name,
    ...(tenant === undefined ? {} : { tenant }),
    send: (notice, signal) => mail(mailOf(notice), signal),
    followUp: (ending, signal) => mail(followUpMail(ending), signal),
  }
}

async function connect(smtp: SmtpOptions): Promise<Nodemailers.Transporter> {
  const { createTransport } = await loadNodemailer()
  const isLocal = /^(?:localhost|127\.|::1$)/.test(smtp.host)
  return createTransport({
    ...smtp,
    requireTLS: smtp.requireTLS ?? !isLocal,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    // A message is words and nothing else: nothing in it makes this process read a file or a page.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

async function loadNodemailer(): Promise<Pick<typeof Nodemailers, 'createTransport'>> {
  try {
    return await import('nodemailer')
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new DeliveryFailure('the package `nodemailer` is not installed: run `npm install nodemailer`')
  }
}

/** Mail servers quote addresses and more: only the numbers are kept. */
function failureOf(error: unknown): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error
  const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown }
  const answered = typeof responseCode === 'number' ? responseCode : undefined
  const what = [code, answered].filter(part => typeof part === 'string' || typeof part === 'number').join(' ')
  const message = `the mail server did not take it (${what === '' ? 'no reason given' : what})`
  return new DeliveryFailure(message, { ...(answered && { answered }), isFinal: (answered ?? 0) >= PERMANENT })
}

function invalid(option: string, expected: string): GovernanceError {
  return new GovernanceError('invalid-option', `Option \`${option}\` of \`emailChannel\`: expected ${expected}.`)
}
