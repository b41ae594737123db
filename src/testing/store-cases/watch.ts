import assert from 'node:assert/strict'
import type { Approval } from '../../approval.js'
import type { Receipt } from '../../receipt.js'
import { approvalOf, AT, decisionOf, receiptOf, type StoreCase } from './samples.js'

/** Telling what was written, where a store can. */
export const watchCases: readonly StoreCase[] = [
  {
    title: 'tells who watches, if it tells at all, of approvals that are written again and effects that no longer run',
    check: async store => {
      if (store.watch === undefined) return
      const heard = new Set<string | undefined>()
      const all = Promise.withResolvers<void>()
      const [approval, receipt] = [approvalOf(decisionOf()), receiptOf()]
      const stop = await store.watch(key => {
        heard.add(key)
        // Nothing named: anything may have been missed, so both may have.
        if (heard.has(undefined) || (heard.has(approval.id) && heard.has(receipt.key))) all.resolve()
      })
      await store.commit({ at: AT, approval, receipt })
      await store.commit({ at: AT, approval: { ...approval, revision: 2, status: 'cancelled' } as Approval })
      await store.commit({ at: AT, receipt: { ...receipt, revision: 2, status: 'unknown' } as Receipt })
      await all.promise
      stop()
      const later = { ...approval, revision: 3, status: 'expired' } as Approval
      assert.deepEqual(await store.commit({ at: AT, approval: later }), { committed: true })
    },
  },
]
