import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createGovernor, type Governor, memoryStore, remoteDecisions } from 'countersign'
import { measure } from './measure.ts'
import type { Result } from './result.ts'

let calls = 0
const callOf = () => ({ id: `call_${calls++}`, name: 'pay', input: { amount: 50, to: 'ord_1001' } })
const body = JSON.stringify({
  action: 'pay',
  actor: 'AI_AGENT',
  value: 50,
  context: { trace_id: '01999999-0000-7000-8000-000000000000', call_id: 'call_1' },
})
const headers = { 'content-type': 'application/json', 'x-api-key': 'bench' }

/** The least that a question and its answer cost: nothing is decided. */
function bare(port: number, agent: Agent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent, method: 'POST', path: '/actions/evaluate' }
    const asked = request(
      { ...options, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      answer => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          text += chunk
        })
        answer.on('end', () => {
          resolve(JSON.parse(text))
        })
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

const governorOn = (baseUrl: string): Governor =>
  createGovernor({
    store: memoryStore(),
    audit: false,
    decisions: remoteDecisions({ baseUrl, apiKey: 'bench', outcomes: false, memory: false }),
  })

/** What a decision costs that another process makes. */
export async function benchRemote(): Promise<readonly Result[]> {
  const service = fork(fileURLToPath(new URL('remote/server.ts', import.meta.url)))
  const [port] = (await once(service, 'message')) as [number]
  const url = `http://127.0.0.1:${port}`
  const agent = new Agent({ keepAlive: true })
  const governor = governorOn(url)
  const nowhere = governorOn('http://127.0.0.1:1')
  for (let attempt = 0; attempt < 10; attempt++) await nowhere.decide(callOf())

  const subjects = [
    { name: 'bare', run: () => bare(port, agent) },
    { name: 'remote', run: () => governor.decide(callOf()) },
    {
      name: 'fetch',
      run: async () => (await fetch(`${url}/actions/evaluate`, { method: 'POST', headers, body })).json(),
    },
  ]
  const [exchange, remote, fetched] = await measure(subjects, { rounds: 15, calls: 300 })
  const many = [
    { name: 'one', run: () => governor.decide(callOf()) },
    { name: '64', run: () => Promise.all(Array.from({ length: 64 }, () => governor.decide(callOf()))) },
  ]
  const [one, together] = await measure(many, { rounds: 15, calls: 100 })
  const [refused] = await measure([{ name: 'open', run: () => nowhere.decide(callOf()) }], { rounds: 15, calls: 4000 })
  agent.destroy()
  await governor.close()
  await nowhere.close()
  service.disconnect()
  const of = (timing: typeof one): number => timing?.p50 ?? Number.NaN
  return [
    {
      name: 'remote decision: against a bare exchange on node:http',
      value: of(remote) / of(exchange),
      unit: '×',
      target: 1.2,
    },
    {
      name: 'the same exchange on fetch: against a remote decision',
      value: of(fetched) / of(remote),
      unit: '×',
      atLeast: 3,
    },
    {
      name: 'remote decision: 64 at once, in one batch, against one',
      value: of(together) / of(one),
      unit: '×',
      target: 3,
    },
    { name: 'remote decision: while the circuit breaker is open', value: of(refused), unit: 'µs', target: 5 },
    { name: 'remote decision: all in all', value: of(remote), unit: 'µs' },
  ]
}
