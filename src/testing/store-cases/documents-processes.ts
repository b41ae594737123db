import assert from 'node:assert/strict'
import { openHere, startChild } from './child.js'
import { finished, type ProcessCase, start, WRITERS } from './processes.js'
import { AT, documentOf, keepsDocuments } from './samples.js'

/** Documents of several processes, and of processes that are killed. */
export const documentProcessCases: readonly ProcessCase[] = [
  {
    title: `lets one of ${WRITERS} racing processes write each document, with the decision that came with it`,
    check: async durable => {
      const args = await durable.args()
      const store = await openHere(durable, args)
      if (!keepsDocuments(store)) return store.close()
      const writers = await start(durable, args, name => ({ name, count: 100, documents: 'job' }))
      const acknowledged = (await Promise.all(writers.map(finished))).flat()
      const found = await store.listDocuments({ kind: 'job', limit: 1000 }, AT)
      const decisions = (await store.listDecisions({ limit: 1000 })).map(({ id }) => id)
      await store.close()
      assert.deepEqual(new Set(found.map(({ id }) => id)).size, 100)
      assert.deepEqual(found.map(({ body }) => String(JSON.parse(body ?? ''))).toSorted(), acknowledged.toSorted())
      assert.deepEqual(decisions.toSorted(), acknowledged.toSorted())
    },
  },
  {
    title: 'has all documents it acknowledged, though the process is killed that wrote them, and goes on from them',
    check: async durable => {
      const args = await durable.args()
      const before = await openHere(durable, args)
      await before.close()
      if (!keepsDocuments(before)) return
      const writer = await startChild(durable, args, { name: 'writer', count: 1_000_000, documents: 'job' })
      writer.go()
      await writer.said(50)
      writer.kill()
      const { lines } = await writer.ended()
      const store = await openHere(durable, args)
      assert.ok(keepsDocuments(store) && lines.length >= 50)
      for (const [count, line] of lines.entries()) {
        const found = await store.getDocument({ kind: 'job', id: `job-${count}` }, AT)
        assert.equal(found?.body, JSON.stringify(line))
      }
      const next = documentOf({ kind: 'job', id: 'job-0', revision: 2, body: '2' })
      assert.deepEqual(await store.commit({ at: AT, documents: [next] }), { committed: true })
      assert.deepEqual(await store.getDocument(next, AT), next)
      await store.close()
    },
  },
]
