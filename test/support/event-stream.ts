import { crc32 } from 'node:zlib'
import type { ReplayStep } from 'countersign/testing'

/** Lines `{"<event type>": {…}}` as the binary event stream in which Amazon Bedrock sends them. */
export function eventStream(text: string): ReplayStep {
  const events = text.split('\n').filter(line => line.trim() !== '')
  return {
    frames: events.map(line => {
      const event = JSON.parse(line) as Readonly<Record<string, unknown>>
      const type = Object.keys(event)[0] ?? ''
      return messageOf(type, event[type])
    }),
  }
}

/** Lengths and their checksum, headers, the payload, the checksum of it all; integers are big-endian. */
function messageOf(type: string, payload: unknown): Uint8Array {
  const headers = Buffer.concat([
    header(':event-type', type),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ])
  const body = Buffer.from(JSON.stringify(payload))
  const lengths = Buffer.concat([uint32(16 + headers.length + body.length), uint32(headers.length)])
  const start = Buffer.concat([lengths, uint32(crc32(lengths)), headers, body])
  return Buffer.concat([start, uint32(crc32(start))])
}

/** A header whose value is text, which is type 7. */
function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(value))
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([7]),
    length,
    Buffer.from(value),
  ])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
