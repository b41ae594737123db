import assert from 'node:assert/strict'
import type { ApprovalBinding, ApprovalFilter, Store } from '../../store/store.js'
import type { Approval, Decision } from '../../types.js'
import { approvalOf, decisionOf, type StoreCase } from './samples.js'

/** Requests to people: kept with their decision, found by what they are bound to. */
export const approvalCases: readonly StoreCase[] = [
  {
    title: 'gives back an approval with every optional field, and without any',
    check: async store => {
      const bare = await hold(store)
      const full = await hold(
        store,
        { tenant: 'acme', sessionId: 's-1' },
        {
          domain: 'payments',
          value: 500,
          target: 'customer-7',
          user: 'ada',
          tenant: 'acme',
          sessionId: 's-1',
        },
      )
      assert.deepEqual(await store.getApproval(bare.id), bare)
      assert.deepEqual(await store.getApproval(full.id), full)
    },
  },
  {
    title: 'finds an approval by what it is bound to',
    check: async store => {
      const unscoped = await hold(store)
      const scoped = await hold(store, {}, { tenant: 'acme', sessionId: 's-1' })
      assert.deepEqual(await store.findApproval(bindingOf(unscoped)), unscoped)
      assert.deepEqual(await store.findApproval(bindingOf(scoped)), scoped)
    },
  },
  {
    title: 'finds no approval where any one thing differs',
    check: async store => {
      const approval = await hold(store, {}, { tenant: 'acme', sessionId: 's-1' })
      const binding = bindingOf(approval)
      for (const key of Object.keys(binding)) {
        for (const value of ['another', ''])
          assert.equal(await store.findApproval({ ...binding, [key]: value }), undefined)
      }
      assert.equal(await store.findApproval({ ...binding, tenant: undefined }), undefined)
      assert.equal(await store.findApproval({ ...binding, sessionId: undefined }), undefined)
      const unscoped = bindingOf(await hold(store, { callId: 'call-2' }))
      assert.equal(await store.findApproval({ ...unscoped, tenant: 'acme' }), undefined)
      assert.equal(await store.findApproval({ ...unscoped, sessionId: 's-1' }), undefined)
    },
  },
  {
    title: 'finds the first of two approvals that are bound to the same',
    check: async store => {
      const first = await hold(store)
      await hold(store)
      assert.equal((await store.findApproval(bindingOf(first)))?.id, first.id)
    },
  },
  {
    title: 'lists approvals newest first, filtered by every field, a page at most',
    check: async store => {
      const one = await hold(store, { tool: 'mail' }, { tenant: 't', sessionId: 's', actor: 'bot' })
      const two = await hold(store, { tool: 'mail' }, { tenant: 'u', sessionId: 'v', actor: 'other' })
      assert.deepEqual(await ids(store, {}), [two.id, one.id])
      assert.deepEqual(await ids(store, { limit: 1 }), [two.id])
      assert.deepEqual(await ids(store, { limit: 0 }), [two.id])
      assert.deepEqual(await ids(store, { tool: 'mail' }), [two.id, one.id])
      const all = { tool: 'mail', tenant: 't', sessionId: 's', actor: 'bot' }
      for (const [key, value] of Object.entries(all).slice(1))
        assert.deepEqual(await ids(store, { [key]: value }), [one.id])
      assert.deepEqual(await ids(store, all), [one.id])
      for (const key of Object.keys(all)) assert.deepEqual(await ids(store, { ...all, [key]: 'another' }), [])
    },
  },
]

async function hold(
  store: Store,
  decisionFields: Partial<Decision> = {},
  approvalFields: Partial<Approval> = {},
): Promise<Approval> {
  const decision = decisionOf({ result: 'requires_approval', ...decisionFields })
  const approval = approvalOf(decision, approvalFields)
  await store.recordDecision({ decision, spends: [], approval })
  return approval
}

function bindingOf({ call, digest, actor, sessionId, tenant, policyVersion }: Approval): ApprovalBinding {
  return { callId: call.id, tool: call.name, digest, actor, sessionId, tenant, policyVersion }
}

async function ids(store: Store, filter: ApprovalFilter): Promise<string[]> {
  return (await store.listApprovals(filter)).map(({ id }) => id)
}
