import assert from 'node:assert/strict'
import type { Approval, Vote } from '../../approval.js'
import type { ApprovalFilter, Store } from '../../store/store.js'
import type { Decision } from '../../types.js'
import { approvalOf, AT, COMMITTED, decisionOf, type StoreCase } from './samples.js'

const VOTE: Vote = { by: 'ada', at: AT + 1, resolution: 'approved', stage: 0, digest: 'e'.repeat(64), channel: 'token' }
const EDIT = {
  tool: 'refund',
  input: { amount: 5 },
  digest: 'e'.repeat(64),
  changes: [
    { path: 'amount', from: 500, to: 5 },
    { path: 'note', from: 'für Zoë' },
    { path: 'lines', from: [null] },
  ],
}
const RESOLVED = { resolvedAt: AT + 2, by: 'ada', comment: 'all right' }

/** Every state that a request can be in, with the fields of that state alone. */
const STATES: readonly Partial<Approval>[] = [
  { status: 'pending' },
  { status: 'pending', edit: EDIT },
  { status: 'approved', ...RESOLVED },
  { status: 'approved', edit: EDIT, resolvedAt: AT + 2, by: 'ada' },
  { status: 'consumed', edit: EDIT, consumedAt: AT + 3, ...RESOLVED },
  { status: 'rejected', ...RESOLVED },
  { status: 'expired', resolvedAt: AT + 9 },
  { status: 'cancelled', ...RESOLVED },
]

