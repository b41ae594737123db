import { parseArgs } from 'node:util'
import { load } from './load.ts'
import { heldBy, start } from './start.ts'

const PARTS = 10
const CONNECTIONS = 32
const CALLS_OF_A_SESSION = 10
const ACTORS = 50
/** What the heap may grow by from the first tenth to the last. */
const MOST = 1.2

const USAGE = `npm run bench:service -- [options]   Does the memory of a service that keeps every decision stay what it is?

  Asks it question after question, on SQLite in a folder of its own, and prints speed and memory after each tenth.
  Ends with 1 where the heap of the last tenth is more than ${MOST} × that of the first.

  --requests N      questions in all, ${PARTS} or more (default 1000000)`

const { values } = parseArgs({
  options: { help: { type: 'boolean', default: false }, requests: { type: 'string', default: '1000000' } },
})
if (values.help) {
  console.log(USAGE)
  process.exit()
}
const requests = Number(values.requests)
if (!Number.isSafeInteger(requests) || requests < PARTS) {
  console.error(`--requests: expected a whole number from ${PARTS} on, got ${JSON.stringify(values.requests)}.`)
  process.exit(2)
}

let calls = 0
/** As `remoteDecisions` asks: every call has an id and every question a key; sessions come and go. */
function next(): { readonly headers: string; readonly body: string } {
  const call = calls++
  const id = `call_${call}`
  const body = JSON.stringify({
    action: 'refund',
    actor: `bot-${call % ACTORS}`,
    value: call % 1000,
    target: `ord_${call}`,
    context: { session_id: `session-${Math.floor(call / CALLS_OF_A_SESSION)}`, call_id: id },
  })
  return { headers: `idempotency-key: ${id}\r\n`, body }
}

const service = await start('decide')
const heaps: number[] = []
console.log('  requests  per second   p50 ms   p99 ms   heap MiB   RSS MiB   database MiB')
for (let part = 1; part <= PARTS; part++) {
  const amount = Math.round((requests * part) / PARTS) - calls
  const { perSecond, p50, p99 } = await load({ port: service.port, connections: CONNECTIONS, next, amount })
  const { heapMiB, rssMiB, storedMiB } = await heldBy(service)
  heaps.push(heapMiB)
  const cells: readonly (readonly [width: number, text: string])[] = [
    [10, String(calls)],
    [12, perSecond.toFixed(0)],
    [9, p50.toFixed(2)],
    [9, p99.toFixed(2)],
    [11, heapMiB.toFixed(1)],
    [10, rssMiB.toFixed(0)],
    [15, storedMiB.toFixed(0)],
  ]
  console.log(cells.map(([width, text]) => text.padStart(width)).join(''))
}
service.child.disconnect()
const growth = (heaps.at(-1) ?? 0) / (heaps[0] ?? 0)
console.log(`heap, last tenth against the first: ${growth.toFixed(2)} × (at most ${MOST} ×)`)
if (growth > MOST) process.exitCode = 1
