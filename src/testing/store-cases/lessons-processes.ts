import assert from 'node:assert/strict'
import type { Store, StoredLesson } from '../../store/store.js'
import { openHere, startChild } from './child.js'
import { finished, type ProcessCase, start, WRITERS } from './processes.js'

const CALLS = 100

/** Lessons of several processes, and of processes that are killed. */
export const lessonProcessCases: readonly ProcessCase[] = [
  {
    title: `shows to whoever learns on each lesson of ${WRITERS} processes once, and none later that has a lower number`,
    check: async durable => {
      const args = await durable.args()
      const store = await openHere(durable, args)
      const writers = await start(durable, args, name => ({ name, count: CALLS, learns: true }))
      const ended = Promise.all(writers.map(finished))
      const [seen, acknowledged] = await Promise.all([learnUntil(store, ended), ended])
      const all = await learnAll(store)
      await store.close()
      assert.deepEqual(seen, all)
      assert.ok(all.every(({ seq }, index) => seq > (all[index - 1]?.seq ?? 0)))
      for (const lines of acknowledged) {
        const own = new Set(lines)
        assert.equal(own.size, CALLS)
        assert.deepEqual(bodiesOf(all.filter(({ decisionId }) => own.has(decisionId))), lines.flatMap(lessonsOf))
      }
    },
  },
  {
    title: 'has all lessons it acknowledged, though the process is killed that wrote them, and none without its commit',
    check: async durable => {
      const args = await durable.args()
      const writer = await startChild(durable, args, { name: 'writer', count: 1_000_000, learns: true })
      writer.go()
      await writer.said(100)
      writer.kill()
      const { lines } = await writer.ended()
      const store = await openHere(durable, args)
      const learnt = bodiesOf(await learnAll(store))
      const [newest] = await store.listDecisions({ limit: 1 })
      await store.close()
      assert.ok(lines.length >= 100)
      // The last call may have been stored, or the half of it, without a word.
      const unsaid = newest === undefined || lines.includes(newest.id) ? [] : lessonsOf(newest.id)
      const isHalf = newest?.execution === undefined
      assert.deepEqual(learnt, [...lines.flatMap(lessonsOf), ...unsaid.slice(0, isHalf ? 2 : 3)])
    },
  },
  {
    title: 'has the whole snapshot that it acknowledged last, or the next, though the process is killed that saved it',
    check: async durable => {
      const args = await durable.args()
      const learner = await startChild(durable, args, { name: 'learner', count: 1_000_000, saves: 'learner' })
      learner.go()
      await learner.said(20)
      learner.kill()
      const { lines } = await learner.ended()
      const store = await openHere(durable, args)
      const found = await store.loadSnapshot('learner')
      await store.close()
      const last = Number(lines.at(-1))
      assert.ok(found !== undefined && (found.seq === last || found.seq === last + 1))
      assert.equal(Buffer.compare(found.bytes, new Uint8Array(100_000).fill(found.seq)), 0)
    },
  },
]

/** Learns what comes, a few lessons at a time, until nothing comes any more. */
async function learnUntil(store: Store, ended: Promise<unknown>): Promise<readonly StoredLesson[]> {
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  ended.then(over, over)
  const seen: StoredLesson[] = []
  for (;;) {
    const isLast = isOver
    const lessons = await store.readLessons({ after: seen.at(-1)?.seq ?? 0, limit: 7 })
    if (isLast && lessons.length === 0) return seen
    seen.push(...lessons)
    // What a store answers at once leaves no time to hear of the end.
    await new Promise(setImmediate)
  }
}

async function learnAll(store: Store): Promise<readonly StoredLesson[]> {
  return learnUntil(store, Promise.resolve())
}

/** What a child leaves of a call to learn from: the first two with its decision. */
function lessonsOf(id: string): readonly string[] {
  return [`decided ${id}`, `started ${id}`, `executed ${id}`]
}

function bodiesOf(lessons: readonly StoredLesson[]): readonly string[] {
  return lessons.map(({ body }) => body)
}
