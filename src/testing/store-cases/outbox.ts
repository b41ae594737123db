import assert from 'node:assert/strict'
import type { ClaimedItem, OutboxClaim, Store } from '../../store/store.js'
import { AT, batchOf, COMMITTED, decisionOf, itemOf, receiptOf, spendOf, type StoreCase } from './samples.js'

/** Until when a claim holds. */
const UNTIL = AT + 1000

/** The outbox: what others are to be told is stored with the commit it is about, and kept until they have it. */
export const outboxCases: readonly StoreCase[] = [
  {
    title: 'gives back items as they were put into the outbox',
    check: async store => {
      const items = [
        itemOf({ body: '{"a": 1,\n "ünï": "決裁 🧾 \\u0000",\t"b":\r\n1.0e0}' }),
        itemOf({ kind: 'execution', decisionId: 'decision "7"', at: AT - 0.5 }),
        itemOf({ id: 'für "Zoë"', body: 'null' }),
      ]
      assert.deepEqual(await store.commit({ at: AT, outbox: items }), COMMITTED)
      assert.deepEqual(
        await claim(store),
        items.map(item => Object.assign({ attempts: 1 }, item)),
      )
    },
  },
  {
    title: 'has an empty outbox at first, and after a commit of no items',
    check: async store => {
      await store.commit({ at: AT, outbox: [] })
      assert.deepEqual(await claim(store), [])
      assert.equal(await store.countOutbox('service'), 0)
      await store.settleOutbox({ done: [], later: [] })
    },
  },
  {
    title: 'hands out the oldest items first, as many as were asked for',
    check: async store => {
      const ids = await put(store, ['a', 'b'], ['c'], ['d', 'e', 'f', 'g'])
      assert.deepEqual(await claimedIds(store, { limit: 3 }), ids.slice(0, 3))
      assert.deepEqual(await claimedIds(store, { limit: 1 }), ids.slice(3, 4))
      assert.deepEqual(await claimedIds(store, { limit: 0 }), [])
      assert.deepEqual(await claimedIds(store, { limit: -1 }), [])
      assert.deepEqual(await claimedIds(store, { limit: 100 }), ids.slice(4))
    },
  },
  {
    title: 'hands out an older item first though it was postponed',
    check: async store => {
      await put(store, ['a', 'b', 'c'])
      await claim(store)
      await store.settleOutbox({ done: [], later: [{ id: 'b', due: UNTIL + 1 }] })
      assert.deepEqual(await claimedIds(store, { at: UNTIL + 1, limit: 2 }), ['a', 'b'])
    },
  },
  {
    title: 'hands out 1000 items at most',
    check: async store => {
      await put(
        store,
        Array.from({ length: 1001 }, (_, index) => `${index}`),
      )
      assert.equal((await claim(store, { limit: 5000 })).length, 1000)
      assert.deepEqual(await claimedIds(store, { limit: Number.POSITIVE_INFINITY }), ['1000'])
    },
  },
  {
    title: 'hands out items of the destination that was asked for, and of no other',
    check: async store => {
      const destinations = ['service', 'another', 'service', 'Service', '']
      const outbox = destinations.map((destination, index) => itemOf({ id: `${index}`, destination }))
      await store.commit({ at: AT, outbox })
      assert.deepEqual(await claimedIds(store, { destination: 'nobody' }), [])
      assert.deepEqual(await claimedIds(store), ['0', '2'])
      assert.deepEqual(await claimedIds(store, { destination: 'another' }), ['1'])
      assert.deepEqual(await claimedIds(store, { destination: '' }), ['4'])
    },
  },
  {
    title: 'hands out an item from its own time on, and not before',
    check: async store => {
      const outbox = [itemOf({ id: 'later', at: AT + 10 }), itemOf({ id: 'now' })]
      await store.commit({ at: AT, outbox })
      assert.deepEqual(await claimedIds(store, { at: AT + 9 }), ['now'])
      assert.deepEqual(await claimedIds(store, { at: AT + 10 }), ['later'])
    },
  },
  {
    title: 'hands out a claimed item to nobody else until its time is over, and then again, counting',
    check: async store => {
      await put(store, ['a', 'b'])
      assert.deepEqual(attempts(await claim(store, { limit: 1 })), { a: 1 })
      assert.deepEqual(attempts(await claim(store, { at: UNTIL - 1, until: UNTIL + 1 })), { b: 1 })
      assert.deepEqual(attempts(await claim(store, { at: UNTIL - 1 })), {})
      assert.deepEqual(attempts(await claim(store, { at: UNTIL, until: UNTIL + 1 })), { a: 2 })
      assert.deepEqual(attempts(await claim(store, { at: UNTIL + 1, until: UNTIL + 2 })), { a: 3, b: 2 })
    },
  },
  {
    title: 'removes items that were told',
    check: async store => {
      await put(store, ['a', 'b', 'c', 'd'])
      await claim(store, { limit: 3 })
      await store.settleOutbox({ done: ['a', 'c', 'd'] })
      assert.deepEqual(await claimedIds(store, { at: UNTIL }), ['b'])
      assert.equal(await store.countOutbox('service'), 1)
    },
  },
  {
    title: 'hands out an item again from when it was postponed to, sooner or later than its claim ends',
    check: async store => {
      await put(store, ['sooner', 'later', 'told', 'claimed'])
      await claim(store)
      await store.settleOutbox({
        done: ['told'],
        later: [
          { id: 'sooner', due: AT + 5 },
          { id: 'later', due: UNTIL + 5 },
          { id: 'told', due: AT },
        ],
      })
      const until = UNTIL + 9
      assert.deepEqual(await claimedIds(store, { at: AT + 4, until }), [])
      assert.deepEqual(attempts(await claim(store, { at: AT + 5, until })), { sooner: 2 })
      assert.deepEqual(await claimedIds(store, { at: UNTIL + 4, until }), ['claimed'])
      assert.deepEqual(attempts(await claim(store, { at: UNTIL + 5, until })), { later: 2 })
    },
  },
  {
    title: 'passes over items that are not there any more when it is told what became of them',
    check: async store => {
      await put(store, ['a', 'b'])
      await store.settleOutbox({ done: ['nobody', 'a', 'a'], later: [{ id: 'nothing', due: AT }] })
      await store.settleOutbox({ done: ['a'], later: [{ id: 'a', due: AT }] })
      assert.deepEqual(await claimedIds(store), ['b'])
    },
  },
  {
    title: 'counts the items that wait for a destination, claimed ones included',
    check: async store => {
      await put(store, ['a', 'b', 'c'])
      await store.commit({ at: AT, outbox: [itemOf({ destination: 'another', at: UNTIL })] })
      await claim(store, { limit: 2 })
      assert.equal(await store.countOutbox('service'), 3)
      assert.equal(await store.countOutbox('another'), 1)
      assert.equal(await store.countOutbox('nobody'), 0)
      await store.settleOutbox({ done: ['a'], later: [{ id: 'b', due: UNTIL }] })
      assert.equal(await store.countOutbox('service'), 2)
    },
  },
  {
    title: 'refuses two items of one id, and stores nothing of the commit',
    check: async store => {
      await put(store, ['there'])
      for (const ids of [
        ['a', 'there'],
        ['a', 'b', 'a'],
      ]) {
        const decision = decisionOf()
        const receipt = receiptOf()
        const outbox = ids.map(id => itemOf({ id, destination: 'another' }))
        const commit = { at: AT, decision, receipt, spends: [spendOf()], outbox, audit: batchOf('never') }
        await assert.rejects(async () => store.commit(commit))
        assert.equal(await store.countOutbox('another'), 0)
        assert.equal(await store.getDecision(decision.id), undefined)
        assert.equal(await store.getReceipt(receipt.key), undefined)
        assert.deepEqual(await store.readWindows([spendOf()], AT), [0])
        assert.deepEqual(await store.readAudit({}), [])
      }
      assert.deepEqual(await claimedIds(store), ['there'])
    },
  },
  {
    title: 'drops items about a decision whose personal fields are erased, claimed ones too, and no others',
    check: async store => {
      const decisions = { a: 'erased', b: 'kept', c: 'erased' }
      const outbox = Object.entries(decisions).map(([id, decisionId]) => itemOf({ id, decisionId }))
      await store.commit({ at: AT, outbox })
      await claim(store, { limit: 2 })
      await store.erase({ decisionId: 'erased', fields: ['user'] }, batchOf('erased'))
      assert.equal(await store.countOutbox('service'), 1)
      await store.settleOutbox({ done: [], later: [{ id: 'a', due: AT }] })
      assert.deepEqual(await claimedIds(store, { at: UNTIL }), ['b'])
    },
  },
  {
    title: 'gives each item to one of many who claim at once',
    check: async store => {
      const ids = await put(
        store,
        Array.from({ length: 60 }, (_, index) => `${index}`),
      )
      const claims = await Promise.all(Array.from({ length: 30 }, async () => claimedIds(store, { limit: 3 })))
      assert.deepEqual(claims.flat().toSorted(), ids.toSorted())
    },
  },
]

/** Commits items of these ids, some at a time, and gives back all ids. */
async function put(store: Store, ...commits: readonly (readonly string[])[]): Promise<readonly string[]> {
  for (const ids of commits)
    assert.deepEqual(await store.commit({ at: AT, outbox: ids.map(id => itemOf({ id })) }), COMMITTED)
  return commits.flat()
}

async function claim(store: Store, fields: Partial<OutboxClaim> = {}): Promise<readonly ClaimedItem[]> {
  return store.claimOutbox({ destination: 'service', at: AT, until: UNTIL, limit: 100, ...fields })
}

async function claimedIds(store: Store, fields: Partial<OutboxClaim> = {}): Promise<readonly string[]> {
  return (await claim(store, fields)).map(({ id }) => id)
}

function attempts(items: readonly ClaimedItem[]): object {
  return Object.fromEntries(items.map(({ id, attempts }) => [id, attempts]))
}
