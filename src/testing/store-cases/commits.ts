import assert from 'node:assert/strict'
import type { AuditBatch } from '../../audit-entry.js'
import type { Commit, CommitResult, Store } from '../../store/store.js'
import {
  approvalOf,
  AT,
  batchOf,
  COMMITTED,
  decisionOf,
  grantOf,
  itemOf,
  lessonOf,
  outcomeOf,
  receiptOf,
  spendOf,
  type StoreCase,
} from './samples.js'

type Whole = Required<Omit<Commit, 'documents'>>

/** A commit is made as a whole or not at all. */
export const commitCases: readonly StoreCase[] = [
  {
    title: 'makes a commit of everything at once',
    check: async store => {
      const commit = wholeCommit()
      assert.deepEqual(await store.commit(commit), COMMITTED)
      const { decision, execution, outcome } = commit
      assert.deepEqual(await stored(store, commit), {
        decision: { ...decision, execution, outcomes: [outcome] },
        approval: commit.approval,
        receipt: commit.receipt,
        grant: commit.grant,
        held: [1_000_000],
        learnt: [1, 2],
        waiting: 2,
        bodies: ['one', 'two'],
      })
    },
  },
  {
    title: 'makes a commit of nothing',
    check: async store => {
      assert.deepEqual(await store.commit({ at: AT }), COMMITTED)
      assert.deepEqual(await store.commit({ at: AT, spends: [], lessons: [], outbox: [], audit: batchOf() }), COMMITTED)
      assert.deepEqual(await store.readAudit({}), [])
      assert.deepEqual(await store.readLessons({ after: 0 }), [])
    },
  },
  refused('a window has no room', async (_store, commit) => ({
    commit: { ...commit, spends: [...commit.spends, spendOf({ key: 'full', max: 0 })] },
    result: { committed: false, exceeded: 'full' },
  })),
  refused('its approval was written by somebody else', async (store, commit) => {
    const approval = approvalOf(decisionOf())
    await store.commit({ at: AT, approval })
    return { commit: { ...commit, approval }, result: { committed: false, conflict: 'approval' } }
  }),
  refused('its receipt was written by somebody else', async (store, commit) => {
    const receipt = receiptOf()
    await store.commit({ at: AT, receipt })
    return { commit: { ...commit, receipt }, result: { committed: false, conflict: 'receipt' } }
  }),
  refused('its grant was written by somebody else', async (store, commit) => {
    const grant = grantOf()
    await store.commit({ at: AT, grant })
    return { commit: { ...commit, grant }, result: { committed: false, conflict: 'grant' } }
  }),
  {
    title: 'stores nothing of a commit whose decision is there already, which is an error',
    check: async store => {
      const commit = wholeCommit()
      await store.commit({ at: AT, decision: commit.decision })
      await assert.rejects(async () => store.commit(commit))
      assert.deepEqual(await stored(store, commit), {
        ...NOTHING,
        decision: { ...commit.decision, outcomes: [] },
      })
    },
  },
  {
    title: 'goes on after a commit that was refused as if it had not been asked',
    check: async store => {
      const receipt = receiptOf()
      await store.commit({ at: AT, receipt, audit: batchOf('first') })
      const refusedCommit = { ...wholeCommit(), receipt }
      assert.equal((await store.commit(refusedCommit)).committed, false)
      assert.deepEqual(await store.commit({ ...refusedCommit, receipt: receiptOf() }), COMMITTED)
      const entries = await store.readAudit({})
      assert.deepEqual(
        entries.map(({ seq, body }) => [seq, body]),
        [
          [1, 'first'],
          [2, 'one'],
          [3, 'two'],
        ],
      )
    },
  },
]

const NOTHING = {
  decision: undefined,
  approval: undefined,
  receipt: undefined,
  grant: undefined,
  held: [0],
  learnt: [],
  waiting: 0,
  bodies: [],
}

/** One of everything. */
function wholeCommit(): Whole & { readonly audit: AuditBatch } {
  const decision = decisionOf()
  return {
    at: AT,
    decision,
    execution: { decisionId: decision.id, status: 'executed', at: AT + 1, durationMs: 1 },
    outcome: outcomeOf(decision.id),
    spends: [spendOf()],
    approval: approvalOf(decision),
    receipt: receiptOf({ decisionId: decision.id }),
    grant: grantOf(),
    lessons: [lessonOf(), lessonOf({ kind: 'label' })],
    outbox: [itemOf(), itemOf()],
    audit: batchOf({ body: 'one', decisionId: decision.id }, { body: 'two' }),
  }
}

/** What there is of a commit. */
async function stored(store: Store, { decision, approval, receipt, grant, spends }: Whole): Promise<object> {
  return {
    decision: await store.getDecision(decision.id),
    approval: await store.getApproval(approval.id),
    receipt: await store.getReceipt(receipt.key),
    grant: await store.getGrant(grant.id),
    held: await store.readWindows(spends.slice(0, 1), AT),
    learnt: (await store.readLessons({ after: 0 })).map(({ seq }) => seq),
    waiting: await store.countOutbox('service'),
    bodies: (await store.readAudit({})).map(({ body }) => body),
  }
}

/** A case of a commit that one thing is in the way of. */
function refused(
  why: string,
  obstruct: (store: Store, commit: Whole) => Promise<{ readonly commit: Whole; readonly result: CommitResult }>,
): StoreCase {
  return {
    title: `stores nothing of a commit where ${why}`,
    check: async store => {
      const whole = wholeCommit()
      const { commit, result } = await obstruct(store, whole)
      assert.deepEqual(await store.commit(commit), result)
      assert.deepEqual(await stored(store, whole), NOTHING)
      assert.deepEqual(await store.listDecisions({}), [])
    },
  }
}
