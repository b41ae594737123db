import assert from 'node:assert/strict'
import type { DocumentFilter, StoredDocument } from '../../store/document.js'
import type { DocumentStore } from '../../store/document-store.js'
import type { CommitResult } from '../../store/store.js'
import {
  approvalOf,
  AT,
  batchOf,
  COMMITTED,
  decisionOf,
  documentOf,
  keepsDocuments,
  lessonOf,
  spendOf,
  type StoreCase,
} from './samples.js'

const CONFLICT: CommitResult = { committed: false, conflict: 'document' }
const WRITERS = 24

/** Documents: records that are no decisions. A store that keeps none passes. */
export const documentCases: readonly StoreCase[] = [
  of('gives back a document as it was written, whatever its names are, as a copy', async store => {
    const text = `'"; drop table documents; --\n\\ \u0000 ünï 決裁 🧾`
    const names = [text, '__proto__', 'constructor', '', '["a"]', 'null']
    const documents = names.flatMap(name => [
      documentOf({ kind: name, id: name }),
      documentOf({
        kind: name,
        id: `${name}!`,
        ref: name,
        due: AT + 0.5,
        expiresAt: AT + 1,
        body: JSON.stringify(text),
      }),
    ])
    const passed = documents.map(document => ({ ...document }))
    assert.deepEqual(await store.commit({ at: AT, documents: passed }), COMMITTED)
    for (const document of passed) Object.assign(document, { body: 'overwritten', ref: 'overwritten' })
    for (const document of documents) {
      for (let time = 0; time < 2; time++) {
        const found = await store.getDocument(document, AT)
        assert.deepEqual(found, document)
        Reflect.set(found ?? {}, 'body', 'overwritten')
      }
      assert.equal((await store.listDocuments({ kind: document.kind }, AT)).length, 2)
    }
    assert.equal(await store.getDocument({ kind: 'toString', id: 'toString' }, AT), undefined)
  }),
  of('writes the first revision of a document once, and a later one in the place of the one before', async store => {
    const document = documentOf()
    for (const revision of [2, 0, -1, 1.5, Number.NaN])
      assert.deepEqual(await put(store, { ...document, revision }), CONFLICT)
    for (const revision of [1, 2, 3]) {
      const next = { ...document, revision, body: `${revision}`, ref: `${revision}` }
      assert.deepEqual(await put(store, next), COMMITTED)
      for (const wrong of [0, 1, revision, revision + 2])
        assert.deepEqual(await put(store, { ...document, revision: wrong, body: 'wrong' }), CONFLICT)
      assert.deepEqual(await store.getDocument(document, AT), next)
    }
  }),
  of(`lets one of ${WRITERS} write each revision of a document, and its decision with it`, async store => {
    const document = documentOf()
    for (const revision of [1, 2, 3]) {
      const decisions = Array.from({ length: WRITERS }, () => decisionOf())
      const results = await Promise.all(
        decisions.map(async decision =>
          store.commit({ at: AT, decision, documents: [{ ...document, revision, body: JSON.stringify(decision.id) }] }),
        ),
      )
      const winner = decisions[results.findIndex(({ committed }) => committed)]?.id
      assert.equal(results.filter(({ committed }) => committed).length, 1)
      assert.equal((await store.getDocument(document, AT))?.body, JSON.stringify(winner))
      for (const { id } of decisions) assert.equal((await store.getDecision(id)) !== undefined, id === winner)
    }
  }),
  of('removes a document that is written without a body, and takes another first revision then', async store => {
    const document = documentOf({ ref: 'before' })
    const { body: _, ...removal } = { ...document, revision: 2 }
    assert.deepEqual(await put(store, removal), CONFLICT)
    await put(store, document)
    assert.deepEqual(await put(store, { ...removal, revision: 3 }), CONFLICT)
    assert.deepEqual(await put(store, { ...removal, revision: 1 }), CONFLICT)
    assert.deepEqual(await put(store, removal), COMMITTED)
    assert.equal(await store.getDocument(document, AT), undefined)
    assert.deepEqual(await ids(store, { kind: 'rule' }), [])
    assert.deepEqual(await put(store, { ...removal, revision: 3 }), CONFLICT)
    const again = documentOf({ id: document.id, at: AT + 9 })
    assert.deepEqual(await put(store, again), COMMITTED)
    assert.deepEqual(await store.getDocument(document, AT), again)
  }),
  of('writes several documents in their order, or none of them', async store => {
    const [one, other] = [documentOf(), documentOf()]
    assert.deepEqual(await put(store, one, { ...one, revision: 2, body: '2' }, other), COMMITTED)
    assert.equal((await store.getDocument(one, AT))?.body, '2')
    const third = documentOf()
    assert.deepEqual(await put(store, third, { ...one, revision: 3 }, other), CONFLICT)
    assert.deepEqual(await put(store, third, third), CONFLICT)
    assert.equal(await store.getDocument(third, AT), undefined)
    assert.equal((await store.getDocument(one, AT))?.revision, 2)
  }),
  of(
    'stores nothing of a commit that a document is in the way of, and no document of one that is refused',
    async store => {
      const known = documentOf()
      await put(store, known)
      const decision = decisionOf()
      const approval = approvalOf(decision)
      const whole = { at: AT, decision, approval, spends: [spendOf()], lessons: [lessonOf()], audit: batchOf('fact') }
      assert.deepEqual(await store.commit({ ...whole, documents: [known] }), CONFLICT)
      assert.equal(await store.getDecision(decision.id), undefined)
      assert.equal(await store.getApproval(approval.id), undefined)
      assert.deepEqual(await store.readWindows([spendOf()], AT), [0])
      assert.deepEqual([await store.readLessons({ after: 0 }), await store.readAudit({})], [[], []])
      const documents = [documentOf()]
      const full = { ...whole, spends: [spendOf({ max: 0 })], documents }
      assert.deepEqual(await store.commit(full), { committed: false, exceeded: spendOf().key })
      const second = { ...whole, approval: { ...approval, revision: 2 }, documents }
      assert.deepEqual(await store.commit(second), { committed: false, conflict: 'approval' })
      assert.deepEqual(await ids(store, { kind: 'rule' }), [known.id])
      assert.deepEqual(await store.commit({ ...whole, documents }), COMMITTED)
      assert.deepEqual(await store.getDocument(documents[0] ?? known, AT), documents[0])
    },
  ),
  of('takes an expired document as if it were not there', async store => {
    const document = documentOf({ expiresAt: AT + 10, due: AT })
    await put(store, document)
    assert.deepEqual(await store.getDocument(document, AT + 9), document)
    assert.equal(await store.getDocument(document, AT + 10), undefined)
    assert.deepEqual(await store.listDocuments({ kind: 'rule', dueAt: AT + 10 }, AT + 9), [document])
    assert.deepEqual(await store.listDocuments({ kind: 'rule' }, AT + 10), [])
    const late = { ...document, revision: 2 }
    assert.deepEqual(await store.commit({ at: AT + 10, documents: [late] }), CONFLICT)
    const again = documentOf({ id: document.id, body: '"again"' })
    assert.deepEqual(await store.commit({ at: AT + 9, documents: [again] }), CONFLICT)
    assert.deepEqual(await store.commit({ at: AT + 10, documents: [again] }), COMMITTED)
    assert.deepEqual(await store.getDocument(document, AT + 10), again)
  }),
  of('prunes what has expired, of one kind or of all, so many at a time, and nothing else', async store => {
    const rules = [1, 2, 3].map(expiresAt => documentOf({ expiresAt: AT + expiresAt }))
    const key = documentOf({ kind: 'api-key', expiresAt: AT + 1 })
    const kept = documentOf()
    await put(store, ...rules, key, kept)
    const prune = async (expiredAt: number, limit: number, kind?: string): Promise<number> =>
      store.pruneDocuments({ expiredAt, limit, ...(kind === undefined ? {} : { kind }) })
    for (const limit of [0, -1, Number.NaN]) assert.equal(await prune(AT + 9, limit), 0)
    assert.equal(await prune(AT, 10), 0)
    assert.equal(await prune(AT + 2, 1, 'rule'), 1)
    assert.equal(await prune(AT + 2, 10, 'rule'), 1)
    assert.notEqual(await store.getDocument(key, AT), undefined)
    assert.equal(await prune(AT + 2, 10), 1)
    assert.deepEqual(await ids(store, { kind: 'rule' }), [kept.id, rules[2]?.id])
    assert.deepEqual(await put(store, rules[0] ?? kept), COMMITTED)
  }),
  of("prunes the expired ones of one tenant, or of none, and nobody else's", async store => {
    const expiresAt = AT + 1
    const [mine, theirs, nobodys] = [
      documentOf({ expiresAt, tenant: 'acme' }),
      documentOf({ expiresAt, tenant: 'beta' }),
      documentOf({ expiresAt }),
    ]
    const key = documentOf({ kind: 'api-key', expiresAt, tenant: 'acme' })
    await put(store, mine, theirs, nobodys, key)
    const expiredAt = AT + 9
    assert.equal(await store.pruneDocuments({ kind: 'rule', tenant: 'acme', expiredAt, limit: 10 }), 1)
    assert.equal(await store.pruneDocuments({ kind: 'rule', tenant: null, expiredAt, limit: 10 }), 1)
    assert.notEqual(await store.getDocument(theirs, AT), undefined)
    assert.notEqual(await store.getDocument(key, AT), undefined)
    assert.equal(await store.getDocument(mine, AT), undefined)
    assert.equal(await store.pruneDocuments({ tenant: 'acme', expiredAt, limit: 10 }), 1)
    assert.notEqual(await store.getDocument(theirs, AT), undefined)
  }),
  of('lists by kind, by what it belongs to and by what is due', async store => {
    const [a, b, c] = [
      documentOf({ ref: 'hook-1', due: AT + 5 }),
      documentOf({ ref: 'hook-1' }),
      documentOf({ ref: 'hook-2', due: AT }),
    ]
    await put(store, a, b, c, documentOf({ kind: 'api-key', ref: 'hook-1', due: AT }))
    assert.deepEqual(await ids(store, { kind: 'rule' }), [c.id, b.id, a.id])
    assert.deepEqual(await ids(store, { kind: 'rule', ref: 'hook-1' }), [b.id, a.id])
    assert.deepEqual(await ids(store, { kind: 'rule', dueAt: AT + 4 }), [c.id])
    assert.deepEqual(await ids(store, { kind: 'rule', dueAt: AT + 5 }), [c.id, a.id])
    assert.deepEqual(await ids(store, { kind: 'rule', dueAt: AT + 5, ref: 'hook-1' }), [a.id])
    await put(store, { ...a, revision: 2, due: AT + 50, ref: 'hook-3' })
    assert.deepEqual(await ids(store, { kind: 'rule', dueAt: AT + 5 }), [c.id])
    assert.deepEqual(await ids(store, { kind: 'rule', ref: 'hook-3' }), [a.id])
    assert.deepEqual(await ids(store, { kind: 'no such kind' }), [])
  }),
  of('lists newest first by the time of the first revision, page by page', async store => {
    const documents = [3, 1, 2, 2, 0].map(at => documentOf({ at: AT + at }))
    for (const document of documents) await put(store, document)
    const order = [0, 3, 2, 1, 4].map(index => documents[index]?.id)
    const [first = documentOf()] = documents
    await put(store, { ...first, revision: 2, at: AT - 5 })
    assert.equal((await store.getDocument(first, AT))?.at, first.at)
    assert.deepEqual(await ids(store, { kind: 'rule' }), order)
    const seen: string[] = []
    for (let page = await store.listDocuments({ kind: 'rule', limit: 2 }, AT); page.length > 0;) {
      assert.ok(page.length <= 2)
      seen.push(...page.map(({ id }) => id))
      const before = page.at(-1) ?? first
      page = await store.listDocuments({ kind: 'rule', limit: 2, before }, AT)
    }
    assert.deepEqual(seen, order)
    assert.deepEqual(await ids(store, { kind: 'rule', before: { id: 'no such id' } }), [])
    assert.equal((await store.listDocuments({ kind: 'rule', limit: 0 }, AT)).length, 1)
  }),
  of('lists a hundred unless asked for more, and a thousand at most', async store => {
    await put(store, ...Array.from({ length: 1001 }, () => documentOf()))
    assert.equal((await store.listDocuments({ kind: 'rule' }, AT)).length, 100)
    assert.equal((await store.listDocuments({ kind: 'rule', limit: 5000 }, AT)).length, 1000)
  }),
  of('keeps documents of several tenants, and of none, apart', async store => {
    const common = documentOf({ body: '"of none"' })
    const acme = { ...common, tenant: 'acme', body: '"of acme"' }
    const other = { ...common, tenant: '', body: '"of the empty name"' }
    assert.deepEqual(await put(store, common, acme, other), COMMITTED)
    for (const document of [common, acme, other]) assert.deepEqual(await store.getDocument(document, AT), document)
    assert.deepEqual(await store.listDocuments({ kind: 'rule' }, AT), [other, acme, common])
    assert.deepEqual(await store.listDocuments({ kind: 'rule', tenant: 'acme' }, AT), [acme])
    assert.deepEqual(await store.listDocuments({ kind: 'rule', before: acme }, AT), [common])
    assert.deepEqual(await put(store, { ...acme, revision: 2 }), COMMITTED)
    assert.deepEqual(await store.getDocument(common, AT), common)
  }),
]

function of(title: string, check: (store: DocumentStore) => Promise<void>): StoreCase {
  return { title, check: async store => (keepsDocuments(store) ? check(store) : undefined) }
}

async function put(store: DocumentStore, ...documents: readonly StoredDocument[]): Promise<CommitResult> {
  return store.commit({ at: AT, documents })
}

async function ids(store: DocumentStore, filter: DocumentFilter): Promise<readonly string[]> {
  return (await store.listDocuments(filter, AT)).map(({ id }) => id)
}
