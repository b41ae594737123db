import assert from 'node:assert/strict'
import type { ExecutionRecord } from '../../types.js'
import { AT, COMMITTED, decisionOf, fullDecision, outcomeOf, recorded, type StoreCase } from './samples.js'

/** Every record comes back as it went in. */
export const recordCases: readonly StoreCase[] = [
  {
    title: 'gives back a decision with every optional field',
    check: async store => {
      const decision = fullDecision()
      assert.deepEqual(await store.commit({ at: AT, decision }), COMMITTED)
      assert.deepEqual(await store.getDecision(decision.id), { ...decision, outcomes: [] })
    },
  },
  {
    title: 'gives back a decision without optional fields, and adds none',
    check: async store => {
      const decision = await recorded(store)
      assert.deepEqual(await store.getDecision(decision.id), { ...decision, outcomes: [] })
    },
  },
  {
    title: 'gives back text as it was: quotes, line breaks, other scripts, NUL',
    check: async store => {
      const text = `'"; drop table decisions; --\n\t\\ \u0000 ünï 決裁 🧾`
      const decision = await recorded(store, { tool: text, actor: text, target: text, metadata: { [text]: text } })
      assert.deepEqual(await store.getDecision(decision.id), { ...decision, outcomes: [] })
      const listed = await store.listDecisions({ tool: text, actor: text })
      assert.deepEqual(
        listed.map(({ id }) => id),
        [decision.id],
      )
    },
  },
  {
    title: 'refuses a second decision of the same id, and keeps the first',
    check: async store => {
      const decision = await recorded(store)
      await assert.rejects(async () => recorded(store, { id: decision.id, reason: 'another' }))
      assert.deepEqual(await store.listDecisions({}), [{ ...decision, outcomes: [] }])
    },
  },
  {
    title: 'keeps what JSON keeps: names are data, and what has no form of its own does no harm',
    check: async store => {
      const metadata = {
        ...(JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as object),
        when: new Date(AT),
        count: 12n,
        ratio: Number.NaN,
        list: [undefined, () => 1, 2],
        gone: undefined,
        method: () => 1,
      }
      const { id } = await recorded(store, { metadata })
      const found = (await store.getDecision(id))?.metadata ?? {}
      assert.deepEqual(
        Object.entries(found),
        Object.entries({
          ...(JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as object),
          when: new Date(AT).toISOString(),
          count: { $bigint: '12' },
          ratio: null,
          list: [null, null, 2],
        }),
      )
      assert.equal(({} as { polluted?: boolean }).polluted, undefined)
    },
  },
  {
    title: 'knows nothing of ids it was never given',
    check: async store => {
      await recorded(store)
      assert.equal(await store.getDecision('no-such-id'), undefined)
      assert.equal(await store.getApproval('no-such-id'), undefined)
      assert.equal(await store.findApproval('no-such-key'), undefined)
      assert.equal(await store.getReceipt('no-such-key'), undefined)
      assert.equal(await store.getGrant('no-such-id'), undefined)
    },
  },
  {
    title: 'joins a decision with its execution, every optional field included',
    check: async store => {
      const { id } = await recorded(store)
      const execution: ExecutionRecord = {
        decisionId: id,
        status: 'tool_error',
        at: AT + 5,
        durationMs: 1.5,
        error: 'Error: no',
      }
      await store.commit({ at: AT, execution })
      assert.deepEqual((await store.getDecision(id))?.execution, execution)
    },
  },
  {
    title: 'replaces the execution of a decision by a later one',
    check: async store => {
      const { id } = await recorded(store)
      await store.commit({
        at: AT,
        execution: { decisionId: id, status: 'tool_error', at: AT, durationMs: 1, error: 'Error: no' },
      })
      await store.commit({ at: AT, execution: { decisionId: id, status: 'executed', at: AT + 9, durationMs: 2 } })
      const expected = { decisionId: id, status: 'executed', at: AT + 9, durationMs: 2 }
      assert.deepEqual((await store.getDecision(id))?.execution, expected)
      assert.equal((await store.listDecisions({ status: 'tool_error' })).length, 0)
    },
  },
  {
    title: 'keeps an execution apart from those of other decisions',
    check: async store => {
      const [one, other] = [await recorded(store), await recorded(store)]
      await store.commit({ at: AT, execution: { decisionId: one.id, status: 'executed', at: AT, durationMs: 1 } })
      assert.equal((await store.getDecision(other.id))?.execution, undefined)
    },
  },
  {
    title: 'keeps all outcomes of a decision, in the order they were reported',
    check: async store => {
      const { id } = await recorded(store)
      const other = await recorded(store)
      const outcomes = [
        outcomeOf(id, { status: 'SUCCESS' }),
        outcomeOf(id, {
          status: 'FRAUD',
          description: 'charged back, "twice"',
          details: { cents: 1250, by: ['bank'] },
          reportedBy: 'risk-team',
          observedAt: AT - 1,
        }),
        outcomeOf(id, { status: 'A_WORD_OF_YOUR_OWN', at: AT - 500 }),
      ]
      for (const outcome of outcomes) await store.commit({ at: AT, outcome })
      assert.deepEqual((await store.getDecision(id))?.outcomes, outcomes)
      assert.deepEqual((await store.getDecision(other.id))?.outcomes, [])
    },
  },
  {
    title: 'stores every one of many decisions that are recorded at once',
    check: async store => {
      const decisions = Array.from({ length: 64 }, () => decisionOf())
      const results = await Promise.all(decisions.map(async decision => store.commit({ at: AT, decision })))
      assert.ok(results.every(({ committed }) => committed))
      for (const { id } of decisions) assert.equal((await store.getDecision(id))?.id, id)
    },
  },
  {
    title: 'can be closed twice',
    check: async store => {
      await recorded(store)
      await store.close()
      await store.close()
    },
  },
]
