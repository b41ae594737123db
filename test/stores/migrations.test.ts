import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'countersign/stores/sqlite'
import { describe, expect, it } from 'vitest'
import { migrate, MIGRATIONS, type Migration } from '../../adapters/stores/sqlite/migrations.js'

const upTo = (last: number): readonly Migration[] =>
  MIGRATIONS.filter(({ major, minor }) => major * 1000 + minor <= last)
const FIRST = upTo(1000)
const NEXT_MINOR: readonly Migration[] = [
  ...MIGRATIONS,
  { major: 2, minor: 4, sql: 'alter table outcomes add column weight real' },
]
const NEXT: readonly Migration[] = [
  ...NEXT_MINOR,
  { major: 3, minor: 0, sql: 'create table precedents (key text primary key) strict; drop table kill_switches' },
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
    const database = madeBy(FIRST)
    migrate(database, NEXT)
    expect(version(database)).toEqual({ user_version: 3000 })
    expect(schema(database)).toEqual(schema(madeBy(NEXT)))
  })

  it('keeps what was recorded before it went forward', async () => {
    const database = new DatabaseSync(':memory:')
    const store = sqliteStore(database)
    await store.activateKillSwitch(
      { by: 'ada', reason: 'incident', at: 1 },
      { seal: () => 'x', entries: [{ body: 'on' }] },
    )
    migrate(database, NEXT_MINOR)
    expect(await store.killSwitches()).toEqual([{ by: 'ada', reason: 'incident', at: 1 }])
    expect(await store.readAudit({})).toMatchObject([{ seq: 1, body: 'on' }])
    expect(version(database)).toEqual({ user_version: 2004 })
  })

  it('does nothing where there is nothing to do', () => {
    const database = madeBy(NEXT)
    const before = schema(database)
    migrate(database, NEXT)
    migrate(database, MIGRATIONS)
    expect(schema(database)).toEqual(before)
    expect(version(database)).toEqual({ user_version: 3000 })
  })

  it('stays as it was where a step fails halfway', () => {
    const database = madeBy(MIGRATIONS)
    const before = schema(database)
    const broken = { major: 2, minor: 4, sql: 'create table half (a text); create table decisions (a text)' }
    expect(() => {
      migrate(database, [...MIGRATIONS, broken])
    }).toThrow('already exists')
    expect(schema(database)).toEqual(before)
    expect(version(database)).toEqual({ user_version: 2003 })
  })

  it('has steps in ascending order, for they are run in the order they are listed', () => {
    const versions = MIGRATIONS.map(({ major, minor }) => major * 1000 + minor)
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
  })
})

describe('a database that was made before there was an outbox', () => {
  it('gets one, and keeps what it holds', async () => {
    const database = madeBy(upTo(2000))
    database.exec(`insert into kill_switches values ('[null,null]', '{"by":"ada","reason":"r","at":1}')`)
    const store = sqliteStore(database)
    expect(await store.killSwitches()).toEqual([{ by: 'ada', reason: 'r', at: 1 }])
    expect(version(database)).toEqual({ user_version: 2003 })
    const item = { id: 'i', destination: 'service', kind: 'decision', decisionId: 'd', body: '{}', at: 1 }
    expect(await store.commit({ at: 1, outbox: [item] })).toEqual({ committed: true })
    expect(await store.claimOutbox({ destination: 'service', at: 1, until: 2, limit: 1 })).toEqual([
      { ...item, attempts: 1 },
    ])
  })
})

describe('a database that was made before there were lessons', () => {
  it('gets room for them, and keeps what it holds', async () => {
    const database = madeBy(upTo(2001))
    database.exec(`insert into outbox values (1, 'i', 'service', 'decision', 'd', '{}', 1, 1, 0)`)
    const store = sqliteStore(database)
    expect(await store.countOutbox('service')).toBe(1)
    expect(version(database)).toEqual({ user_version: 2003 })
    const lesson = { decisionId: 'd', kind: 'case', body: '{}', at: 1 } as const
    expect(await store.commit({ at: 1, lessons: [lesson] })).toEqual({ committed: true })
    await store.saveSnapshot({ name: 'learner', seq: 1, bytes: Uint8Array.of(1) })
    expect(await store.readLessons({ after: 0 })).toEqual([{ ...lesson, seq: 1 }])
    expect(await store.loadSnapshot('learner')).toEqual({ name: 'learner', seq: 1, bytes: Uint8Array.of(1) })
  })
})

