import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createGovernor, type EvaluationRequest, type Governor, memoryStore, remoteDecisions } from 'countersign'
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

const options = (baseUrl: string) => ({ baseUrl, apiKey: 'bench', outcomes: false, memory: false })
const governorOn = (baseUrl: string): Governor =>
  createGovernor({ store: memoryStore(), audit: false, decisions: remoteDecisions(options(baseUrl)) })

const session = { id: 's', user: undefined, tenant: undefined, model: undefined, traceId: 't' }

/** A call as a governor puts it to its evaluator. */
function questionOf(): EvaluationRequest {
  const call = callOf()
  const { name: tool, input } = call
  const what = { call, tool, input, digest: call.id, action: tool, actor: 'AI_AGENT', value: 50 }
  return { ...what, domain: undefined, target: undefined, metadata: {}, annotations: {}, session, at: Date.now() }
}

/** What a decision costs that another process makes. */
export async function benchRemote(): Promise<readonly Result[]> {
  const service = fork(fileURLToPath(new URL('remote/server.ts', import.meta.url)))
  const [port] = (await once(service, 'message')) as [number]
  const url = `http://127.0.0.1:${port}`
  const agent = new Agent({ keepAlive: true })
  const evaluator = remoteDecisions(options(url))
  const ask = () => {
    const { signal } = new AbortController()
    return evaluator.evaluate(questionOf(), { signal, remainingMs: 2000, dryRun: false, again: false })
  }
  const governor = governorOn(url)
  const nowhere = governorOn('http://127.0.0.1:1')
  for (let attempt = 0; attempt < 10; attempt++) await nowhere.decide(callOf())

  const fetched = async () => (await fetch(`${url}/actions/evaluate`, { method: 'POST', headers, body })).json()
  const subjects = [
    { name: 'bare', run: () => bare(port, agent) },
    { name: 'remote', run: ask },
    { name: 'governed', run: () => governor.decide(callOf()) },
    { name: 'fetch', run: fetched },
    { name: '64 at once', run: () => Promise.all(Array.from({ length: 64 }, async () => ask())) },
  ]
  const timings = await measure(subjects, { rounds: 15, calls: 200 })
  const [refused] = await measure([{ name: 'open', run: () => nowhere.decide(callOf()) }], { rounds: 15, calls: 4000 })
  agent.destroy()
  await governor.close()
  await nowhere.close()
  evaluator.close?.()
  service.disconnect()
  const [exchange = 0, remote = 0, governed = 0, onFetch = 0, together = 0] = timings.map(({ p50 }) => p50)
  const name = 'remote decision:'
  return [
    { name: `${name} asking, against a bare exchange on node:http`, value: remote / exchange, unit: '×', target: 1.2 },
    { name: `${name} a bare exchange on fetch, against asking`, value: onFetch / remote, unit: '×', atLeast: 3 },
    { name: `${name} 64 at once, in one request, against one`, value: together / remote, unit: '×', target: 3 },
    { name: `${name} while the circuit breaker is open`, value: refused?.p50 ?? Number.NaN, unit: 'µs', target: 5 },
    { name: `${name} decided and recorded, against a bare exchange`, value: governed / exchange, unit: '×' },
    { name: `${name} decided and recorded, all in all`, value: governed, unit: 'µs' },
  ]
}
