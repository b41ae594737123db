import type { Store } from '../store/store.js'
import type { Awaitable } from '../types.js'
import { approvalCases } from './store-cases/approvals.js'
import { auditCases } from './store-cases/audit.js'
import { commitCases } from './store-cases/commits.js'
import { copyCases } from './store-cases/copies.js'
import { documentCases } from './store-cases/documents.js'
import { documentProcessCases } from './store-cases/documents-processes.js'
import { erasureCases } from './store-cases/erasure.js'
import { grantCases } from './store-cases/grants.js'
import { killSwitchCases } from './store-cases/kill-switches.js'
import { lessonCases } from './store-cases/lessons.js'
import { lessonProcessCases } from './store-cases/lessons-processes.js'
import { listCases } from './store-cases/lists.js'
import { outboxCases } from './store-cases/outbox.js'
import { outboxProcessCases } from './store-cases/outbox-processes.js'
import { processCases } from './store-cases/processes.js'
import { receiptCases } from './store-cases/receipts.js'
import { recordCases } from './store-cases/records.js'
import { revisionCases } from './store-cases/revisions.js'
import { snapshotCases } from './store-cases/snapshots.js'
import { watchCases } from './store-cases/watch.js'
import { windowCases } from './store-cases/windows.js'

/** How other processes open a store, for the cases with several of them. */
export interface DurableStore {
  /** What they import: the URL of a file, or a package's name as the working directory resolves it. */
  readonly module: string
  /** The exported function that makes the store. */
  readonly factory: string
  /** Arguments for `factory` that lead to a new, empty place, shared by all who use them. Must survive JSON. */
  readonly args: () => Awaitable<readonly unknown[]>
}

/** Options of {@link testStore}. */
export interface TestStoreOptions {
  /** Goes before the title of every case. */
  readonly name: string
  /** A new, empty store; the suite closes it. */
  readonly create: () => Awaitable<Store>
  /** Registers a case: `it` of vitest or jest, `test` of `node:test`. */
  readonly test: (title: string, run: () => Promise<void>) => unknown
  /** Adds the cases with several processes, killed ones among them. Each may take some seconds. */
  readonly durable?: DurableStore
}

const CASES = [
  recordCases,
  copyCases,
  listCases,
  windowCases,
  commitCases,
  revisionCases,
  approvalCases,
  receiptCases,
  grantCases,
  documentCases,
  auditCases,
  lessonCases,
  snapshotCases,
  outboxCases,
  erasureCases,
  killSwitchCases,
  watchCases,
].flat()

/**
 * What every store must do, as cases for any test runner: all that governance relies on, and, for a store that outlives
 * its process, that several processes share it and that nothing it acknowledged is lost when one of them is killed.
 */
export function testStore({ name, create, test, durable }: TestStoreOptions): void {
  for (const { title, check } of CASES) {
    test(`${name}: ${title}`, async () => {
      const store = await create()
      try {
        await check(store)
      } finally {
        await store.close()
      }
    })
  }
  if (durable === undefined) return
  for (const { title, check } of [
    ...processCases,
    ...lessonProcessCases,
    ...outboxProcessCases,
    ...documentProcessCases,
  ])
    test(`${name}: ${title}`, () => check(durable))
}