describe('a database of the first schema', () => {
  const decision = {
    id: 'd-1',
    at: 1000,
    traceId: 'trace',
    callId: 'call-1',
    tool: 'refund',
    digest: 'e'.repeat(64),
    action: 'refund',
    actor: 'AI_AGENT',
    findings: [],
    mode: 'enforced',
    result: 'requires_approval',
    reason: 'because',
    policy: { name: 'policy', version: 'v1' },
    evaluator: 'local',
  }
  const request = {
    id: 'a-1',
    status: 'pending',
    decisionId: 'd-1',
    at: 1000,
    call: { id: 'call-1', name: 'refund', input: { amount: 5e2, '\u0000': null, note: 'für "Zoë" 🧾', key: 'mine' } },
    digest: 'e'.repeat(64),
    actor: 'AI_AGENT',
    value: 500,
    user: 'ada',
    tenant: 'acme',
    sessionId: 's-1',
    reason: 'because',
    policyVersion: 'v1',
  }
  const unscoped = { ...request, id: 'a-2', decisionId: 'd-2', sessionId: undefined, tenant: undefined }

  function ofFirstSchema(): DatabaseSync {
    const database = madeBy(FIRST)
    database
      .prepare('insert into decisions (id, at, tool, actor, result, body) values (?, ?, ?, ?, ?, ?)')
      .run('d-1', 1000, 'refund', 'AI_AGENT', 'requires_approval', JSON.stringify(decision))
    database
      .prepare(`insert into executions (seq, status, at, duration_ms) values (1, 'approval_required', 1001, 0)`)
      .run()
    const insert = database.prepare(
      `insert into approvals (id, call_id, tool, digest, actor, session, tenant, policy_version, body)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    for (const approval of [request, unscoped]) {
      const { id, call, digest, actor, sessionId = null, tenant = null, policyVersion } = approval
      insert.run(id, call.id, call.name, digest, actor, sessionId, tenant, policyVersion, JSON.stringify(approval))
    }
    database.exec(`insert into kill_switches values ('[null,null]', '{"by":"ada","reason":"r","at":1}')`)
    return database
  }

  it('keeps its decisions, executions and switches', async () => {
    const store = sqliteStore(ofFirstSchema())
    const execution = { decisionId: 'd-1', status: 'approval_required', at: 1001, durationMs: 0 }
    expect(await store.getDecision('d-1')).toEqual({ ...decision, execution, outcomes: [] })
    expect(await store.killSwitches()).toEqual([{ by: 'ada', reason: 'r', at: 1 }])
  })

  it('keeps its requests, which nobody could answer, as cancelled ones', async () => {
    const store = sqliteStore(ofFirstSchema())
    const carried = {
      ...request,
      revision: 1,
      key: 'v1:a-1',
      expiresAt: 1000,
      approver: 'inbox',
      stages: [{ quorum: 1 }],
      onExpiry: 'reject',
      escalateTo: [],
      votes: [],
      status: 'cancelled',
      resolvedAt: 1000,
      by: 'countersign',
      comment: 'Opened by a version of countersign in which nobody could answer it.',
    }
    expect(await store.getApproval('a-1')).toEqual(carried)
    expect(await store.findApproval('v1:a-1', 'v1')).toEqual(carried)
    expect((await store.listApprovals({ status: 'cancelled' })).map(({ id }) => id)).toEqual(['a-2', 'a-1'])
    expect(await store.listApprovals({ status: 'pending' })).toEqual([])
    expect(await store.listApprovals({ sessionId: 's-1', tenant: 'acme', callId: 'call-1', tool: 'refund' })).toEqual([
      carried,
    ])
    expect(await store.getApproval('a-2')).not.toHaveProperty('tenant')
  })

  it('takes new records, and erases in old ones', async () => {
    const store = sqliteStore(ofFirstSchema())
    await store.erase({ decisionId: 'd-1', fields: ['user', 'input'] }, { seal: text => `${text.length}`, entries: [] })
    expect(await store.getApproval('a-1')).toMatchObject({ revision: 2, user: '[erased]', call: { input: '[erased]' } })
    expect(await store.readAudit({})).toEqual([])
  })
})

describe('a database that was made before there were documents', () => {
  it('gets room for them, and keeps what it holds', async () => {
    const database = madeBy(upTo(2002))
    database.exec("insert into lessons (decision_id, kind, at, body) values ('d', 'case', 1, 'learnt')")
    const store = sqliteStore(database)
    const document = { kind: 'rule', id: 'a', revision: 1, body: '{}', at: 1 }
    expect(await store.commit({ at: 1, documents: [document] })).toEqual({ committed: true })
    expect(await store.getDocument(document, 1)).toEqual(document)
    expect(await store.readLessons({ after: 0 })).toMatchObject([{ seq: 1, body: 'learnt' }])
    expect(version(database)).toEqual({ user_version: 2003 })
  })
})
