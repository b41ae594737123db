import assert from 'node:assert/strict'
import { approvalOf, AT, COMMITTED, decisionOf, held, sequence, spend, spendOf, type StoreCase } from './samples.js'

const MINUTE = 60_000

/** Sliding windows: what they hold, when it leaves, and that no more gets in than fits. */
export const windowCases: readonly StoreCase[] = [
  {
    title: 'counts what was spent, per key, in the order asked',
    check: async store => {
      await spend(store, AT, spendOf({ key: 'a', amount: 1 }), spendOf({ key: 'b', amount: 2 }))
      await spend(store, AT, spendOf({ key: 'b', amount: 40 }))
      const windows = ['b', 'nobody', 'a'].map(key => spendOf({ key }))
      assert.deepEqual(await store.readWindows(windows, AT), [42, 0, 1])
      assert.deepEqual(await store.readWindows([], AT), [])
    },
  },
  {
    title: 'counts at the time of the commit, whatever time its decision has',
    check: async store => {
      await store.commit({ at: AT, decision: decisionOf({ at: AT - MINUTE }), spends: [spendOf({ amount: 5 })] })
      await store.commit({ at: AT, spends: [spendOf({ amount: 2 })] })
      assert.equal(await held(store, AT + MINUTE - 1), 7)
      assert.equal(await held(store, AT + MINUTE), 0)
    },
  },
  {
    title: 'lets an entry leave exactly when the window has passed',
    check: async store => {
      await spend(store, AT, spendOf({ amount: 5 }))
      assert.equal(await held(store, AT + MINUTE - 1), 5)
      assert.equal(await held(store, AT + MINUTE), 0)
    },
  },
  {
    title: 'spends nothing by being read',
    check: async store => {
      await spend(store, AT, spendOf({ amount: 5 }))
      for (let count = 0; count < 3; count++) assert.equal(await held(store, AT), 5)
    },
  },
  {
    title: 'fills a window to the brim and not beyond, and names it',
    check: async store => {
      assert.deepEqual(await spend(store, AT, spendOf({ amount: 10_000_000 })), COMMITTED)
      assert.deepEqual(await spend(store, AT, spendOf({ amount: 1 })), { committed: false, exceeded: 'daily-cap' })
      assert.deepEqual(await spend(store, AT, spendOf({ amount: 0 })), COMMITTED)
    },
  },
  {
    title: 'has room again once an entry has left',
    check: async store => {
      await spend(store, AT, spendOf({ amount: 10_000_000 }))
      assert.equal((await spend(store, AT + MINUTE - 1, spendOf({ amount: 10_000_000 }))).committed, false)
      assert.equal((await spend(store, AT + MINUTE, spendOf({ amount: 10_000_000 }))).committed, true)
    },
  },
  {
    title: 'stores nothing of a decision whose second window is full',
    check: async store => {
      const decision = decisionOf({ callId: 'refused' })
      const approval = approvalOf(decision)
      const spends = [
        spendOf({ key: 'roomy' }),
        spendOf({ key: 'full', max: 0 }),
        spendOf({ key: 'also-full', max: 0 }),
      ]
      assert.deepEqual(await store.commit({ at: AT, decision, spends, approval }), {
        committed: false,
        exceeded: 'full',
      })
      assert.deepEqual(await store.readWindows(spends, AT), [0, 0, 0])
      assert.equal(await store.getDecision(decision.id), undefined)
      assert.equal(await store.getApproval(approval.id), undefined)
      assert.deepEqual(await store.listDecisions({}), [])
      assert.deepEqual(await store.listApprovals({}), [])
    },
  },
  {
    title: 'stores a decision, two spends and an approval together',
    check: async store => {
      const decision = decisionOf()
      const approval = approvalOf(decision)
      const spends = [spendOf({ key: 'a', amount: 3 }), spendOf({ key: 'b', amount: 4 })]
      assert.deepEqual(await store.commit({ at: AT, decision, spends, approval }), COMMITTED)
      assert.deepEqual(await store.readWindows(spends, AT), [3, 4])
      assert.deepEqual(await store.getDecision(decision.id), { ...decision, outcomes: [] })
      assert.deepEqual(await store.getApproval(approval.id), approval)
    },
  },
  {
    title: 'adds up money without drift, and comes back to exactly nothing',
    check: async store => {
      const amounts = Array.from({ length: 300 }, (_, index) => 100_000 + (index % 3) * 100_000)
      for (const [index, amount] of amounts.entries()) await spend(store, AT + index, spendOf({ amount, max: 1e15 }))
      const expected = amounts.reduce((sum, amount) => sum + amount, 0)
      assert.equal(await held(store, AT + 300), expected)
      assert.equal(await held(store, AT + MINUTE + 149), expected / 2)
      assert.equal(await held(store, AT + MINUTE + 299), 0)
    },
  },
  {
    title: 'counts without limiting where the maximum is infinite',
    check: async store => {
      const amount = 4_000_000_000_000
      for (let count = 0; count < 3; count++)
        assert.equal((await spend(store, AT, spendOf({ amount, max: Number.POSITIVE_INFINITY }))).committed, true)
      assert.equal(await held(store, AT), 3 * amount)
    },
  },
  {
    title: 'has no room for an infinite amount, nor for one that is not a number, and is none the worse for it',
    check: async store => {
      for (const amount of [Number.POSITIVE_INFINITY, Number.NaN])
        assert.deepEqual(await spend(store, AT, spendOf({ amount })), { committed: false, exceeded: 'daily-cap' })
      assert.equal(await held(store, AT), 0)
      assert.equal((await spend(store, AT, spendOf({ amount: 7 }))).committed, true)
      assert.equal(await held(store, AT), 7)
    },
  },
  {
    title: 'recovers from an infinite or enormous amount once it has left',
    check: async store => {
      const max = Number.POSITIVE_INFINITY
      for (const [index, amount] of [Number.POSITIVE_INFINITY, 1e22].entries()) {
        const key = `huge-${index}`
        await spend(store, AT, spendOf({ key, amount: 3, max }))
        await spend(store, AT + 1, spendOf({ key, amount, max }))
        await spend(store, AT + 2, spendOf({ key, amount: 5, max }))
        assert.equal((await spend(store, AT + 3, spendOf({ key }))).committed, false)
        assert.equal(await held(store, AT + MINUTE + 1, spendOf({ key })), 5)
        assert.equal((await spend(store, AT + MINUTE + 1, spendOf({ key, amount: 1 }))).committed, true)
        assert.equal(await held(store, AT + MINUTE + 2, spendOf({ key })), 1)
      }
    },
  },
  {
    title: 'lets entries leave in their own time, though they came out of order',
    check: async store => {
      await spend(store, AT + 100, spendOf({ amount: 1 }))
      await spend(store, AT, spendOf({ amount: 20 }))
      await spend(store, AT + 50, spendOf({ amount: 300 }))
      assert.equal(await held(store, AT + 100), 321)
      assert.equal(await held(store, AT + MINUTE), 301)
      assert.equal(await held(store, AT + MINUTE + 50), 1)
      assert.equal(await held(store, AT + MINUTE + 100), 0)
    },
  },
  {
    title: 'holds what a simple model holds, whatever comes',
    check: async store => {
      const random = sequence(7)
      const entries: { readonly key: string; readonly at: number; readonly amount: number }[] = []
      let at = AT
      const model = (key: string): number =>
        entries.filter(entry => entry.key === key && entry.at + 1000 > at).reduce((sum, entry) => sum + entry.amount, 0)
      for (let step = 0; step < 600; step++) {
        at += Math.floor(random() * (step % 50 === 0 ? 2500 : 60))
        const window = spendOf({ key: `k${Math.floor(random() * 3)}`, windowMs: 1000, max: 40 })
        assert.equal(await held(store, at, window), model(window.key))
        const amount = Math.floor(random() * 12)
        const { committed } = await spend(store, at, { ...window, amount })
        assert.equal(committed, model(window.key) + amount <= 40)
        if (committed) entries.push({ key: window.key, at, amount })
      }
    },
  },
  {
    title: 'never lets in more than fits, however many ask at once',
    check: async store => {
      const random = sequence(11)
      const amounts = Array.from({ length: 80 }, () => 1 + Math.floor(random() * 9))
      const results = await Promise.all(amounts.map(amount => spend(store, AT, spendOf({ amount, max: 100 }))))
      const taken = amounts.reduce((sum, amount, index) => sum + (results[index]?.committed === true ? amount : 0), 0)
      assert.equal(await held(store, AT), taken)
      assert.ok(taken <= 100, `${taken} were let in where 100 fit`)
      assert.ok(taken > 100 - 9, `only ${taken} were let in where 100 fit`)
    },
  },
  {
    title: 'reads a window rightly after much has left it, and keeps those of others while names come and go',
    check: async store => {
      const kept = spendOf({ key: 'kept', windowMs: 10 * MINUTE })
      await spend(store, AT, { ...kept, amount: 9 })
      for (let count = 0; count < 600; count++) {
        await spend(store, AT + count, spendOf({ key: 'busy', amount: 1 }), spendOf({ key: `once-${count}` }))
      }
      assert.equal(await held(store, AT + MINUTE + 549, spendOf({ key: 'busy' })), 50)
      assert.equal(await held(store, AT + MINUTE + 549, spendOf({ key: 'busy' })), 50)
      assert.equal(await held(store, AT + MINUTE + 599, spendOf({ key: 'busy' })), 0)
      for (let count = 0; count < 600; count++) {
        await spend(store, AT + 2 * MINUTE + count, spendOf({ key: `later-${count}`, amount: 2 }))
      }
      assert.equal(await held(store, AT + 2 * MINUTE + 600, kept), 9)
      assert.equal(await held(store, AT + 2 * MINUTE + 600, spendOf({ key: 'later-0' })), 2)
      assert.equal(await held(store, AT + 2 * MINUTE + 600, spendOf({ key: 'once-599' })), 0)
    },
  },
]
