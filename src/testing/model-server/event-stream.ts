import { crc32 } from 'node:zlib'
import type { StreamStep } from './step.js'

/** Events `{ <event type>: payload }` in order, in the binary framing in which Amazon Bedrock streams them. */
export function eventStreamed(events: readonly Readonly<Record<string, unknown>>[]): StreamStep {
  return {
    frames: events.map(event => {
      const type = Object.keys(event)[0] ?? ''
      return messageOf(type, event[type])
    }),
  }
}

/** Bytes around headers and payload: two lengths, their checksum, and the checksum of it all. */
const FRAMING_BYTES = 16

/** Lengths and their checksum, headers, the payload, the checksum of it all; integers are big-endian. */
function messageOf(type: string, payload: unknown): Uint8Array {
  const headers = Buffer.concat([
    header(':event-type', type),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ])
  const body = Buffer.from(JSON.stringify(payload))
  const lengths = Buffer.concat([uint32(FRAMING_BYTES + headers.length + body.length), uint32(headers.length)])
  const start = Buffer.concat([lengths, uint32(crc32(lengths)), headers, body])
  return Buffer.concat([start, uint32(crc32(start))])
}

/** What kind of value a header has. */
const TEXT = 7

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(value))
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([TEXT]),
    length,
    Buffer.from(value),
  ])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
