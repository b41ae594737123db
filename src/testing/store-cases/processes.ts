import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { Store } from '../../store/store.js'
import type { DurableStore } from '../store-suite.js'
import { chainOf } from './audit.js'
import { type Child, openHere, startChild } from './child.js'
import { AT, held, sequence, spendOf } from './samples.js'

/** One thing a store must do that outlives its process. */
export interface ProcessCase {
  readonly title: string
  readonly check: (durable: DurableStore) => Promise<void>
}

/** So many processes race. */
export const WRITERS = 4
const KILLS = 10

/** Several processes on one store, and processes that are killed. */
export const processCases: readonly ProcessCase[] = [
  {
    title: 'keeps what it was told for the next process',
    check: async durable => {
      const args = await durable.args()
      const [id] = await runToEnd(await startChild(durable, args, { name: 'only', count: 1 }))
      const store = await openHere(durable, args)
      const found = await store.getDecision(id ?? '')
      await store.close()
      assert.equal(found?.execution?.status, 'executed')
    },
  },
  {
    title: `loses nothing while ${WRITERS} processes write at once`,
    check: async durable => {
      const args = await durable.args()
      const writers = await start(durable, args, name => ({ name, count: 250 }))
      const acknowledged = (await Promise.all(writers.map(finished))).flat()
      assert.equal(acknowledged.length, WRITERS * 250)
      assert.equal(await missing(durable, args, acknowledged), 0)
    },
  },
  {
    title: `never lets ${WRITERS} racing processes exceed a limit they share`,
    check: async durable => {
      const args = await durable.args()
      const spend = spendOf({ amount: 1_000_000, max: 70_000_000 })
      const spenders = await start(durable, args, name => ({ name, count: 40, spend }))
      const stored = (await Promise.all(spenders.map(finished))).flat()
      const store = await openHere(durable, args)
      const total = await held(store, AT, spend)
      await store.close()
      assert.equal(stored.length, 70)
      assert.equal(total, 70_000_000)
    },
  },
  {
    title: `lets one of ${WRITERS} racing processes claim each effect`,
    check: async durable => {
      const args = await durable.args()
      const claimants = await start(durable, args, name => ({ name, count: 100, keys: 'effect' }))
      const claimed = (await Promise.all(claimants.map(finished))).flat()
      const store = await openHere(durable, args)
      const winners = []
      for (let count = 0; count < 100; count++) winners.push((await store.getReceipt(`effect-${count}`))?.decisionId)
      const stored = (await store.listDecisions({ limit: 1000 })).map(({ id }) => id)
      const entries = await chainOf(store)
      await store.close()
      assert.equal(claimed.length, 100)
      assert.deepEqual(new Set(winners), new Set(claimed))
      assert.deepEqual(new Set(stored), new Set(claimed))
      assert.equal(entries.length, 300)
    },
  },
  {
    title: `chains what ${WRITERS} processes append at once into one unbroken log`,
    check: async durable => {
      const args = await durable.args()
      const writers = await start(durable, args, name => ({ name, count: 60 }))
      await Promise.all(writers.map(finished))
      const store = await openHere(durable, args)
      const entries = await chainOf(store)
      await store.close()
      assert.equal(entries.length, WRITERS * 60 * 3)
      const authors = entries.map(({ decisionId }) => decisionId?.slice(0, 'writer-0'.length))
      assert.equal(new Set(authors).size, WRITERS)
    },
  },
  {
    title: `loses nothing it acknowledged when a writer is killed, ${KILLS} times over`,
    check: async durable => {
      const args = await durable.args()
      const random = sequence(3)
      const acknowledged: string[] = []
      for (let kill = 0; kill < KILLS; kill++) {
        const writer = await startChild(durable, args, { name: `writer-${kill}`, count: 1_000_000 })
        writer.go()
        await writer.said(1 + Math.floor(random() * 200))
        writer.kill()
        const { lines } = await writer.ended()
        assert.ok(lines.length > 0)
        assert.equal(await missing(durable, args, lines), 0, `after kill ${kill + 1}`)
        acknowledged.push(...lines)
        await isWhole(durable, args)
      }
      assert.equal(await missing(durable, args, acknowledged), 0, 'in the end')
    },
  },
  {
    title: 'loses nothing when one of several writers is killed, and the others go on',
    check: async durable => {
      const args = await durable.args()
      const victim = await startChild(durable, args, { name: 'victim', count: 1_000_000 })
      const survivor = await startChild(durable, args, { name: 'survivor', count: 300 })
      for (const writer of [victim, survivor]) writer.go()
      await victim.said(100)
      victim.kill()
      const acknowledged = [...(await victim.ended()).lines, ...(await finished(survivor))]
      assert.ok(acknowledged.length >= 400)
      assert.equal(await missing(durable, args, acknowledged), 0)
    },
  },
  {
    title: 'shows at once a kill switch that another process turned on',
    check: async durable => {
      const args = await durable.args()
      const store = await openHere(durable, args)
      assert.deepEqual(await store.killSwitches(), [])
      const killSwitch = { tool: 'refund', by: 'another process', reason: 'incident', at: AT }
      await runToEnd(await startChild(durable, args, { name: 'operator', count: 0, killSwitch }))
      const seen = await store.killSwitches()
      const said = (await chainOf(store)).map(({ body }) => body)
      await store.close()
      assert.deepEqual(seen, [killSwitch])
      assert.deepEqual(said, ['on switch'])
    },
  },
]

