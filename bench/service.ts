import { median } from './measure.ts'
import { load, loadByFetch } from './service/load.ts'
import { heldBy, start } from './service/start.ts'
import type { Result } from './result.ts'

const ROUNDS = 5
const SECONDS = 2
const CONNECTIONS = 32
/** Requests of the run that memory is looked at after, twice. */
const MANY = 50_000

const plain = JSON.stringify({
  action: 'refund',
  actor: 'support-bot',
  value: 50,
  target: 'ord_1001',
  domain: 'payments',
  context: { session_id: 'session-1', channel: 'chat' },
})
let calls = 0
/** As `remoteDecisions` asks: each call has an id, and each question a key. */
const named = () => {
  const id = `call_${process.pid}_${calls++}`
  const body = JSON.stringify({ action: 'refund', value: 50, context: { session_id: 'session-1', call_id: id } })
  return { headers: `idempotency-key: ${id}\r\n`, body }
}

/** What a decision costs that is asked for over HTTP, against an answer that decides nothing: by turns, in one run. */
export async function benchService(): Promise<readonly Result[]> {
  const [echo, decide] = [await start('echo'), await start('decide')]
  const next = () => ({ body: plain })
  const usual = { connections: CONNECTIONS, ms: SECONDS * 1000, next }
  const [rates, tails, keyed, fetched]: [number[], number[], number[], number[]] = [[], [], [], []]
  for (let round = 0; round <= ROUNDS; round++) {
    const bare = await load({ ...usual, port: echo.port })
    const decided = await load({ ...usual, port: decide.port })
    const once = await load({ ...usual, port: decide.port, next: named })
    const bareByFetch = await loadByFetch({ ...usual, port: echo.port })
    const byFetch = await loadByFetch({ ...usual, port: decide.port })
    // The first one warms up.
    if (round === 0) continue
    rates.push(decided.perSecond / bare.perSecond)
    tails.push(decided.p99 / bare.p99)
    keyed.push(once.perSecond / bare.perSecond)
    fetched.push(byFetch.perSecond / bareByFetch.perSecond)
  }
  const many = { port: decide.port, connections: CONNECTIONS, next, amount: MANY }
  await load(many)
  const before = await heldBy(decide)
  await load(many)
  const after = await heldBy(decide)
  for (const { child } of [echo, decide]) child.disconnect()
  const name = 'decision service:'
  return [
    { name: `${name} decisions in a second, against bare Hono`, value: median(rates), unit: '×', atLeast: 0.6 },
    { name: `${name} the same, both asked with fetch`, value: median(fetched), unit: '×', atLeast: 0.6 },
    { name: `${name} the slowest of a hundred, against bare Hono`, value: median(tails), unit: '×', target: 3 },
    { name: `${name} with a call id and a key, against bare Hono`, value: median(keyed), unit: '×' },
    { name: `${name} one decision, of a processor`, value: (after.cpuUs - before.cpuUs) / MANY, unit: 'µs' },
    {
      name: `${name} heap after twice as many requests`,
      value: after.heapMiB / before.heapMiB,
      unit: '×',
      target: 1.2,
    },
  ]
}
