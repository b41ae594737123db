import { crc32 } from 'node:zlib'
import { eventStreamed, recordedSteps } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { cutAfter, replayServer, streamed, through } from './replay-server.js'

describe('the replay server', () => {
  it('answers on each route in order, records what it was sent, and refuses what nobody recorded', async () => {
    await using server = await replayServer({
      '/responses': [streamed([{ type: 'a' }, { n: 1 }]), { body: { ok: true }, status: 429 }],
    })
    const post = async (path: string) =>
      fetch(server.url + path, {
        method: 'POST',
        body: JSON.stringify({ path }),
        headers: { 'content-type': 'application/json' },
      })
    const first = await post('/v1/responses')
    expect(first.headers.get('content-type')).toBe('text/event-stream')
    expect(await first.text()).toBe('event: a\ndata: {"type":"a"}\n\ndata: {"n":1}\n\ndata: [DONE]\n\n')
    const second = await post('/v1/responses')
    expect([second.status, await second.json()]).toEqual([429, { ok: true }])
    expect((await post('/v1/responses')).status).toBe(400)
    expect((await post('/elsewhere')).status).toBe(400)
    expect(server.requests.map(({ body }) => body.path)).toEqual([
      '/v1/responses',
      '/v1/responses',
      '/v1/responses',
      '/elsewhere',
    ])
  })

  it('breaks the connection after the frames it was told to send', async () => {
    const stream = streamed([{ type: 'a' }, { type: 'b' }, { type: 'c' }])
    const { promise: seen, resolve } = Promise.withResolvers<void>()
    await using server = await replayServer({ '/x': [cutAfter(stream, through(stream, 'b'), seen)] })
    const { body } = await fetch(`${server.url}/x`)
    let text = ''
    const read = async (): Promise<void> => {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        text += new TextDecoder().decode(chunk)
        if (text.includes('event: b')) resolve()
      }
    }
    await expect(read()).rejects.toThrow('terminated')
    expect(text).toContain('event: b')
    expect(text).not.toContain('event: c')
  })
})

describe('a recording', () => {
  const lines = (...types: readonly string[]): string => types.map(type => JSON.stringify({ type })).join('\n')
  const sizes = (text: string): readonly number[] =>
    recordedSteps('a.chunks.txt', text).map(step => ('frames' in step ? step.frames.length - 1 : 0))

  it('of several responses is split where one begins', () => {
    expect(sizes(lines('response.created', 'response.completed', 'response.created'))).toEqual([2, 1])
    expect(sizes(lines('message_start', 'message_stop', 'message_start', 'message_stop'))).toEqual([2, 2])
  })

  it('whose message begins while another is open is one broken response', () => {
    expect(sizes(lines('message_start', 'content_block_start', 'message_start', 'message_stop'))).toEqual([4])
  })
})

it('a binary event stream has the bytes that Amazon documents: lengths, headers and checksums', () => {
  const { frames } = eventStreamed([{ messageStop: { stopReason: 'end_turn' } }])
  const bytes = Buffer.from(frames[0] as Uint8Array)
  expect(bytes.readUInt32BE(0)).toBe(bytes.length)
  expect(bytes.readUInt32BE(8)).toBe(crc32(bytes.subarray(0, 8)))
  expect(bytes.readUInt32BE(bytes.length - 4)).toBe(crc32(bytes.subarray(0, -4)))
  const headers = bytes.subarray(12, 12 + bytes.readUInt32BE(4)).toString('latin1')
  expect(headers).toContain('\u000b:event-type\u0007\u0000\u000bmessageStop')
  expect(JSON.parse(bytes.subarray(12 + headers.length, -4).toString())).toEqual({ stopReason: 'end_turn' })
})
