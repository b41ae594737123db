import { Agent } from 'node:http'
import { type Fault, fakeClock } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { ask, rawAsk, standIn } from './client.js'

const EVALUATE = 'POST /actions/evaluate'
const ACTION = { action: 'refund' }
/** What a request comes to that meets a fault, and the request after it. */
const meet = async (
  fault: Fault,
  path?: string,
): Promise<{ readonly met: Awaited<ReturnType<typeof rawAsk>>; readonly served: number }> => {
  const service = await standIn()
  service.fault(fault)
  const met = await rawAsk(service, path)
  const served = service.decisions.length
  expect(service.faults).toEqual([])
  expect((await rawAsk(service)).status).toBe(200)
  return { met, served }
}
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('a fault of the stand-in', () => {
  it('is met in order, by requests to its path, as often as it says', async () => {
    const service = await standIn()
    service.fault('/outcomes/report', { kind: 'status', status: 500 })
    service.fault({ kind: 'status', status: 503 }, 2)
    service.fault('/actions/evaluate', { kind: 'status', status: 502 })
    const statuses: number[] = []
    for (let asked = 0; asked < 4; asked++) statuses.push((await ask(service, EVALUATE, ACTION)).status)
    expect(statuses).toEqual([503, 503, 502, 200])
    expect(service.faults).toEqual([{ path: '/outcomes/report', fault: { kind: 'status', status: 500 }, times: 1 }])
    expect((await ask(service, 'POST /outcomes/report', {})).status).toBe(500)
  })

  it.each([
    [{ kind: 'status', status: 429, headers: { 'retry-after': '7' } }, '7'],
    [
      { kind: 'status', status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } },
      'Wed, 21 Oct 2026 07:28:00 GMT',
    ],
  ] as const)('answers with a status, headers and a body instead of serving: %j', async (fault, retryAfter) => {
    const { met, served } = await meet({ ...fault, body: { detail: 'later' } })
    expect(met).toMatchObject({
      status: fault.status,
      headers: { 'retry-after': retryAfter },
      text: '{"detail":"later"}',
    })
    expect(served).toBe(0)
  })

  it('redirects', async () => {
    const { met, served } = await meet({ kind: 'redirect', to: 'https://example.com/', status: 302 })
    expect(met).toMatchObject({ status: 302, headers: { location: 'https://example.com/' } })
    expect(served).toBe(0)
  })

  it.each([
    ['request', 0],
    ['answer', 1],
    ['headers', 1],
    ['body', 1],
  ] as const)('resets the connection at the %s, when %i is decided', async (at, decided) => {
    const { met, served } = await meet({ kind: 'reset', at })
    expect(met.error).toMatch(/^(ECONNRESET|HPE_\w+)$/)
    expect(met.status).toBe(at === 'body' ? 200 : undefined)
    expect(served).toBe(decided)
  })

  it('sends what is no JSON, half of it, or nothing', async () => {
    const garbage = await meet({ kind: 'garbage' })
    expect(garbage.met).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
    expect(isJson(garbage.met.text)).toBe(false)
    const half = await meet({ kind: 'truncated', length: 'right' })
    expect(half.met.error).toBeUndefined()
    expect(isJson(half.met.text)).toBe(false)
    const cut = await meet({ kind: 'truncated', length: 'wrong' })
    expect(cut.met).toMatchObject({ status: 200, error: 'ECONNRESET' })
    expect((await meet({ kind: 'empty' })).met).toMatchObject({ status: 200, text: '' })
    expect((await meet({ kind: 'empty', status: 204 })).met).toMatchObject({ status: 204, text: '' })
    const page = await meet({ kind: 'html', status: 502 })
    expect(page.met).toMatchObject({ status: 502, headers: { 'content-type': 'text/html' } })
    expect([garbage, half, cut, page].map(({ served }) => served)).toEqual([1, 1, 1, 1])
  })

  it('sends other JSON, or the right answer with something wrong in it', async () => {
    expect((await meet({ kind: 'json', body: [1] })).met.text).toBe('[1]')
    const wrong = (answer: unknown): object => ({ ...(answer as object), recommendation: 5 })
    expect(JSON.parse((await meet({ kind: 'json', body: wrong })).met.text)).toMatchObject({
      recommendation: 5,
      enforcement_mode: 'advisory',
    })
  })

  it('sends more than 8 MiB', async () => {
    const { met } = await meet({ kind: 'huge' })
    expect(met.text.length).toBeGreaterThan(8 * 1024 * 1024)
    expect(JSON.parse(met.text)).toMatchObject({ recommendation: 'proceed' })
    const { met: small } = await meet({ kind: 'huge', bytes: 10 })
    expect(small.text.length).toBeLessThan(2000)
  })

  it('sends a second answer that nobody asked for behind the first', async () => {
    const service = await standIn()
    service.fault({ kind: 'twice', second: { stale: true } })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const first = await rawAsk(service, undefined, ACTION, agent)
    expect(JSON.parse(first.text)).toMatchObject({ recommendation: 'proceed' })
    agent.destroy()
    const { connect } = await import('node:net')
    service.fault({ kind: 'twice', second: { stale: true } })
    const body = JSON.stringify(ACTION)
    const seen = await new Promise<string>(resolve => {
      let text = ''
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1', () => {
        socket.write(
          `POST /actions/evaluate HTTP/1.1\r\nhost: x\r\nx-api-key: agent-key\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        )
      })
      socket.on('data', chunk => {
        text += chunk.toString()
        if (text.includes('stale')) socket.destroy()
      })
      socket.on('close', () => resolve(text))
    })
    expect(seen.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
  })

  it.each([
    ['too-many', ['a', 'b', 'c', 'c']],
    ['too-few', ['a', 'b']],
    ['repeated', ['a', 'a', 'a']],
    ['reversed', ['c', 'b', 'a']],
  ] as const)('sends answers of a batch that are %s', async (answers, reasons) => {
    const service = await standIn({ decide: ({ action }) => ({ reason: action }) })
    service.fault('/actions/evaluate/batch', { kind: 'batch', answers })
    const actions = ['a', 'b', 'c'].map(action => ({ action }))
    const { body } = await ask(service, 'POST /actions/evaluate/batch', { actions })
    expect(body.map(({ reason }: any) => reason)).toEqual(reasons)
  })

  it('sends the answer of another request', async () => {
    const service = await standIn({ decide: ({ action }) => ({ reason: action }) })
    service.fault({ kind: 'wrong-request' })
    expect((await ask(service, EVALUATE, { action: 'first' })).body.reason).not.toBe('first')
    service.fault({ kind: 'wrong-request' })
    expect((await ask(service, EVALUATE, { action: 'second' })).body.reason).toBe('first')
  })

  it.each([100, 102, 103] as const)('sends %i before the answer', async status => {
    const { met } = await meet({ kind: 'informational', status, count: 3 })
    expect(met).toMatchObject({ status: 200, announced: [status, status, status] })
  })
})

describe('what is asked of the stand-in', () => {
  it('is checked: a slip must not mean that nothing goes wrong', async () => {
    await expect(standIn({ apiKey: 'x' } as object)).rejects.toThrow('Did you mean "apiKeys"?')
    const service = await standIn()
    expect(() => service.fault({ kind: 'rest', at: 'body' } as never)).toThrow('Did you mean "reset"?')
  })
})

describe('a late answer of the stand-in', () => {
  it('comes when it is let go; the request is served before', async () => {
    const service = await standIn()
    const held = service.hold('/actions/evaluate')
    const answer = ask(service, EVALUATE, ACTION)
    await held.arrived
    expect(service.decisions).toHaveLength(1)
    expect((await ask(service, 'GET /actions/status')).status).toBe(200)
    held.release()
    expect((await answer).status).toBe(200)
  })

  it('comes when the time of its clock is over', async () => {
    const clock = fakeClock()
    const service = await standIn({ clock })
    service.fault({ kind: 'latency', ms: 60_000 })
    let isThere = false
    const answer = ask(service, EVALUATE, ACTION).then(got => {
      isThere = true
      return got
    })
    while (service.decisions.length === 0) await new Promise(resolve => setImmediate(resolve))
    clock.advance(59_999)
    await ask(service, 'GET /actions/status')
    expect(isThere).toBe(false)
    clock.advance(1)
    expect((await answer).status).toBe(200)
  })

  it('goes to nobody once its connection is gone', async () => {
    const service = await standIn()
    const held = service.hold()
    const abort = new AbortController()
    const answer = fetch(`${service.url}/actions/status`, {
      signal: abort.signal,
      headers: { 'x-api-key': 'agent-key' },
    })
    await held.arrived
    abort.abort()
    await expect(answer).rejects.toThrow('aborted')
    held.release()
    expect((await ask(service, 'GET /actions/status')).status).toBe(200)
  })

  it.each(['headers', 'body'] as const)('drips, in its %s, until it is let go', async at => {
    const clock = fakeClock()
    const service = await standIn({ clock })
    const drip = service.drip('/actions/evaluate', at)
    const answer = rawAsk(service)
    await drip.arrived
    for (let byte = 0; byte < 10; byte++) {
      clock.advance(5)
      await new Promise(resolve => setImmediate(resolve))
    }
    drip.release()
    const { status, text, headers } = await answer
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({ recommendation: 'proceed' })
    expect(at === 'headers' ? headers?.['x-drip'] : text.slice(0, 8)).toMatch(at === 'headers' ? /^x{8,10}$/ : /^ {8}$/)
  })
})

describe('a stand-in that is down', () => {
  it('refuses connections, and is back on its port with what it knew', async () => {
    const service = await standIn()
    await ask(service, EVALUATE, ACTION)
    const { url } = service
    await service.down()
    expect((await rawAsk(service)).error).toBe('ECONNREFUSED')
    expect(service.openConnections).toBe(0)
    await service.up()
    await service.up()
    expect(service.url).toBe(url)
    expect((await rawAsk(service)).status).toBe(200)
    expect(service.decisions).toHaveLength(2)
  })

  it('ends what is held back, and what drips, when it is closed', async () => {
    const service = await standIn()
    const [held, drip] = [service.hold('/actions/evaluate'), service.drip('/actions/submit')]
    service.fault('/actions/submit/v2', { kind: 'latency', ms: 1_000_000 })
    const answers = [rawAsk(service), rawAsk(service, '/actions/submit'), rawAsk(service, '/actions/submit/v2')]
    await held.arrived
    await drip.arrived
    while (service.decisions.length < 3) await new Promise(resolve => setImmediate(resolve))
    await service.close()
    await service.close()
    expect((await Promise.all(answers)).map(({ error }) => error)).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET'])
  })

  it('takes no request without an end', async () => {
    const service = await standIn()
    const answer = await ask(service, EVALUATE, undefined, { raw: `"${'x'.repeat(17 * 1024 * 1024)}"` })
    expect(answer.status).toBe(413)
    expect(service.requests).toEqual([])
  })
})
