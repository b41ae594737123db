import { describe, expect, it } from 'vitest'
import { serve } from './support.js'

describe('a service', () => {
  it('refuses bodies that are too long, too deep or no text', async () => {
    await using service = serve({ maxBodyBytes: 2000 })
    const send = (raw: string) => service.ask('POST /actions/evaluate', undefined, { raw })
    expect(await send(JSON.stringify({ action: 'x'.repeat(3000) }))).toMatchObject({
      status: 413,
      body: { detail: { code: 'body_too_long' } },
    })
    const deep = `{"action":"a","context":{"x":${'['.repeat(100)}${']'.repeat(100)}}}`
    expect(await send(deep)).toMatchObject({ status: 422, body: { detail: [{ loc: ['body'], type: 'too_deep' }] } })
    const bytes = new Uint8Array([0x7b, 0xff, 0xfe])
    const headers = { 'x-api-key': 'agent-key-of-the-tests', 'content-type': 'application/json' }
    const request = { method: 'POST', headers, body: bytes }
    expect((await service.server.app.request('/actions/evaluate', request)).status).toBe(400)
    const endless = new ReadableStream({ pull: controller => controller.enqueue(new Uint8Array(512).fill(32)) })
    const streamed = new Request('http://x/actions/evaluate', {
      ...request,
      body: endless,
      duplex: 'half',
    } as RequestInit)
    expect((await service.server.app.fetch(streamed)).status).toBe(413)
  })

  it('lets whoever needs no credential ask so often from one address', async () => {
    await using service = serve()
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"token":"a.b.c"}' }
    const from = async (remoteAddress: string) =>
      (await service.server.app.request('/approvals/by-token', request, { incoming: { socket: { remoteAddress } } }))
        .status
    const statuses = []
    for (let count = 0; count < 601; count++) statuses.push(await from('10.0.0.1'))
    expect([statuses[0], statuses[599], statuses[600], await from('10.0.0.2')]).toEqual([422, 422, 429, 422])
  })

  it('lets each credential ask so often in a minute, and says when it may again', async () => {
    await using service = serve({ maxRequestsPerMinute: 60 })
    const ask = (key: string) => service.ask('GET /actions/status', undefined, { key })
    const statuses = await Promise.all(Array.from({ length: 61 }, () => ask('agent-key-of-the-tests')))
    expect(statuses.filter(({ status }) => status === 200)).toHaveLength(60)
    const refused = await ask('agent-key-of-the-tests')
    expect([refused.status, refused.headers.get('retry-after'), refused.body.detail.code]).toEqual([
      429,
      '1',
      'rate_limited',
    ])
    expect((await ask('approver-key-of-the-tests')).status).toBe(200)
    service.clock.advance(1000)
    expect((await ask('agent-key-of-the-tests')).status).toBe(200)
  })
})
