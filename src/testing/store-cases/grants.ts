import assert from 'node:assert/strict'
import type { Grant } from '../../approval.js'
import type { GrantFilter, Store } from '../../store/store.js'
import { AT, COMMITTED, grantOf, type StoreCase } from './samples.js'

const OPTIONAL: Partial<Grant> = {
  maxValue: 100,
  tenant: 'acme',
  user: 'ada',
  sessionId: 's-1',
  approvalId: 'approval-1',
  comment: 'for today',
  revoked: { by: 'grace', at: AT + 5 },
}

/** What people need not be asked again. */
export const grantCases: readonly StoreCase[] = [
  {
    title: 'gives back a grant with every optional field, and without any',
    check: async store => {
      for (const grant of [await given(store), await given(store, OPTIONAL)]) {
        assert.deepEqual(await store.getGrant(grant.id), grant)
      }
    },
  },
  {
    title: 'lists grants newest first, filtered by every field, a page at most',
    check: async store => {
      const all = { tool: 'mail', actor: 'bot', tenant: 't' }
      const wanted = await given(store, all)
      const other = await given(store, { tenant: 'u' })
      assert.deepEqual(await ids(store, {}), [other.id, wanted.id])
      assert.deepEqual(await ids(store, { limit: 1 }), [other.id])
      assert.deepEqual(await ids(store, { limit: 0 }), [other.id])
      assert.deepEqual(await ids(store, { ...all, liveAt: AT }), [wanted.id])
      for (const [key, value] of Object.entries(all)) {
        assert.deepEqual(await ids(store, { [key]: value }), [wanted.id])
        assert.deepEqual(await ids(store, { ...all, [key]: 'another' }), [])
      }
    },
  },
  {
    title: 'lists a grant as live until it expires',
    check: async store => {
      const { id, expiresAt } = await given(store)
      assert.deepEqual(await ids(store, { liveAt: expiresAt - 1 }), [id])
      assert.deepEqual(await ids(store, { liveAt: expiresAt }), [])
      assert.deepEqual(await ids(store, {}), [id])
    },
  },
  {
    title: 'lists a grant as live until it is used up',
    check: async store => {
      const grant = await given(store, { maxUses: 2 })
      await store.commit({ at: AT, grant: { ...grant, revision: 2, uses: 1 } })
      assert.deepEqual(await ids(store, { liveAt: AT }), [grant.id])
      await store.commit({ at: AT, grant: { ...grant, revision: 3, uses: 2 } })
      assert.deepEqual(await ids(store, { liveAt: AT }), [])
      assert.deepEqual(await ids(store, {}), [grant.id])
    },
  },
  {
    title: 'lists a grant as live until it is revoked',
    check: async store => {
      const [revoked, kept] = [await given(store), await given(store)]
      await store.commit({ at: AT, grant: { ...revoked, revision: 2, revoked: { by: 'ada', at: AT } } })
      assert.deepEqual(await ids(store, { liveAt: AT }), [kept.id])
    },
  },
]

async function given(store: Store, fields: Partial<Grant> = {}): Promise<Grant> {
  const grant = grantOf(fields)
  assert.deepEqual(await store.commit({ at: AT, grant }), COMMITTED)
  return grant
}

async function ids(store: Store, filter: GrantFilter): Promise<string[]> {
  return (await store.listGrants(filter)).map(({ id }) => id)
}