/** Requests to people: kept with their decision, found by what they are bound to. */
export const approvalCases: readonly StoreCase[] = [
  {
    title: 'gives back an approval in every state, with every optional field and without any',
    check: async store => {
      for (const state of STATES) {
        const bare = await hold(store, {}, state)
        const full = await hold(store, {}, { ...OPTIONAL, ...state })
        assert.deepEqual(await store.getApproval(bare.id), bare)
        assert.deepEqual(await store.getApproval(full.id), full)
      }
    },
  },
  {
    title: 'follows an approval through its states',
    check: async store => {
      const opened = await hold(store)
      for (const [index, state] of [STATES[1], STATES[3], STATES[4]].entries()) {
        const approval = { ...opened, ...state, revision: index + 2 } as Approval
        assert.deepEqual(await store.commit({ at: AT, approval }), COMMITTED)
        assert.deepEqual(await store.getApproval(approval.id), approval)
        assert.deepEqual(await store.findApproval(approval.key, approval.policyVersion), approval)
        assert.deepEqual(await store.listApprovals({}), [approval])
      }
    },
  },
  {
    title: 'finds an approval by its key and its policy',
    check: async store => {
      const [one, other] = [await hold(store), await hold(store)]
      assert.deepEqual(await store.findApproval(one.key, one.policyVersion), one)
      assert.deepEqual(await store.findApproval(other.key, other.policyVersion), other)
      assert.deepEqual(await store.findApproval(other.key), other)
      assert.equal(await store.findApproval(one.key, 'another'), undefined)
      assert.equal(await store.findApproval('another', one.policyVersion), undefined)
      assert.equal(await store.findApproval(''), undefined)
      assert.equal(await store.findApproval(one.id), undefined)
    },
  },
  {
    title: 'opens one approval for a key under one policy, whatever became of it',
    check: async store => {
      for (const state of STATES) {
        const first = await hold(store, {}, state)
        const second = approvalOf(decisionOf(), { key: first.key, policyVersion: first.policyVersion })
        const result = await store.commit({ at: AT, approval: second })
        assert.deepEqual(result, { committed: false, conflict: 'approval' })
        assert.equal(await store.getApproval(second.id), undefined)
        assert.deepEqual(await store.findApproval(first.key, first.policyVersion), first)
      }
    },
  },
  {
    title: 'opens another approval for a key under another policy, and finds each, or the newest',
    check: async store => {
      const first = await hold(store, {}, { policyVersion: 'v1' })
      const second = await hold(store, {}, { key: first.key, policyVersion: 'v2' })
      const later = { ...first, revision: 2, ...STATES[2] } as Approval
      await store.commit({ at: AT, approval: later })
      assert.deepEqual(await store.findApproval(first.key, 'v1'), later)
      assert.deepEqual(await store.findApproval(first.key, 'v2'), second)
      assert.deepEqual(await store.findApproval(first.key), second)
    },
  },
  {
    title: 'lists approvals newest first, though older ones are written again',
    check: async store => {
      const [one, two, three] = [await hold(store), await hold(store), await hold(store)]
      const answered = { ...one, revision: 2, ...STATES[2] } as Approval
      await store.commit({ at: AT, approval: answered })
      assert.deepEqual(await store.listApprovals({}), [three, two, answered])
    },
  },
  {
    title: 'lists approvals filtered by every field, alone and together',
    check: async store => {
      const wanted = await hold(
        store,
        { tool: 'mail', callId: 'call-7' },
        { tenant: 't', sessionId: 's', actor: 'bot', ...STATES[5] },
      )
      const other = await hold(store, { tool: 'pay' }, { tenant: 'u', sessionId: 'v', actor: 'other' })
      const all = {
        status: 'rejected',
        tool: 'mail',
        callId: 'call-7',
        tenant: 't',
        sessionId: 's',
        actor: 'bot',
      } as const
      for (const [key, value] of Object.entries(all)) {
        assert.deepEqual(await ids(store, { [key]: value }), [wanted.id])
        assert.deepEqual(await ids(store, { ...all, [key]: 'another' }), [])
      }
      assert.deepEqual(await ids(store, all), [wanted.id])
      assert.deepEqual(await ids(store, { status: 'pending' }), [other.id])
    },
  },
  {
    title: 'lists approvals by the state they were stored in, which time alone does not change',
    check: async store => {
      const overdue = await hold(store, {}, { expiresAt: 1 })
      assert.deepEqual(await ids(store, { status: 'pending' }), [overdue.id])
      assert.deepEqual(await ids(store, { status: 'expired' }), [])
    },
  },
  {
    title: 'pages through approvals, each once',
    check: async store => {
      const held: string[] = []
      for (let count = 0; count < 7; count++) held.unshift((await hold(store)).id)
      const first = await ids(store, { limit: 3 })
      const second = await ids(store, { limit: 3, before: first.at(-1) ?? '' })
      const third = await ids(store, { limit: 3, before: second.at(-1) ?? '' })
      assert.deepEqual([...first, ...second, ...third], held)
      assert.deepEqual(await ids(store, { limit: 0 }), held.slice(0, 1))
      assert.deepEqual(await ids(store, { before: held.at(-1) ?? '' }), [])
      assert.deepEqual(await ids(store, { before: 'no-such-id' }), [])
    },
  },
]

const OPTIONAL = {
  domain: 'payments',
  value: 500,
  target: 'customer-7',
  user: 'ada',
  tenant: 'acme',
  sessionId: 's-1',
  approver: 'inbox',
  stages: [{ quorum: 1, approvers: ['ada', 'grace'] }, { quorum: 2 }],
  onExpiry: 'escalate',
  escalateTo: ['lin'],
  escalated: true,
  votes: [VOTE, { ...VOTE, by: 'grace', stage: 1, comment: 'fine, "really"', nonce: 'n-1' }],
} as const satisfies Partial<Approval>

async function hold(
  store: Store,
  decisionFields: Partial<Decision> = {},
  approvalFields: Partial<Approval> = {},
): Promise<Approval> {
  const decision = decisionOf({ result: 'requires_approval', ...decisionFields })
  const approval = approvalOf(decision, approvalFields)
  assert.deepEqual(await store.commit({ at: AT, decision, approval }), COMMITTED)
  return approval
}

async function ids(store: Store, filter: ApprovalFilter): Promise<string[]> {
  return (await store.listApprovals(filter)).map(({ id }) => id)
}
