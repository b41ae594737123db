import assert from 'node:assert/strict'
import type { ClaimedItem, Store } from '../../store/store.js'
import { openHere, startChild } from './child.js'
import { finished, type ProcessCase, start, WRITERS } from './processes.js'
import { AT, itemOf } from './samples.js'

const ITEMS = 400
/** Until when the claims of children hold. */
const UNTIL = AT + 1000
const CLAIM = { destination: 'service', at: AT, until: UNTIL, limit: 1 }

/** The outbox of several processes, and of processes that are killed. */
export const outboxProcessCases: readonly ProcessCase[] = [
  {
    title: `hands each item of the outbox to one of ${WRITERS} processes that claim at once`,
    check: async durable => {
      const args = await durable.args()
      const store = await openHere(durable, args)
      const ids = Array.from({ length: ITEMS }, (_, index) => `item-${index}`)
      await store.commit({ at: AT, outbox: ids.map(id => itemOf({ id })) })
      const claimants = await start(durable, args, name => ({ name, count: 0, claims: { ...CLAIM, limit: 3 } }))
      const claimed = (await Promise.all(claimants.map(finished))).flat()
      const left = await claimAll(store, UNTIL - 1)
      const again = await claimAll(store, UNTIL)
      await store.close()
      assert.deepEqual(claimed.toSorted(), ids.toSorted())
      assert.deepEqual(left, [])
      assert.deepEqual(idsOf(again), ids)
      assert.ok(again.every(({ attempts }) => attempts === 2))
    },
  },
  {
    title: 'has all that it acknowledged in the outbox, though the process is killed that put it there',
    check: async durable => {
      const args = await durable.args()
      const teller = await startChild(durable, args, { name: 'teller', count: 1_000_000, tells: 'service' })
      teller.go()
      await teller.said(100)
      teller.kill()
      const { lines } = await teller.ended()
      const store = await openHere(durable, args)
      const waiting = await claimAll(store, AT)
      const decisions = (await store.listDecisions({ limit: 1000 })).map(({ id }) => id)
      await store.close()
      const told = waiting.map(({ decisionId }) => decisionId)
      assert.ok(lines.length >= 100)
      assert.deepEqual(told.slice(0, lines.length), lines)
      assert.deepEqual(
        told.slice(-1000),
        decisions.toReversed(),
        'an item is there without its decision, or the reverse',
      )
    },
  },
  {
    title: 'hands out again what a process had claimed that is killed, once its time is over',
    check: async durable => {
      const args = await durable.args()
      const store = await openHere(durable, args)
      const ids = Array.from({ length: ITEMS }, (_, index) => `item-${index}`)
      await store.commit({ at: AT, outbox: ids.map(id => itemOf({ id })) })
      const claimant = await startChild(durable, args, { name: 'claimant', count: 0, claims: CLAIM })
      claimant.go()
      await claimant.said(20)
      claimant.kill()
      const { lines } = await claimant.ended()
      const left = await claimAll(store, UNTIL - 1)
      const again = await claimAll(store, UNTIL)
      await store.close()
      assert.ok(lines.length >= 20)
      assert.deepEqual(idsOf(again).slice(0, lines.length), lines)
      assert.deepEqual([...idsOf(again), ...idsOf(left)], ids)
      assert.ok(again.every(({ attempts }) => attempts === 2))
      assert.ok(left.every(({ attempts }) => attempts === 1))
    },
  },
]

/** Claims all that is due, for longer than any case takes. */
async function claimAll(store: Store, at: number): Promise<readonly ClaimedItem[]> {
  const items: ClaimedItem[] = []
  for (;;) {
    const claimed = await store.claimOutbox({ destination: 'service', at, until: UNTIL + 1000, limit: 100 })
    if (claimed.length === 0) return items
    items.push(...claimed)
  }
}

function idsOf(items: readonly ClaimedItem[]): readonly string[] {
  return items.map(({ id }) => id)
}
