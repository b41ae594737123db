import { delay } from './delay.js'
import type { Fault } from './fault.js'
import type { Stage } from './play.js'
import { rawReply, whenOver } from './send.js'

/** Bytes after which a drip ends by itself, with its connection. */
const MAX_BYTES = 1_000_000

/** Sends a byte at a time until it is let go, or nobody is there any more: blank space of a body, or a header without an end. */
export async function slowly(stage: Stage, fault: Extract<Fault, { kind: 'drip' }>): Promise<void> {
  const { response, socket } = stage
  const { head, body } = rawReply(await stage.reply())
  // Chunked: any number of bytes can go before the answer, and an end before its time is no end.
  const open = head.replace(/content-length: \d+\r\n/, 'transfer-encoding: chunked\r\nconnection: close\r\n')
  const status = open.slice(0, open.indexOf('\r\n'))
  const rest = chunk(body) + '0\r\n\r\n'
  const [first, drop, last] =
    fault.at === 'headers' ? [`${status}\r\nx-drip: `, 'x', open.slice(status.length) + rest] : [open, chunk(' '), rest]
  socket.write(first)
  const over = Promise.race([fault.until, whenOver(response)])
  const isWhole = await dripUntil(stage, fault, over, drop)
  if (isWhole) socket.end(last)
  else socket.destroy()
}

/** Whether it was let go before there were too many bytes. */
async function dripUntil(
  { clock, socket }: Stage,
  { everyMs = 5 }: Extract<Fault, { kind: 'drip' }>,
  over: Promise<unknown>,
  drop: string,
): Promise<boolean> {
  const isOver = over.then(() => true)
  for (let bytes = 0; bytes < MAX_BYTES; bytes++) {
    const pause = delay(clock, everyMs)
    const ended = await Promise.race([isOver, pause.over.then(() => false)])
    pause.cancel()
    if (ended) return true
    socket.write(drop)
  }
  return false
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
}
