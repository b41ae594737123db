import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'countersign/stores/sqlite'
import { describe, expect, it } from 'vitest'
import { migrate, MIGRATIONS, type Migration } from '../../adapters/stores/sqlite/migrations.js'

const NEXT: readonly Migration[] = [
  ...MIGRATIONS,
  { major: 1, minor: 1, sql: 'alter table outcomes add column weight real' },
  { major: 2, minor: 0, sql: 'create table receipts (key text primary key) strict; drop table kill_switches' },
]

function madeBy(migrations: readonly Migration[]): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  migrate(database, migrations)
  return database
}

const version = (database: DatabaseSync): unknown => database.prepare('pragma user_version').get()
const schema = (database: DatabaseSync): unknown =>
  database.prepare('select type, name, sql from sqlite_schema order by type, name').all()

describe('the schema of a sqlite store', () => {
  it('goes forward step by step, and comes out as if made anew', () => {
    const database = madeBy(MIGRATIONS)
    migrate(database, NEXT)
    expect(version(database)).toEqual({ user_version: 2000 })
    expect(schema(database)).toEqual(schema(madeBy(NEXT)))
  })

  it('keeps what was recorded before it went forward', async () => {
    const database = new DatabaseSync(':memory:')
    const store = sqliteStore(database)
    await store.recordOutcome({ id: 'o', decisionId: 'd', status: 'SUCCESS', at: 1 })
    migrate(database, NEXT)
    expect(database.prepare('select decision_id, weight from outcomes').all()).toEqual([
      { decision_id: 'd', weight: null },
    ])
  })

  it('does nothing where there is nothing to do', () => {
    const database = madeBy(NEXT)
    const before = schema(database)
    migrate(database, NEXT)
    migrate(database, MIGRATIONS)
    expect(schema(database)).toEqual(before)
    expect(version(database)).toEqual({ user_version: 2000 })
  })

  it('stays as it was where a step fails halfway', () => {
    const database = madeBy(MIGRATIONS)
    const before = schema(database)
    const broken = { major: 1, minor: 1, sql: 'create table half (a text); create table decisions (a text)' }
    expect(() => {
      migrate(database, [...MIGRATIONS, broken])
    }).toThrow('already exists')
    expect(schema(database)).toEqual(before)
    expect(version(database)).toEqual({ user_version: 1000 })
  })

  it('has steps in ascending order, for they are run in the order they are listed', () => {
    const versions = MIGRATIONS.map(({ major, minor }) => major * 1000 + minor)
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
  })
})
