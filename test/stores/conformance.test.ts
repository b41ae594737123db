import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { testStore } from 'countersign/testing'
import { afterAll, it } from 'vitest'

const directory = mkdtempSync(join(tmpdir(), 'countersign-'))
// Cases with several processes are as much work as those of a service in several.
const test = (title: string, run: () => Promise<void>): void => it(title, run, 60_000)
let files = 0
const freshPath = (): string => join(directory, `${++files}`, 'store.db')

afterAll(() => {
  rmSync(directory, { recursive: true })
})

testStore({ name: 'memory', test: it, create: () => memoryStore() })
testStore({ name: 'sqlite in memory', test: it, create: () => sqliteStore(':memory:') })
testStore({
  name: 'sqlite file, grouped',
  test,
  create: () => sqliteStore(freshPath(), { groupCommit: true }),
  durable: {
    module: 'countersign/stores/sqlite',
    factory: 'sqliteStore',
    args: () => [freshPath(), { groupCommit: true }],
  },
})

testStore({
  name: 'sqlite file',
  test,
  create: () => sqliteStore(freshPath()),
  durable: { module: 'countersign/stores/sqlite', factory: 'sqliteStore', args: () => [freshPath()] },
})
