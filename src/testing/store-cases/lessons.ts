import assert from 'node:assert/strict'
import type { Lesson, LessonRange, Store, StoredLesson } from '../../store/store.js'
import { AT, batchOf, COMMITTED, decisionOf, lessonOf, receiptOf, spendOf, type StoreCase } from './samples.js'

/** Lessons: all learners on a store learn the same ones in the same order. */
export const lessonCases: readonly StoreCase[] = [
  {
    title:
      'gives back lessons as they were learnt, in the order in which they came, whether or not their decision is there',
    check: async store => {
      const lessons = [
        lessonOf({ body: '{"a": 1,\n "ünï": "決裁 🧾 \\u0000",\t"b":\r\n1.0e0}', at: AT + 9 }),
        lessonOf({ decisionId: 'decision "7"', kind: 'label', tenant: 'für "Zoë"', at: AT - 0.5 }),
        lessonOf({ body: 'x'.repeat(100_000), tenant: '' }),
        lessonOf({ body: '' }),
        lessonOf(),
        lessonOf(),
      ]
      await learn(store, lessons.slice(0, 4), lessons.slice(4))
      const learnt = await read(store)
      assert.deepEqual(
        learnt,
        lessons.map((lesson, index) => Object.assign({ seq: learnt[index]?.seq }, lesson)),
      )
      assert.ok(learnt.every(({ seq }, index) => seq > (learnt[index - 1]?.seq ?? 0)))
    },
  },
  {
    title: 'has nothing to learn at first, and after a commit of no lessons',
    check: async store => {
      assert.deepEqual(await store.commit({ at: AT, lessons: [] }), COMMITTED)
      assert.deepEqual(await read(store), [])
    },
  },
  {
    title: 'says of a lesson whose tenant it is, and nothing where it is nobody’s',
    check: async store => {
      await learn(store, [lessonOf({ tenant: 'acme' }), lessonOf()])
      const [acmes, nobodys] = await read(store)
      assert.equal(acmes?.tenant, 'acme')
      assert.ok(nobodys !== undefined && !('tenant' in nobodys))
    },
  },
  {
    title: 'keeps the order of lessons in one commit, whatever their times',
    check: async store => {
      const bodies = Array.from({ length: 20 }, (_, index) => `${(index * 7) % 20}`)
      await learn(
        store,
        bodies.map((body, index) => lessonOf({ body, at: AT - index })),
      )
      assert.deepEqual(await bodiesOf(store), bodies)
    },
  },
  {
    title: 'gives the lessons after the one that was learnt last, as many as were asked for',
    check: async store => {
      await learn(store, ['a', 'b', 'c', 'd', 'e'].map(bodied))
      const all = await read(store)
      const [first = 0, , third = 0, , last = 0] = all.map(({ seq }) => seq)
      assert.deepEqual(await read(store, { after: first, limit: 2 }), all.slice(1, 3))
      assert.deepEqual(await bodiesOf(store, { after: third }), ['d', 'e'])
      assert.deepEqual(await bodiesOf(store, { after: first - 1, limit: 1 }), ['a'])
      assert.deepEqual(await bodiesOf(store, { after: -5 }), ['a', 'b', 'c', 'd', 'e'])
      assert.deepEqual(await bodiesOf(store, { after: last }), [])
      assert.deepEqual(await bodiesOf(store, { after: last + 1000 }), [])
      await learn(store, ['f'].map(bodied))
      assert.deepEqual(await bodiesOf(store, { after: last }), ['f'])
    },
  },
  {
    title: 'gives 1000 lessons unless asked otherwise, one at least and 10,000 at most',
    check: async store => {
      const lessons = Array.from({ length: 10_001 }, (_, index) => bodied(`${index}`))
      await learn(store, lessons)
      const length = async (limit?: number): Promise<number> =>
        (await read(store, limit === undefined ? {} : { limit })).length
      assert.equal(await length(), 1000)
      assert.equal(await length(3), 3)
      assert.equal(await length(2.9), 2)
      assert.equal(await length(0), 1)
      assert.equal(await length(-5), 1)
      assert.equal(await length(Number.NaN), 1000)
      assert.equal(await length(10_000), 10_000)
      assert.equal(await length(Number.POSITIVE_INFINITY), 10_000)
      const after = (await read(store, { limit: 10_000 })).at(-1)?.seq ?? 0
      assert.deepEqual(await bodiesOf(store, { after }), ['10000'])
    },
  },
  {
    title: 'stores no lesson of a commit that is in conflict or finds no room, and goes on as if it had not been asked',
    check: async store => {
      const receipt = receiptOf()
      await store.commit({ at: AT, receipt, lessons: ['a', 'b'].map(bodied) })
      const lessons = ['never'].map(bodied)
      assert.equal((await store.commit({ at: AT, receipt, lessons })).committed, false)
      assert.equal((await store.commit({ at: AT, spends: [spendOf({ max: 0 })], lessons })).committed, false)
      const decision = decisionOf()
      await store.commit({ at: AT, decision, lessons: ['c'].map(bodied) })
      await assert.rejects(async () => store.commit({ at: AT, decision, lessons }))
      await learn(store, ['d'].map(bodied))
      assert.deepEqual(await bodiesOf(store), ['a', 'b', 'c', 'd'])
    },
  },
  {
    title:
      'empties the lessons about a decision whose personal fields are erased, keeps their place, and leaves others alone',
    check: async store => {
      const about = ['erased', 'kept', 'erased', 'kept']
      const lessons = about.map((decisionId, index) => lessonOf({ decisionId, tenant: 'acme', body: `${index}` }))
      await learn(store, lessons.slice(0, 3), lessons.slice(3))
      const before = await read(store)
      await store.erase({ decisionId: 'erased', fields: ['user'] }, batchOf('erased'))
      const emptied = before.map(lesson =>
        lesson.decisionId === 'erased' ? Object.assign({}, lesson, { body: '' }) : lesson,
      )
      assert.deepEqual(await read(store), emptied)
      assert.deepEqual(await bodiesOf(store, { after: before[0]?.seq ?? 0, limit: 2 }), ['1', ''])
      await learn(store, [lessonOf({ decisionId: 'erased', body: 'afterwards' })])
      assert.deepEqual(await bodiesOf(store), ['', '1', '', '3', 'afterwards'])
    },
  },
  {
    title: 'gives all lessons of many commits at once, each once',
    check: async store => {
      const bodies = Array.from({ length: 60 }, (_, index) => `${index}`)
      await Promise.all(bodies.map(async body => learn(store, [bodied(body)])))
      assert.deepEqual((await bodiesOf(store)).toSorted(), bodies.toSorted())
    },
  },
]

async function learn(store: Store, ...commits: readonly (readonly Lesson[])[]): Promise<void> {
  for (const lessons of commits) assert.deepEqual(await store.commit({ at: AT, lessons }), COMMITTED)
}

async function read(store: Store, range: Partial<LessonRange> = {}): Promise<readonly StoredLesson[]> {
  return store.readLessons({ after: 0, ...range })
}

async function bodiesOf(store: Store, range: Partial<LessonRange> = {}): Promise<readonly string[]> {
  return (await read(store, range)).map(({ body }) => body)
}

function bodied(body: string): Lesson {
  return lessonOf({ body })
}
