import { inspect } from 'node:util'
import type { FailedRequest } from './http/failed-request.js'

/** What terminals and readers of logs take for more than text. */
const CONTROL = /[^\P{Cc}\n\t]|[\u2028\u2029]/gu
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** An error as a log holds it: what a client wrote into it neither begins a line of its own nor moves the cursor. */
export function logged(error: unknown): string {
  return inspect(error).replaceAll(CONTROL, escaped).replaceAll('\n', '\n    ')
}

/** What nobody else hears of. */
export function logError(error: unknown, request?: FailedRequest): void {
  const of = request === undefined ? '' : `${[request.id, request.sent ?? []].flat().join(' ')}: `
  // oxlint-disable-next-line no-console -- a server that nobody listens to must not fail in silence
  console.error(of + logged(error))
}
