import assert from 'node:assert/strict'
import type { Approval } from '../../approval.js'
import type { Store } from '../../store/store.js'
import type { Decision } from '../../types.js'
import { chainOf } from './audit.js'
import {
  approvalOf,
  AT,
  batchOf,
  decisionOf,
  fullDecision,
  grantOf,
  outcomeOf,
  receiptOf,
  type StoreCase,
} from './samples.js'

/** Names of all fields that can be erased of a call. */
const EVERYTHING = [
  'user',
  'target',
  'value',
  'metadata',
  'reason',
  'by',
  'comment',
  'error',
  'description',
  'details',
  'reportedBy',
  'input',
  'changes',
  'output',
]
/** What must be nowhere, once it is erased. */
const SECRET = 'the name of a person'

/** Erasure: what is personal goes, wherever it is; the chain stays. */
export const erasureCases: readonly StoreCase[] = [
  {
    title: 'erases fields of a decision: texts are replaced, anything else is removed',
    check: async store => {
      const decision = fullDecision()
      await store.commit({ at: AT, decision })
      await store.erase({ decisionId: decision.id, fields: ['user', 'value', 'metadata', 'reason'] }, batchOf('erased'))
      const { value: _, metadata: __, ...rest } = decision
      assert.deepEqual(await store.getDecision(decision.id), {
        ...rest,
        user: '[erased]',
        reason: '[erased]',
        findings: decision.findings.map(finding => Object.assign({}, finding, { reason: '[erased]' })),
        outcomes: [],
      })
    },
  },
  {
    title: 'erases personal fields of the audit log, and keeps its chain',
    check: async store => {
      const decisionId = 'decision-1'
      const personal = JSON.stringify({ user: ['salt', SECRET], value: ['salt', 7] })
      await store.commit({ at: AT, audit: batchOf({ body: 'one', decisionId, personal }, { body: 'two', personal }) })
      await store.commit({ at: AT, audit: batchOf({ body: 'three', decisionId, personal: '{"user":["salt",1]}' }) })
      await store.erase({ decisionId, fields: ['user'] }, batchOf({ body: 'erased', decisionId }))
      const entries = await chainOf(store)
      assert.deepEqual(
        entries.map(entry => [entry.body, entry.personal]),
        [
          ['one', '{"value":["salt",7]}'],
          ['two', personal],
          ['three', undefined],
          ['erased', undefined],
        ],
      )
      assert.equal('personal' in (entries[2] ?? {}), false)
    },
  },
  {
    title: 'leaves nothing of what is erased anywhere, and what is not personal as it was',
    check: async store => {
      const { decision, approval, receipt } = await secretive(store)
      assert.ok((await everything(store, decision.id)).includes(SECRET))
      await store.erase({ decisionId: decision.id, fields: EVERYTHING }, batchOf('erased'))
      const left = await everything(store, decision.id)
      assert.ok(!left.includes(SECRET), left)
      const { id, result, digest } = (await store.getDecision(decision.id)) ?? decisionOf()
      assert.deepEqual([id, result, digest], [decision.id, decision.result, decision.digest])
      const found = await store.findApproval(approval.key, approval.policyVersion)
      assert.deepEqual([found?.id, found?.status, found?.call.id], [approval.id, 'approved', approval.call.id])
      assert.equal((await store.getReceipt(receipt.key))?.status, 'succeeded')
      await chainOf(store)
    },
  },
  {
    title: 'erases nothing of other decisions, and no field that was not named',
    check: async store => {
      const { decision, approval, receipt } = await secretive(store)
      const before = await everything(store, decision.id)
      await store.erase({ decisionId: 'another', fields: EVERYTHING }, batchOf())
      await store.erase({ decisionId: decision.id, fields: [] }, batchOf())
      await store.erase({ decisionId: decision.id, fields: ['id', 'at', 'key', 'no-such-field'] }, batchOf())
      assert.equal(await everything(store, decision.id), before)
      assert.deepEqual(await store.getReceipt(receipt.key), receipt)
      const { revision: _, ...kept } = (await store.getApproval(approval.id)) ?? approval
      const { revision: __, ...expected } = approval
      assert.deepEqual(kept, expected)
    },
  },
  {
    title: 'keeps a field erased that somebody was about to write again with an approval',
    check: async store => {
      const { decision, approval } = await secretive(store)
      await store.erase({ decisionId: decision.id, fields: ['input'] }, batchOf())
      const late: Approval = { ...approval, revision: approval.revision + 1 }
      assert.deepEqual(await store.commit({ at: AT, approval: late }), { committed: false, conflict: 'approval' })
      assert.equal((await store.getApproval(approval.id))?.call.input, '[erased]')
    },
  },
  {
    title: 'erases grants that were given with an approval of the decision, which are used up then, and no others',
    check: async store => {
      const { decision, approval } = await secretive(store)
      const personal = { user: SECRET, by: SECRET, comment: SECRET, when: { 'input.text': { eq: SECRET } } }
      const given = grantOf({ ...personal, approvalId: approval.id, uses: 2 })
      const other = grantOf({ ...personal, approvalId: 'another' })
      for (const grant of [{ ...given, uses: 0 }, other]) await store.commit({ at: AT, grant })
      await store.commit({ at: AT, grant: { ...given, revision: 2 } })
      await store.erase({ decisionId: decision.id, fields: ['user', 'by', 'comment', 'when'] }, batchOf())
      const erased = await store.getGrant(given.id)
      assert.deepEqual(erased, {
        ...given,
        revision: 3,
        user: '[erased]',
        by: '[erased]',
        comment: '[erased]',
        when: {},
        maxUses: 2,
      })
      assert.deepEqual(await store.getGrant(other.id), other)
      assert.deepEqual(await store.listGrants({ liveAt: AT }), [other])
      const late = { ...given, revision: 3 }
      assert.deepEqual(await store.commit({ at: AT, grant: late }), { committed: false, conflict: 'grant' })
    },
  },
  {
    title: 'appends what is said of an erasure, also where there was nothing to erase',
    check: async store => {
      await store.erase({ decisionId: 'another', fields: ['user'] }, batchOf({ body: 'erased', decisionId: 'another' }))
      assert.deepEqual(
        (await chainOf(store)).map(({ body }) => body),
        ['erased'],
      )
    },
  },
]

