import assert from 'node:assert/strict'
import type { ClaimedItem, Commit, Store } from '../../store/store.js'
import type { Awaitable } from '../../types.js'
import { chainOf } from './audit.js'
import {
  approvalOf,
  AT,
  batchOf,
  decisionOf,
  fullDecision,
  grantOf,
  itemOf,
  lessonOf,
  outcomeOf,
  receiptOf,
  recorded,
  seal,
  type StoreCase,
} from './samples.js'

type Sample = Required<Omit<Commit, 'at' | 'spends' | 'documents' | 'audit'>>

/** What was stored is a copy: whoever still holds what went in, or got what came out, cannot change it. */
export const copyCases: readonly StoreCase[] = [
  {
    title: 'is not changed by changing what was passed in',
    check: async store => {
      const expected = structuredClone(sample())
      const passed = structuredClone(expected)
      const entries = [{ body: 'a fact', personal: '{"user":["salt","ada"]}' }]
      await store.commit({ at: AT, ...passed, audit: { seal, entries } })
      const killSwitch = { by: 'ada', reason: 'incident', at: AT }
      const bytes = Uint8Array.of(1, 2, 3)
      await store.activateKillSwitch(killSwitch)
      await store.saveSnapshot({ name: 'learner', seq: 1, bytes })
      for (const item of [passed, entries, killSwitch, bytes]) overwrite(item)
      await isStored(store, expected)
      const [entry] = await chainOf(store)
      assert.deepEqual([entry?.body, entry?.personal], ['a fact', '{"user":["salt","ada"]}'])
      assert.deepEqual(await store.killSwitches(), [{ by: 'ada', reason: 'incident', at: AT }])
      assert.deepEqual([...((await store.loadSnapshot('learner'))?.bytes ?? [])], [1, 2, 3])
    },
  },
  {
    title: 'is not changed by changing what it gave back',
    check: async store => {
      const expected = sample()
      const killSwitch = { by: 'ada', reason: 'incident', at: AT }
      await store.commit({ at: AT, ...structuredClone(expected), audit: batchOf('a fact') })
      await store.activateKillSwitch(killSwitch)
      await store.saveSnapshot({ name: 'learner', seq: 1, bytes: Uint8Array.of(1, 2, 3) })
      const { decision, approval, receipt, grant } = expected
      const given = await Promise.all([
        store.getDecision(decision.id),
        store.listDecisions({}),
        store.getApproval(approval.id),
        store.findApproval(approval.key),
        store.listApprovals({}),
        store.getReceipt(receipt.key),
        store.listReceipts({}),
        store.getGrant(grant.id),
        store.listGrants({}),
        store.readAudit({}),
        store.readLessons({ after: 0 }),
        store.loadSnapshot('learner'),
        waiting(store),
        store.killSwitches(),
      ])
      for (const item of given) overwrite(item)
      await isStored(store, expected)
      assert.equal((await chainOf(store)).length, 1)
      assert.deepEqual(await store.killSwitches(), [{ by: 'ada', reason: 'incident', at: AT }])
      assert.deepEqual([...((await store.loadSnapshot('learner'))?.bytes ?? [])], [1, 2, 3])
    },
  },
  {
    title: 'takes frozen records',
    check: async store => {
      const decision = Object.freeze(decisionOf())
      const audit = Object.freeze({ seal, entries: Object.freeze([Object.freeze({ body: 'a fact' })]) })
      await store.commit(Object.freeze({ at: AT, decision, spends: Object.freeze([]), audit }))
      assert.deepEqual(await store.getDecision(decision.id), { ...decision, outcomes: [] })
    },
  },
  {
    title: 'gives a listing that later records do not change',
    check: async store => {
      const decision = await recorded(store)
      const listed = await store.listDecisions({})
      await recorded(store)
      await store.commit({ at: AT, execution: { decisionId: decision.id, status: 'executed', at: AT, durationMs: 1 } })
      assert.deepEqual(listed, [{ ...decision, outcomes: [] }])
    },
  },
]

function sample(): Sample {
  const decision = fullDecision()
  return {
    decision,
    execution: { decisionId: decision.id, status: 'executed', at: AT, durationMs: 1 },
    outcome: outcomeOf(decision.id, { details: { cents: 1 } }),
    approval: approvalOf(decision),
    receipt: receiptOf({ input: { kind: 'json', value: { lines: [1, 2] } } }),
    grant: grantOf(),
    lessons: [lessonOf({ decisionId: decision.id, tenant: 'acme' }), lessonOf({ kind: 'label' })],
    outbox: [itemOf({ decisionId: decision.id })],
  }
}

async function isStored(
  store: Store,
  { decision, execution, outcome, approval, receipt, grant, lessons, outbox }: Sample,
): Promise<void> {
  assert.deepEqual(await store.getDecision(decision.id), { ...decision, execution, outcomes: [outcome] })
  assert.deepEqual(await store.getApproval(approval.id), approval)
  assert.deepEqual(await store.findApproval(approval.key, approval.policyVersion), approval)
  assert.deepEqual(await store.getReceipt(receipt.key), receipt)
  assert.deepEqual(await store.getGrant(grant.id), grant)
  const learnt = await store.readLessons({ after: 0 })
  assert.deepEqual(
    learnt,
    lessons.map((lesson, index) => Object.assign({ seq: learnt[index]?.seq }, lesson)),
  )
  const items = await waiting(store)
  assert.deepEqual(
    items,
    outbox.map((item, index) => Object.assign({ attempts: items[index]?.attempts }, item)),
  )
}

/** What a service is to be told, claimed for no time at all. */
function waiting(store: Store): Awaitable<readonly ClaimedItem[]> {
  return store.claimOutbox({ destination: 'service', at: AT, until: AT, limit: 10 })
}

/** Spoils a value to the bottom; what is frozen cannot be spoilt, which is as good. */
function overwrite(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    overwrite((value as Record<string, unknown>)[key])
    Reflect.set(value, key, 'overwritten')
  }
  if (Array.isArray(value) && Object.isExtensible(value)) value.length = 0
}
