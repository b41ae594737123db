import { memoryStore } from 'countersign'
import type { FailedRequest } from 'countersign/server'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { logError } from '../../adapters/server/log.ts'
import { serve } from './support.js'

const named = (id: string) => ({ headers: { 'x-request-id': id } })

describe('the id of a request', () => {
  it.each(['7f3c', 'req-2026.11/28:a_b@c+d=', 'x'.repeat(128)])('is the one that a client sent (%s)', async id => {
    await using service = serve()
    const answer = await service.ask('GET /actions/status', undefined, named(id))
    expect(answer.headers.get('x-request-id')).toBe(id)
  })

  it('is ours in the body of a refusal, so that nobody writes into what is said of another request', async () => {
    await using service = serve()
    const { status, headers, body } = await service.ask('POST /actions/evaluate', {}, named('mine-1'))
    expect([status, headers.get('x-request-id')]).toEqual([422, 'mine-1'])
    expect(body.request_id).toMatch(/^req_[0-9a-f-]{36}$/)
  })

  it('is a new one for each request where a client sent none, or one that is not well-formed', async () => {
    await using service = serve()
    const seen = new Set<string>()
    for (const id of [undefined, '', 'a b', 'x'.repeat(129), 'a,b', '"a"', '<b>', 'a;b', '%0d%0a', 'ü']) {
      const answer = await service.ask('GET /actions/status', undefined, id === undefined ? {} : named(id))
      const given = answer.headers.get('x-request-id') ?? ''
      expect(given).toMatch(/^req_[0-9a-f-]{36}$/)
      seen.add(given)
    }
    expect(seen.size).toBe(10)
  })

  it('holds nothing but plain characters, whatever was sent', async () => {
    await using service = serve()
    const latin = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map(code => String.fromCharCode(code)) })
    await fc.assert(
      fc.asyncProperty(latin, async id => {
        const answer = await service.ask('GET /nowhere', undefined, named(id))
        expect(answer.headers.get('x-request-id')).toMatch(/^[\w.:@+/=-]{1,128}$/)
      }),
      { numRuns: 100 },
    )
  })

  it('is told to whoever hears of what went wrong inside, as the client calls it and as the answer does', async () => {
    const store = memoryStore()
    const heard: (FailedRequest | undefined)[] = []
    const failing = { ...store, listDocuments: () => Promise.reject(new Error('gone')) }
    await using service = serve({
      store: Object.setPrototypeOf(failing, store) as typeof store,
      onError: (_error, request) => {
        heard.push(request)
      },
    })
    const { status, body } = await service.ask('GET /ingest/stats', undefined, named('mine-2'))
    expect(status).toBe(500)
    expect(heard).toContainEqual({ id: body.request_id, sent: 'mine-2' })
  })

  it('begins what the log says of a failure', () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    logError(new Error('gone'), { id: 'req_1', sent: 'mine-3' })
    logError(new Error('gone'), { id: 'req_2' })
    expect(written.mock.calls.map(([line]) => String(line).split('\n')[0])).toEqual([
      'req_1 mine-3: Error: gone',
      'req_2: Error: gone',
    ])
    written.mockRestore()
  })
})