/** A call of which every record says something personal. */
async function secretive(store: Store): Promise<{
  readonly decision: Decision
  readonly approval: Approval
  readonly receipt: ReturnType<typeof receiptOf>
}> {
  const text = SECRET
  const finding = { rule: 'a', effect: 'require_approval', reason: text } as const
  const decision = decisionOf({ user: text, target: text, metadata: { text }, reason: text, findings: [finding] })
  const { id: decisionId } = decision
  const digest = 'e'.repeat(64)
  const approval = approvalOf(decision, {
    status: 'approved',
    user: text,
    target: text,
    reason: text,
    by: text,
    comment: text,
    resolvedAt: AT,
    call: { id: 'call-1', name: 'refund', input: { text } },
    votes: [{ by: text, comment: text, at: AT, resolution: 'approved', stage: 0, digest, channel: 'api' }],
    edit: { tool: 'refund', input: { text }, digest, changes: [{ path: 'text', from: 1, to: text }] },
  })
  const receipt = receiptOf({
    decisionId,
    user: text,
    status: 'succeeded',
    endedAt: AT,
    input: { kind: 'json', value: text },
    output: { kind: 'json', value: { text } },
  })
  await store.commit({
    at: AT,
    decision,
    approval,
    receipt,
    execution: { decisionId, status: 'tool_error', at: AT, durationMs: 1, error: text },
    outcome: outcomeOf(decisionId, { description: text, details: { text }, reportedBy: text }),
    audit: batchOf({ body: 'a fact', decisionId, personal: JSON.stringify({ user: ['salt', text] }) }),
  })
  return { decision, approval, receipt }
}

/** Everything a store says, as text. */
async function everything(store: Store, decisionId: string): Promise<string> {
  const { revision: _, ...approval } = (await store.listApprovals({}))[0] ?? approvalOf(decisionOf())
  return JSON.stringify([
    await store.getDecision(decisionId),
    await store.listDecisions({}),
    approval,
    await store.listReceipts({}),
    await store.readAudit({}),
  ])
}
