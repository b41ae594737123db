import assert from 'node:assert/strict'
import type { Approval, Grant } from '../../approval.js'
import type { Receipt } from '../../receipt.js'
import type { Commit, CommitResult, Store } from '../../store/store.js'
import type { Awaitable } from '../../types.js'
import {
  approvalOf,
  AT,
  batchOf,
  COMMITTED,
  decisionOf,
  grantOf,
  receiptOf,
  sequence,
  type StoreCase,
} from './samples.js'

/** What is written by compare-and-swap. */
type Revised = Approval | Receipt | Grant

interface Kind {
  readonly name: 'approval' | 'receipt' | 'grant'
  readonly create: () => Revised
  readonly get: (store: Store, record: Revised) => Awaitable<Revised | undefined>
}

const KINDS: readonly Kind[] = [
  {
    name: 'approval',
    create: () => approvalOf(decisionOf()),
    get: (store, approval) => store.getApproval((approval as Approval).id),
  },
  {
    name: 'receipt',
    create: () => receiptOf(),
    get: (store, receipt) => store.getReceipt((receipt as Receipt).key),
  },
  { name: 'grant', create: () => grantOf(), get: (store, grant) => store.getGrant((grant as Grant).id) },
]

const WRITERS = 24

/** Compare-and-swap: of all who saw a revision, one writes the next. */
export const revisionCases: readonly StoreCase[] = KINDS.flatMap(
  kind =>
    [
      {
        title: `writes the first revision of one ${kind.name} once`,
        check: async store => {
          const record = kind.create()
          assert.deepEqual(await write(store, kind, record), COMMITTED)
          assert.deepEqual(await write(store, kind, record), conflictOf(kind))
          assert.deepEqual(await write(store, kind, { ...record, actor: 'another' }), conflictOf(kind))
          assert.deepEqual(await kind.get(store, record), record)
        },
      },
      {
        title: `writes a later revision of one ${kind.name} in the place of the one before, and of no other`,
        check: async store => {
          const record = kind.create()
          for (const revision of [2, 0, -1, 1.5, Number.NaN]) {
            assert.deepEqual(await write(store, kind, { ...record, revision }), conflictOf(kind))
            assert.equal(await kind.get(store, record), undefined)
          }
          for (const revision of [1, 2, 3, 4]) {
            assert.deepEqual(await write(store, kind, { ...record, revision }), COMMITTED)
            for (const wrong of [0, 1, revision, revision + 2])
              assert.deepEqual(
                await write(store, kind, { ...record, revision: wrong, actor: 'another' }),
                conflictOf(kind),
              )
            assert.deepEqual(await kind.get(store, record), { ...record, revision })
          }
        },
      },
      {
        title: `lets one of ${WRITERS} write the first revision of one ${kind.name}`,
        check: async store => {
          const record = kind.create()
          await race(store, kind, record)
        },
      },
      {
        title: `lets one of ${WRITERS} write the next revision of one ${kind.name}, time after time`,
        check: async store => {
          const record = kind.create()
          await write(store, kind, record)
          for (const revision of [2, 3, 4]) await race(store, kind, { ...record, revision })
        },
      },
      {
        title: `keeps the ${kind.name}s of others out of it`,
        check: async store => {
          const records = Array.from({ length: 12 }, kind.create)
          for (const record of records) await write(store, kind, record)
          const random = sequence(5)
          const revisions = records.map(() => 1)
          for (let step = 0; step < 80; step++) {
            const index = Math.floor(random() * records.length)
            const record = records[index] ?? kind.create()
            const revision = (revisions[index] ?? 0) + (random() < 0.3 ? 0 : 1)
            const { committed } = await write(store, kind, { ...record, revision })
            assert.equal(committed, revision > (revisions[index] ?? 0))
            revisions[index] = revision
          }
          for (const [index, record] of records.entries())
            assert.deepEqual(await kind.get(store, record), { ...record, revision: revisions[index] })
        },
      },
    ] satisfies StoreCase[],
)

/** Many write the same revision at once, each a record of its own; the winner's is stored, and nothing of the others. */
async function race(store: Store, kind: Kind, record: Revised): Promise<void> {
  const before = (await store.readAudit({})).length
  const decisions = Array.from({ length: WRITERS }, () => decisionOf())
  const results = await Promise.all(
    decisions.map(async decision =>
      store.commit({
        ...partOf(kind, { ...record, actor: decision.id }),
        decision,
        audit: batchOf({ body: decision.id, decisionId: decision.id }),
      }),
    ),
  )
  const winner = decisions.find((_, index) => results[index]?.committed)?.id
  assert.deepEqual(
    results.filter(({ committed }) => !committed),
    Array.from({ length: WRITERS - 1 }, () => conflictOf(kind)),
  )
  assert.deepEqual(await kind.get(store, record), { ...record, actor: winner })
  for (const { id } of decisions) assert.equal((await store.getDecision(id)) !== undefined, id === winner)
  assert.deepEqual(
    (await store.readAudit({ after: before })).map(({ body }) => body),
    [winner],
  )
}

async function write(store: Store, kind: Kind, record: Revised): Promise<CommitResult> {
  return store.commit(partOf(kind, record))
}

function partOf({ name }: Kind, record: Revised): Commit {
  return { at: AT, [name]: record }
}

function conflictOf({ name }: Kind): CommitResult {
  return { committed: false, conflict: name }
}
