import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { type Address, addressOf, type Reach, type Resolve } from './addresses.js'
import { DeliveryFailure } from './delivery.js'

/** What is posted, and where. */
export interface Posting extends Reach {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
  /** @defaultValue the system's */
  readonly resolve?: Resolve
}

const MAX_READ_BYTES = 1024
const [OK, REDIRECTS, GONE] = [200, 300, 410]

/**
 * Posts to an address that was looked at before, and to no other that the name may lead to a moment later. Redirects are not
 * followed, and of the answer only the status is kept. What it answered.
 *
 * @throws DeliveryFailure
 */
export async function post({ url, headers, body, signal, resolve, ...reach }: Posting): Promise<number> {
  const target = new URL(url)
  const address = await addressOf(target, reach, resolve)
  const answered = await exchange(target, address, { headers, body, signal }).catch((error: unknown) => {
    throw new DeliveryFailure(signal.aborted ? 'no answer in time' : `connection failed${codeOf(error)}`)
  })
  if (answered >= OK && answered < REDIRECTS) return answered
  throw new DeliveryFailure(`answered with status ${answered}`, { answered, isFinal: answered === GONE })
}

function exchange(
  url: URL,
  address: Address,
  { headers, body, signal }: Pick<Posting, 'headers' | 'body' | 'signal'>,
): Promise<number> {
  const lookup: LookupFunction = (_host, { all }, done) =>
    all === true ? done(null, [{ ...address }]) : done(null, address.address, address.family)
  const request = url.protocol === 'https:' ? overHttps : overHttp
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((answer, fail) => {
    // No agent: a connection that is kept could be to somewhere else.
    request(url, { method: 'POST', headers: { ...headers, ...length }, agent: false, lookup, signal })
      .on('response', response => {
        letGo(response, () => answer(response.statusCode ?? 0))
      })
      .on('error', fail)
      .end(body)
  })
}

/** Hears a short answer out, and cuts a long one off. */
function letGo(response: IncomingMessage, done: () => void): void {
  let read = 0
  response
    .on('data', (chunk: Buffer) => {
      read += chunk.length
      if (read > MAX_READ_BYTES) response.destroy()
    })
    .on('error', done)
    .on('close', done)
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? ` (${code})` : ''
}
