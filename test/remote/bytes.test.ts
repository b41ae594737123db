import { type AddressInfo } from 'node:net'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { createGovernor, memoryStore, remoteDecisions, type Governor, type Store } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { fakeClock } from 'countersign/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { payCall } from './support.js'

const open: { readonly close: () => unknown }[] = []
const getBuiltinModule = process.getBuiltinModule.bind(process)
afterEach(async () => {
  process.getBuiltinModule = getBuiltinModule
  for (const each of open.splice(0)) await each.close()
})

type Serve = (request: IncomingMessage, response: ServerResponse, body: string) => unknown

const DEADLINE = 500

/** A governor that asks a service which answers with bytes of a test's own. Time stands still: no deadline decides unless a test lets it pass. */
async function governed(serve: Serve, store: Store = memoryStore(), clock = fakeClock()): Promise<Governor> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => (body += String(chunk)))
    request.on('end', () => serve(request, response, body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const quiet = { memory: false, outcomes: false, retry: { attempts: 1 } } as const
  const baseUrl = `http://127.0.0.1:${port}`
  const decisions = remoteDecisions({ baseUrl, apiKey: 'k', deadlineMs: DEADLINE, clock, ...quiet })
  const governor = createGovernor({ store, decisions, clock })
  open.push({
    close: async () => {
      await governor.close()
      server.closeAllConnections()
      server.close()
    },
  })
  return governor
}

const allow = '"recommendation":"proceed","enforcement_mode":"advisory"'
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const written =
  (head: string, body = `{${allow}}`): Serve =>
  ({ socket }) =>
    socket.end(`HTTP/1.1 ${head}\r\n\r\n${body}`)
const said =
  (body: string | Uint8Array, headers: Record<string, string> = {}, status = 200): Serve =>
  (_, response) =>
    response.writeHead(status, headers).end(body)

/** Whether a call runs, by what is answered about it. */
const ANSWERS: readonly (readonly [what: string, serve: Serve, runs: boolean])[] = [
  ['201', said(`{${allow}}`, {}, 201), true],
  ['a byte order mark before it', said(`\uFEFF{${allow}}`), true],
  ['no length, and an end', written('200 OK'), true],
  ['names of prototypes', said(`{${allow},"__proto__":{"a":1},"constructor":1,"toJSON":2,"then":3}`), true],
  ['numbers beyond all bounds', said(`{${allow},"risk_score":1e999,"x":${'9'.repeat(5000)}}`), true],
  ['8,000 levels of nesting', said(`{${allow},"x":${nested(8000)}}`), true],
  ['100,000 levels of nesting', said(`{${allow},"x":${nested(100_000)}}`), true],
  ['an allow in a prototype', said(`{"__proto__":{"allowed":true,${allow}}}`), false],
  ['an allow in a list', said(`[{${allow}}]`), false],
  ['lists for words', said('{"recommendation":["proceed"],"enforcement_mode":["advisory"]}'), false],
  ['a text for a truth', said('{"allowed":"true"}'), false],
  ['a text', said('"allowed"'), false],
  ['null', said('null'), false],
  ['no UTF-8', said(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])), false],
  ['204', said('', {}, 204), false],
  ['205', said('', {}, 205), false],
  ['304', said('', {}, 304), false],
  ['302', said(`{${allow}}`, { location: 'http://127.0.0.1:1/' }, 302), false],
  ['429, to come back in three billion years', said('{}', { 'retry-after': '9'.repeat(17) }, 429), false],
  ['503, to come back yesterday', said('{}', { 'retry-after': '-86400' }, 503), false],
  ['600', written(`600 Odd\r\ncontent-length: ${allow.length + 2}`), false],
  ['099', written(`099 Odd\r\ncontent-length: ${allow.length + 2}`), false],
  ['two lengths', written(`200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked`, '2\r\n{}\r\n0\r\n\r\n'), false],
  ['a header without an end', written(`200 OK\r\nx: ${'a'.repeat(100_000)}\r\ncontent-length: 2`, '{}'), false],
]

describe.each(['node:http', 'fetch'])('over %s, a call', transport => {
  const withTransport = (): void => {
    if (transport === 'fetch') process.getBuiltinModule = () => undefined
  }

  it.each(ANSWERS)('that is answered with %s is decided on, and no deadline needs to pass', async (_, serve, runs) => {
    withTransport()
    const governor = await governed(serve)
    const { status, decision } = await governor.run(payCall(), () => 1)
    expect(status).toBe(runs ? 'executed' : 'blocked')
    expect(await governor.decisions.get(decision.id)).toBeDefined()
  })

  it('that is answered with 101 is decided on, at its deadline at the latest', async () => {
    withTransport()
    const clock = fakeClock()
    const switching = written('101 Switching\r\nconnection: upgrade\r\nupgrade: x', '')
    const asked = Promise.withResolvers<void>()
    const serve: Serve = (...exchange) => (switching(...exchange), asked.resolve())
    const governor = await governed(serve, memoryStore(), clock)
    const running = governor.run(payCall(), () => 1)
    await asked.promise
    clock.advance(DEADLINE)
    const { status, decision } = await running
    expect(status).toBe('blocked')
    expect(await governor.decisions.get(decision.id)).toBeDefined()
  })

  it('is asked about so that the answer comes as it is', async () => {
    withTransport()
    const governor = await governed(({ headers }, response) => {
      const isPlain = headers['accept-encoding'] === 'identity'
      const coded = isPlain ? {} : { 'content-encoding': 'gzip' }
      response.writeHead(200, coded).end(isPlain ? `{${allow}}` : gzipSync(`{${allow}}`))
    })
    expect((await governor.run(payCall(), () => 1)).status).toBe('executed')
  })

  it('is not harmed by how deep the answer to another one is', async () => {
    withTransport()
    const governor = await governed((_, response, body) => {
      const { actions = [] } = JSON.parse(body) as { readonly actions?: readonly unknown[] }
      response.end(`[${actions.map((_action, at) => `{${allow},"x":${at === 1 ? nested(100_000) : 0}}`).join(',')}]`)
    })
    const running = [1, 2, 3].map(amount => governor.run(payCall({ amount }), () => 1))
    const executions = await Promise.all(running)
    expect(executions.map(({ status }) => status)).toEqual(['executed', 'executed', 'executed'])
    expect(executions.map(({ decision }) => 'raw' in (decision.service ?? {}))).toEqual([true, false, true])
  })
})

it('an answer that no store could write down is no reason not to write the decision down', async () => {
  const governor = await governed(said(`{${allow},"x":${nested(8000)}}`), sqliteStore(':memory:'))
  const { status, decision } = await governor.run(payCall(), () => 1)
  expect(status).toBe('executed')
  expect(await governor.decisions.get(decision.id)).toBeDefined()
})
