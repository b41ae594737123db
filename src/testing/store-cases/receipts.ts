import assert from 'node:assert/strict'
import type { Receipt } from '../../receipt.js'
import type { ReceiptFilter, Store } from '../../store/store.js'
import { AT, COMMITTED, receiptOf, type StoreCase } from './samples.js'

/** Every state that an effect can be in, with the fields of that state alone. */
const STATES: readonly Partial<Receipt>[] = [
  { status: 'claimed', leaseUntil: 0 },
  { status: 'started', startedAt: AT, leaseUntil: AT + 1 },
  { status: 'succeeded', startedAt: AT, endedAt: AT + 2, output: { kind: 'json', value: { paid: [1, null, 'für'] } } },
  { status: 'succeeded', startedAt: AT, endedAt: AT + 2, output: { kind: 'json', value: null } },
  { status: 'succeeded', startedAt: AT, endedAt: AT + 2, output: { kind: 'lost', reason: 'a cycle' } },
  { status: 'failed', startedAt: AT, endedAt: AT + 2, error: { name: 'Error', message: 'no "money"' } },
  { status: 'unknown', startedAt: AT, since: AT + 2 },
]
const OPTIONAL: Partial<Receipt> = {
  user: 'ada',
  tenant: 'acme',
  sessionId: 's-1',
  approvalId: 'approval-1',
  input: { kind: 'json', value: { amount: 5 } },
  undoes: 'another key',
}

/** The effect ledger. */
export const receiptCases: readonly StoreCase[] = [
  {
    title: 'gives back a receipt in every state, with every optional field and without any',
    check: async store => {
      for (const state of STATES) {
        const { at, startedAt: _, leaseUntil: __, ...base } = receiptOf() as Extract<Receipt, { status: 'started' }>
        const bare = { ...base, at, ...state } as Receipt
        const full = { ...bare, ...OPTIONAL, key: `full ${bare.key}` } as Receipt
        for (const receipt of [bare, full]) {
          assert.deepEqual(await store.commit({ at: AT, receipt }), COMMITTED)
          assert.deepEqual(await store.getReceipt(receipt.key), receipt)
        }
      }
    },
  },
  {
    title: 'follows a receipt through its states, and through a claim by another decision',
    check: async store => {
      const first = await started(store)
      const again = { decisionId: 'another', fence: 2 }
      const states = [{ status: 'failed' }, { status: 'started', ...again }, { status: 'unknown', ...again }]
      for (const [index, state] of states.entries()) {
        const receipt = { ...first, ...state, revision: index + 2 } as Receipt
        assert.deepEqual(await store.commit({ at: AT, receipt }), COMMITTED)
        assert.deepEqual(await store.getReceipt(receipt.key), receipt)
        assert.deepEqual(await store.listReceipts({}), [receipt])
        assert.deepEqual(await store.listReceipts({ status: receipt.status }), [receipt])
      }
    },
  },
  {
    title: 'takes keys for data',
    check: async store => {
      for (const key of ['__proto__', 'constructor', '', `'; drop table receipts; --`, 'ünï\u0000 決裁']) {
        assert.equal(await store.getReceipt(key), undefined)
        const receipt = await started(store, { key })
        assert.deepEqual(await store.getReceipt(key), receipt)
      }
    },
  },
  {
    title: 'lists effects that are open, or of which nobody knows, among many that have ended',
    check: async store => {
      const states: readonly Receipt['status'][] = ['claimed', 'started', 'unknown', 'succeeded', 'failed']
      const keysOf = new Map(states.map(status => [status, [] as string[]]))
      for (let count = 0; count < 60; count++) {
        const status = states[count % 12] ?? 'succeeded'
        const { key } = await started(store, { status })
        keysOf.get(status)?.unshift(key)
      }
      for (const [status, keys] of keysOf) assert.deepEqual(await listed(store, { status }), keys)
    },
  },
  {
    title: 'lists an effect in no state but the one it is in',
    check: async store => {
      const receipt = await started(store)
      assert.deepEqual(await listed(store, { status: 'started' }), [receipt.key])
      await store.commit({ at: AT, receipt: { ...receipt, revision: 2, ...STATES[2] } as Receipt })
      assert.deepEqual(await listed(store, { status: 'started' }), [])
      assert.deepEqual(await listed(store, { status: 'succeeded' }), [receipt.key])
    },
  },
  {
    title: 'lists receipts filtered by every field, alone and together',
    check: async store => {
      const all = { status: 'unknown', tool: 'mail', sessionId: 's', tenant: 't' } as const
      const wanted = await started(store, all)
      await started(store, { sessionId: 'S', tenant: 'T' })
      await started(store)
      for (const [key, value] of Object.entries(all)) {
        assert.deepEqual(await listed(store, { [key]: value }), [wanted.key])
        assert.deepEqual(await listed(store, { ...all, [key]: 'another' }), [])
      }
      assert.deepEqual(await listed(store, all), [wanted.key])
    },
  },
  {
    title: 'pages through receipts, each once',
    check: async store => {
      const keys: string[] = []
      for (let count = 0; count < 7; count++) keys.unshift((await started(store, { sessionId: 's' })).key)
      const first = await listed(store, { limit: 4, sessionId: 's' })
      const second = await listed(store, { limit: 4, sessionId: 's', before: first.at(-1) ?? '' })
      assert.deepEqual([...first, ...second], keys)
      assert.deepEqual(await listed(store, { limit: -3 }), keys.slice(0, 1))
      assert.deepEqual(await listed(store, { before: 'no-such-key' }), [])
    },
  },
]

async function started(store: Store, fields: Partial<Receipt> = {}): Promise<Receipt> {
  const receipt = receiptOf(fields)
  assert.deepEqual(await store.commit({ at: AT, receipt }), COMMITTED)
  return receipt
}

async function listed(store: Store, filter: ReceiptFilter): Promise<string[]> {
  return (await store.listReceipts(filter)).map(({ key }) => key)
}
