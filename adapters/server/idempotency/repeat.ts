import { hash } from 'node:crypto'
import type { StoredDocument } from 'countersign'
import { conflict, Refusal } from '../../../src/service/protocol/refusal.js'
import type { Route, RouteName } from '../../../src/service/protocol/route.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { familyOf, type Principal } from '../auth/principal.js'
import { draftDocument, type Kept } from '../documents.js'
import type { Service } from '../service.js'

/** What a request goes by that may be sent again. */
export interface Repeat {
  /** Of what is remembered: credential, path and key. */
  readonly id: string
  /** Of what was asked. */
  readonly digest: string
}

/** Kind of the documents that remember what was answered. */
export const IDEMPOTENCY = 'idempotency'
/** So long it is remembered. */
const REMEMBERED_MS = 24 * 3_600_000
const MAX_KEY = 255

/** What is remembered of a request, in every case. */
export interface Remembered {
  readonly digest: string
}

/** How a request goes by its `Idempotency-Key`; nothing where it carries none, or changes nothing. @throws Refusal 422 */
export function repeatOf(
  { route }: Route & { readonly route: RouteName },
  principal: Principal | undefined,
  key: string | undefined,
  asked: { readonly path: string; readonly url: string; readonly text: string },
): Repeat | undefined {
  if (key === undefined || route.startsWith('GET ')) return undefined
  if (key === '' || key.length > MAX_KEY) {
    const what = `Input should have 1 to ${MAX_KEY} characters`
    throw new Refusal(422, [problem(['header', 'idempotency-key'], what, 'string_length')])
  }
  const [method] = route.split(' ')
  const search = asked.url.includes('?') ? asked.url.slice(asked.url.indexOf('?')) : ''
  return {
    id: digestOf([principal === undefined ? null : familyOf(principal), method, asked.path, key]),
    digest: digestOf([search, asked.text]),
  }
}

/** The same for one of several that one request asks about. */
export function partOf({ id, digest }: Repeat, index: number): Repeat {
  return { id: digestOf([id, index]), digest }
}

/** The document that remembers an answer for a day. */
export function rememberedAs<BODY extends Remembered>(
  service: Service,
  { id }: Repeat,
  body: BODY,
  known?: Kept<BODY>,
): StoredDocument {
  const expiresAt = service.clock.now() + REMEMBERED_MS
  return draftDocument(service, { kind: IDEMPOTENCY, id, body, expiresAt }, known)
}

/** @throws Refusal 409 for a key that was sent with another request */
export function refuseOther({ body }: Kept<Remembered>, { digest }: Repeat): void {
  if (body.digest !== digest) throw conflict('idempotency_key_reused', 'the key was sent with another request')
}

function digestOf(parts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(parts))
}