/** Starts the writers and lets them go together. */
export async function start(
  durable: DurableStore,
  args: readonly unknown[],
  taskOf: (name: string) => Parameters<typeof startChild>[2],
): Promise<readonly Child[]> {
  const names = Array.from({ length: WRITERS }, (_, index) => `writer-${index}`)
  const children = await Promise.all(names.map(name => startChild(durable, args, taskOf(name))))
  for (const child of children) child.go()
  return children
}

/** What a child acknowledged that was let to its end. */
export async function finished(child: Child): Promise<readonly string[]> {
  const { code, lines, errors } = await child.ended()
  assert.equal(code, 0, `a child process failed: ${errors}`)
  return lines
}

async function runToEnd(child: Child): Promise<readonly string[]> {
  child.go()
  return finished(child)
}

/** So many decisions are looked for at once. */
const LOOKED_FOR = 20

/** How many of the acknowledged decisions, or of what came of them, are not there. */
async function missing(durable: DurableStore, args: readonly unknown[], ids: readonly string[]): Promise<number> {
  const store = await openHere(durable, args)
  let count = 0
  for (let from = 0; from < ids.length; from += LOOKED_FOR) {
    const found = await Promise.all(ids.slice(from, from + LOOKED_FOR).map(id => isThere(store, id)))
    count += found.filter(isFound => !isFound).length
  }
  await store.close()
  return count
}

/** Whether all of a call is there: the decision, what it came to, its receipt, and what the log says of it. */
async function isThere(store: Store, id: string): Promise<boolean> {
  const [decision, receipt, entries] = await Promise.all([
    store.getDecision(id),
    store.getReceipt(id),
    store.readAudit({ decisionId: id }),
  ])
  const said = entries.map(({ body }) => body)
  return (
    decision?.execution?.status === 'executed' &&
    receipt?.status === 'succeeded' &&
    isDeepStrictEqual(said, [`decided ${id}`, `started ${id}`, `executed ${id}`])
  )
}

/** Of every commit all is there: the log is one chain, and a decision has its receipt, or there is neither. */
async function isWhole(durable: DurableStore, args: readonly unknown[]): Promise<void> {
  const store = await openHere(durable, args)
  const said = await chainOf(store)
  const decisions = await store.listDecisions({ limit: 20 })
  for (const { id, execution } of decisions) {
    const status = (await store.getReceipt(id))?.status
    assert.equal(status, execution === undefined ? 'started' : 'succeeded')
    const count = said.filter(({ decisionId }) => decisionId === id).length
    assert.equal(count, execution === undefined ? 2 : 3)
  }
  await store.close()
}
