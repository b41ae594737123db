import assert from 'node:assert/strict'
import { type AuditEntry, GENESIS, sealedText } from '../../audit-entry.js'
import type { AuditRange, Store } from '../../store/store.js'
import { AT, batchOf, COMMITTED, decisionOf, seal, type StoreCase } from './samples.js'

/** The audit log: one unbroken chain in the order in which commits were made. */
export const auditCases: readonly StoreCase[] = [
  {
    title: 'chains the entries of one commit, and those of the next to them',
    check: async store => {
      await append(store, 'one', 'two', 'three')
      await append(store, 'four')
      await append(store, 'five', 'six')
      const entries = await chainOf(store)
      assert.deepEqual(
        entries.map(({ seq, body }) => [seq, body]),
        ['one', 'two', 'three', 'four', 'five', 'six'].map((body, index) => [index + 1, body]),
      )
    },
  },
  {
    title: 'keeps the chain unbroken while many append at once',
    check: async store => {
      const commits = Array.from({ length: 40 }, (_, index) => [`${index} a`, `${index} b`])
      await Promise.all(commits.map(async bodies => append(store, ...bodies)))
      const bodies = (await chainOf(store)).map(({ body }) => body)
      assert.equal(bodies.length, 80)
      for (const [first = '', second] of commits) assert.equal(bodies[bodies.indexOf(first) + 1], second)
    },
  },
  {
    title: 'has no gap where a commit was refused',
    check: async store => {
      const decision = decisionOf()
      await store.commit({ at: AT, decision, audit: batchOf('first') })
      for (let count = 0; count < 3; count++) {
        await assert.rejects(async () => store.commit({ at: AT, decision, audit: batchOf('never', 'never') }))
        await append(store, `after ${count}`)
      }
      assert.deepEqual(
        (await chainOf(store)).map(({ body }) => body),
        ['first', 'after 0', 'after 1', 'after 2'],
      )
    },
  },
  {
    title: 'gives back entries to the byte, with what is optional and without',
    check: async store => {
      const body = '{"a": 1,\n "ünï": "決裁 🧾 \\u0000",\t"b":\r\n1.0e0}'
      const personal = '{"user":["salt","\\"ada\\""]}'
      const drafts = [
        { body, decisionId: 'decision-1', tenant: 'acme', personal },
        { body, decisionId: 'decision-1' },
        { body },
      ]
      await store.commit({ at: AT, audit: batchOf(...drafts) })
      const links = (await store.readAudit({})).map(({ seq, previous, hash }) => ({ seq, previous, hash }))
      assert.deepEqual(
        await chainOf(store),
        drafts.map((draft, index) => Object.assign({}, draft, links[index])),
      )
    },
  },
  {
    title: 'reads the entries after one, oldest first, and those of one decision',
    check: async store => {
      for (let count = 1; count <= 9; count++)
        await store.commit({ at: AT, audit: batchOf({ body: `${count}`, decisionId: `decision-${count % 3}` }) })
      const bodies = async (range: AuditRange): Promise<string> =>
        (await store.readAudit(range)).map(({ body }) => body).join('')
      assert.equal(await bodies({}), '123456789')
      assert.equal(await bodies({ after: 6 }), '789')
      assert.equal(await bodies({ after: 9 }), '')
      assert.equal(await bodies({ limit: 2 }), '12')
      assert.equal(await bodies({ after: 3, limit: 2 }), '45')
      assert.equal(await bodies({ limit: 0 }), '1')
      assert.equal(await bodies({ decisionId: 'decision-1' }), '147')
      assert.equal(await bodies({ decisionId: 'decision-1', after: 1, limit: 1 }), '4')
      assert.equal(await bodies({ decisionId: 'another' }), '')
    },
  },
  {
    title: 'reads 1000 entries unless asked otherwise, and 10,000 at most',
    check: async store => {
      await append(store, ...Array.from({ length: 10_001 }, (_, index) => `${index}`))
      assert.equal((await store.readAudit({})).length, 1000)
      assert.equal((await store.readAudit({ limit: 20_000 })).length, 10_000)
      assert.equal((await chainOf(store)).length, 10_001)
    },
  },
  {
    title: 'appends what is said of a kill switch, and of turning it off where there was one',
    check: async store => {
      const killSwitch = { tool: 'refund', by: 'ada', reason: 'incident', at: AT }
      await store.deactivateKillSwitch({ tool: 'refund' }, batchOf('never'))
      await store.activateKillSwitch(killSwitch, batchOf('on'))
      await store.deactivateKillSwitch({}, batchOf('never'))
      await store.deactivateKillSwitch({ tool: 'refund' }, batchOf('off'))
      await store.deactivateKillSwitch({ tool: 'refund' }, batchOf('never'))
      assert.deepEqual(
        (await chainOf(store)).map(({ body }) => body),
        ['on', 'off'],
      )
    },
  },
]

/** The whole log, once every entry of it was chained anew with {@link seal} and came out the same. */
export async function chainOf(store: Store): Promise<readonly AuditEntry[]> {
  const chained: AuditEntry[] = []
  for (let page = await store.readAudit({}); page.length > 0; page = await store.readAudit({ after: chained.length })) {
    for (const entry of page) {
      const seq = chained.length + 1
      const previous = chained.at(-1)?.hash ?? GENESIS
      const hash = seal(sealedText(previous, seq, entry.body))
      assert.deepEqual({ seq: entry.seq, previous: entry.previous, hash: entry.hash }, { seq, previous, hash })
      chained.push(entry)
    }
  }
  return chained
}

async function append(store: Store, ...bodies: readonly string[]): Promise<void> {
  assert.deepEqual(await store.commit({ at: AT, audit: batchOf(...bodies) }), COMMITTED)
}
