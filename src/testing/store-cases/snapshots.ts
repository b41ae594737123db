import assert from 'node:assert/strict'
import type { Snapshot, Store } from '../../store/store.js'
import { AT, lessonOf, type StoreCase } from './samples.js'

const MIB = 2 ** 20

/** Snapshots: a learner finds again what it had learnt. */
export const snapshotCases: readonly StoreCase[] = [
  {
    title: 'has no snapshot of a name that none was saved under',
    check: async store => {
      await save(store, 'learner', 1, Uint8Array.of(1))
      assert.equal(await store.loadSnapshot('nobody'), undefined)
      assert.equal(await store.loadSnapshot('Learner'), undefined)
      assert.equal(await store.loadSnapshot('__proto__'), undefined)
    },
  },
  {
    title: 'gives back snapshots to the byte, whatever their size',
    check: async store => {
      const every = Uint8Array.from({ length: 256 }, (_, index) => index)
      // No part of it is like another.
      const large = new Uint8Array(Uint32Array.from({ length: MIB / 4 }, (_, index) => index * 2_654_435_761).buffer)
      for (const bytes of [every, new Uint8Array(0), new Uint8Array(3), large])
        await isKept(store, { name: `of ${bytes.length}`, seq: 7, bytes })
    },
  },
  {
    title: 'gives back snapshots of bytes that are part of others, or those of a Node buffer',
    check: async store => {
      await isKept(store, { name: 'für "Zoë"', seq: 0, bytes: Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4) })
      const bytes = Buffer.from('1234')
      await isKept(store, { name: '', seq: Number.MAX_SAFE_INTEGER, bytes })
      bytes.fill(0)
      assert.deepEqual(bytesOf(await store.loadSnapshot('')), [49, 50, 51, 52])
    },
  },
  {
    title: 'keeps a snapshot in the place of one that had learnt less or as much, and not of one that had learnt more',
    check: async store => {
      await save(store, 'learner', 5, Uint8Array.of(1, 2, 3))
      await save(store, 'another', 9, Uint8Array.of(9))
      await save(store, 'learner', 4, Uint8Array.of(4))
      await isThere(store, { name: 'learner', seq: 5, bytes: Uint8Array.of(1, 2, 3) })
      await isKept(store, { name: 'learner', seq: 5, bytes: Uint8Array.of(5) })
      await isKept(store, { name: 'learner', seq: 10, bytes: Uint8Array.of(1, 0) })
      await save(store, 'learner', 9, Uint8Array.of(9))
      await isThere(store, { name: 'learner', seq: 10, bytes: Uint8Array.of(1, 0) })
      await isThere(store, { name: 'another', seq: 9, bytes: Uint8Array.of(9) })
    },
  },
  {
    title: 'keeps the snapshot that had learnt most of many that are saved at once',
    check: async store => {
      const seqs = Array.from({ length: 20 }, (_, index) => (index * 7) % 20)
      await Promise.all(seqs.map(async seq => save(store, 'learner', seq, Uint8Array.of(seq))))
      await isThere(store, { name: 'learner', seq: 19, bytes: Uint8Array.of(19) })
    },
  },
  {
    title: 'saves snapshots beside the lessons, and changes none of these',
    check: async store => {
      await store.commit({ at: AT, lessons: [lessonOf(), lessonOf()] })
      const before = await store.readLessons({ after: 0 })
      await save(store, 'learner', before.at(-1)?.seq ?? 0, Uint8Array.of(1))
      assert.deepEqual(await store.readLessons({ after: 0 }), before)
    },
  },
]

async function save(store: Store, name: string, seq: number, bytes: Uint8Array): Promise<void> {
  await store.saveSnapshot({ name, seq, bytes })
}

async function isKept(store: Store, snapshot: Snapshot): Promise<void> {
  await store.saveSnapshot(snapshot)
  await isThere(store, snapshot)
}

/** Compared as buffers: a deep comparison of a million bytes takes long, and some stores give Node buffers. */
async function isThere(store: Store, { name, seq, bytes }: Snapshot): Promise<void> {
  const found = await store.loadSnapshot(name)
  assert.ok(found !== undefined)
  assert.deepEqual([found.name, found.seq, found.bytes.length], [name, seq, bytes.length])
  assert.ok(found.bytes instanceof Uint8Array)
  assert.equal(Buffer.compare(found.bytes, bytes), 0)
}

function bytesOf(snapshot: Snapshot | undefined): readonly number[] {
  return [...(snapshot?.bytes ?? [])]
}
