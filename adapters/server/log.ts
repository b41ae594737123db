import { inspect } from 'node:util'

// oxlint-disable-next-line no-control-regex -- what terminals and readers of logs take for more than text
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** An error as a log holds it: what a client wrote into it neither begins a line of its own nor moves the cursor. */
export function logged(error: unknown): string {
  return inspect(error).replaceAll(CONTROL, escaped).replaceAll('\n', '\n    ')
}

/** What nobody else hears of. */
export function logError(error: unknown): void {
  // oxlint-disable-next-line no-console -- a server that nobody listens to must not fail in silence
  console.error(logged(error))
}
