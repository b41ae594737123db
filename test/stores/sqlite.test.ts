import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import {
  type AuditBatch,
  type Decision,
  type ErrorCode,
  GENESIS,
  GovernanceError,
  type Lesson,
  type OutboxClaim,
  type OutboxItem,
  type Receipt,
  sealedText,
  type Store,
  type WindowSpend,
} from 'countersign'
import { type SqliteLike, sqliteStore, type SqliteStoreOptions } from 'countersign/stores/sqlite'
import { afterAll, afterEach, describe, expect, it } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'countersign-'))
let places = 0
const freshPath = (): string => join(root, `${++places}`, 'store.db')
const opened: { close: () => unknown }[] = []

afterEach(async () => {
  for (const item of opened.splice(0)) await item.close()
})
afterAll(() => {
  rmSync(root, { recursive: true })
})

function open(target: string | SqliteLike, options?: SqliteStoreOptions): Store {
  const store = sqliteStore(target, options)
  opened.push(store)
  return store
}

/** Another connection to a file that exists. */
function connect(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path)
  opened.push({ close: () => database.isOpen && database.close() })
  return database
}

let ids = 0
function decision(fields: Partial<Decision> = {}): Decision {
  return {
    id: `decision-${++ids}`,
    at: 1000,
    traceId: 'trace',
    callId: 'call',
    tool: 'refund',
    digest: 'd'.repeat(64),
    action: 'refund',
    actor: 'AI_AGENT',
    findings: [],
    mode: 'enforced',
    result: 'allowed',
    reason: 'because',
    policy: { name: 'policy', version: 'v1' },
    evaluator: 'local',
    ...fields,
  }
}

function spend(fields: Partial<WindowSpend> = {}): WindowSpend {
  return { key: 'cap', windowMs: 1000, amount: 1, max: 10, ...fields }
}

function receipt(fields: Partial<Receipt> = {}): Receipt {
  return {
    key: `key-${++ids}`,
    revision: 1,
    fence: 1,
    decisionId: 'decision',
    callId: 'call',
    tool: 'refund',
    digest: 'd'.repeat(64),
    actor: 'AI_AGENT',
    at: 1000,
    status: 'started',
    startedAt: 1000,
    leaseUntil: 2000,
    ...fields,
  } as Receipt
}

function item(fields: Partial<OutboxItem> = {}): OutboxItem {
  return {
    id: `item-${++ids}`,
    destination: 'service',
    kind: 'decision',
    decisionId: 'decision',
    body: '{}',
    at: 1000,
    ...fields,
  }
}

function lesson(fields: Partial<Lesson> = {}): Lesson {
  return { decisionId: 'decision', kind: 'case', body: '{}', at: 1000, ...fields }
}

const claimOf = (fields: Partial<OutboxClaim> = {}): OutboxClaim => ({
  destination: 'service',
  at: 1000,
  until: 2000,
  limit: 10,
  ...fields,
})

const seal = (text: string): string => hash('sha256', text)
const said = (...bodies: readonly string[]): AuditBatch => ({ seal, entries: bodies.map(body => ({ body })) })

/** Bodies of the audit log, once it has proved to be one chain. */
async function bodiesOf(store: Store): Promise<string[]> {
  const entries = await store.readAudit({})
  for (const [index, { seq, previous, body, hash }] of entries.entries()) {
    expect(seq).toBe(index + 1)
    expect(previous).toBe(entries[index - 1]?.hash ?? GENESIS)
    expect(hash).toBe(seal(sealedText(previous, seq, body)))
  }
  return entries.map(({ body }) => body)
}

const withOptions = (options: object) => () => sqliteStore(':memory:', options)

async function refusal(action: () => unknown): Promise<GovernanceError> {
  try {
    await action()
  } catch (error) {
    expect(error).toBeInstanceOf(GovernanceError)
    return error as GovernanceError
  }
  throw new Error('it was not refused')
}

async function expectRefusal(code: ErrorCode, action: () => unknown, ...words: readonly string[]): Promise<void> {
  const error = await refusal(action)
  expect(error.code).toBe(code)
  for (const word of words) expect(error.message).toContain(word)
}

const count = (database: DatabaseSync, table: string): unknown =>
  database.prepare(`select count(*) as count from ${table}`).get()?.['count']

const version = (path: string): unknown => connect(path).prepare('pragma user_version').get()

describe('the file of a sqlite store', () => {
  it('is made at first use, with its directory, and not before', async () => {
    const path = join(root, 'a', 'b', 'store.db')
    const store = open(path)
    expect(existsSync(dirname(path))).toBe(false)
    await store.killSwitches()
    expect(existsSync(path)).toBe(true)
    expect(existsSync(join(dirname(path), '.gitignore'))).toBe(false)
  })

  it('is kept out of version control where its directory is .countersign and was made for it', async () => {
    const mine = join(root, 'project', '.countersign')
    await open(join(mine, 'countersign.db')).killSwitches()
    expect(readFileSync(join(mine, '.gitignore'), 'utf8')).toBe('*\n')

    const yours = join(root, 'other-project', '.countersign')
    mkdirSync(yours, { recursive: true })
    await open(join(yours, 'countersign.db')).killSwitches()
    expect(existsSync(join(yours, '.gitignore'))).toBe(false)
  })

  it('makes files that are for its user alone, and leaves the mode of one that is there', async () => {
    const modes = (directory: string): readonly number[] =>
      readdirSync(directory).map(name => statSync(join(directory, name)).mode & 0o777)
    const [made, found] = [mkdtempSync(join(root, 'made-')), mkdtempSync(join(root, 'found-'))]
    await open(join(made, 'mine.db')).killSwitches()
    expect(modes(made)).toEqual([0o600, 0o600, 0o600])
    writeFileSync(join(found, 'shared.db'), '', { mode: 0o640 })
    await open(join(found, 'shared.db')).killSwitches()
    expect(modes(found)).toEqual([0o640, 0o640, 0o640])
  })

  it('is in WAL mode and carries the version of its schema', async () => {
    const path = freshPath()
    await open(path).killSwitches()
    expect(connect(path).prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
    expect(version(path)).toEqual({ user_version: 2003 })
  })

  it('keeps its records from one opening to the next', async () => {
    const path = freshPath()
    const first = open(path)
    const { id } = decision()
    await first.commit({ at: 1000, decision: decision({ id }), spends: [spend({ amount: 4 })] })
    await first.close()
    const second = open(path)
    expect((await second.getDecision(id))?.id).toBe(id)
    expect(await second.readWindows([spend()], 1500)).toEqual([4])
  })

  it('is refused when it is not a database, and left as it was', async () => {
    const path = freshPath()
    mkdirSync(dirname(path))
    writeFileSync(path, 'dear diary, '.repeat(100))
    await expectRefusal('unsupported-schema', () => open(path).killSwitches(), path, 'not a SQLite database')
    expect(readFileSync(path, 'utf8')).toBe('dear diary, '.repeat(100))
  })

  it.each([
    ['tables', 'create table recipes (name text)'],
    ['an application id', 'pragma application_id = 7'],
  ])('is refused when it has %s of another program, and left as it was', async (_, sql) => {
    const path = freshPath()
    const database = connect(path)
    database.exec(sql)
    database.close()
    const before = readFileSync(path)
    await expectRefusal('unsupported-schema', () => open(path).killSwitches(), path, 'another program')
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('is refused when its schema has a newer major version: both versions are named, and what to do', async () => {
    const path = freshPath()
    await open(path).killSwitches()
    connect(path).exec('pragma user_version = 3003')
    await expectRefusal('unsupported-schema', () => open(path).killSwitches(), '3.3', '2.x', 'Update countersign')
    expect(version(path)).toEqual({ user_version: 3003 })
  })

  it('is accepted when its schema has a newer minor version, which it keeps', async () => {
    const path = freshPath()
    await open(path).killSwitches()
    connect(path).exec('pragma user_version = 2007; alter table decisions add column later text')
    expect(await open(path).commit({ at: 1000, decision: decision() })).toEqual({ committed: true })
    expect(version(path)).toEqual({ user_version: 2007 })
  })

  it('that cannot be opened is an error that says why, and is tried again by the next call', async () => {
    const path = freshPath()
    mkdirSync(path, { recursive: true })
    const store = open(path)
    await expectRefusal('store-failed', () => store.killSwitches(), 'unable to open')
    rmSync(path, { recursive: true })
    expect(await store.killSwitches()).toEqual([])
  })
})

describe('a sqlite store', () => {
  it('answers with plain values where nobody else is writing', () => {
    const store = open(freshPath())
    const { id } = decision()
    expect(store.killSwitches()).toEqual([])
    const execution = { decisionId: id, status: 'executed', at: 1, durationMs: 1 } as const
    const started = receipt({ decisionId: id })
    expect(store.getReceipt(started.key)).toBe(undefined)
    expect(
      store.commit({
        at: 1000,
        decision: decision({ id }),
        spends: [spend()],
        receipt: started,
        audit: said('a', 'b'),
      }),
    ).toEqual({ committed: true })
    expect(store.commit({ at: 1000, execution, receipt: { ...started, revision: 2 }, audit: said('c') })).toEqual({
      committed: true,
    })
    expect(store.getReceipt(started.key)).toMatchObject({ revision: 2 })
    expect(store.readAudit({})).toHaveLength(3)
    expect(store.readWindows([spend()], 1000)).toEqual([1])
    expect(store.getDecision(id)).toMatchObject({ id, execution: { status: 'executed' } })
  })

  it('refuses what it does not know', async () => {
    await expectRefusal('invalid-option', () => sqliteStore(''), 'path')
    await expectRefusal('invalid-option', () => sqliteStore({} as SqliteLike), 'handle')
    await expectRefusal('invalid-option', withOptions({ durabilty: 'full' }), '`durabilty`', 'durability')
    await expectRefusal('invalid-option', withOptions({ durability: 'none' }), 'durability', '"none"')
    await expectRefusal('invalid-option', withOptions({ busyTimeoutMs: -1 }), 'busyTimeoutMs')
  })

  it('refuses every call once it is closed', async () => {
    const store = open(freshPath())
    await store.killSwitches()
    await store.close()
    await store.close()
    const calls = [
      () => store.killSwitches(),
      () => store.commit({ at: 1000, decision: decision() }),
      () => store.getDecision('x'),
      () => store.readWindows([], 0),
    ]
    for (const call of calls) await expectRefusal('closed', call)
  })

  it('makes no file when it is closed before its first use', async () => {
    const path = freshPath()
    const store = open(path)
    await store.close()
    await expectRefusal('closed', () => store.killSwitches())
    expect(existsSync(path)).toBe(false)
  })

  it.each([
    ['process', 1],
    ['full', 2],
  ] as const)('flushes as durability `%s` asks', async (durability, synchronous) => {
    const database = connect(freshPath())
    await open(database, { durability }).killSwitches()
    expect(database.prepare('pragma synchronous').get()).toEqual({ synchronous })
  })
})

describe('windows in a sqlite store', () => {
  it('do not pile up what has left them, though they are only read', async () => {
    const database = connect(freshPath())
    const store = open(database)
    for (let at = 0; at < 400; at++) await store.commit({ at, spends: [spend({ max: 1e9 })] })
    expect(count(database, 'window_entries')).toBe(400)
    expect(await store.readWindows([spend()], 1399)).toEqual([0])
    expect(await store.readWindows([spend()], 1399)).toEqual([0])
    expect(count(database, 'window_entries')).toBe(0)
  })

  it('go when nobody asks for them again', async () => {
    const database = connect(freshPath())
    const store = open(database)
    for (let at = 0; at < 3000; at++)
      await store.commit({ at, spends: [spend({ key: `session-${at}`, windowMs: 100 })] })
    expect(count(database, 'windows')).toBeLessThan(400)
    expect(count(database, 'window_entries')).toBeLessThan(400)
  })
})

describe('the audit log of a sqlite store', () => {
  it('is one chain, though two connections append by turns', async () => {
    const path = freshPath()
    const stores = [open(path), open(path)]
    const expected: string[] = []
    for (const [turn, index] of [0, 0, 1, 1, 1, 0, 1, 0, 0].entries()) {
      await stores[index]?.commit({ at: 1, audit: said(`${turn} a`, `${turn} b`) })
      expected.push(`${turn} a`, `${turn} b`)
    }
    for (const store of stores) expect(await bodiesOf(store)).toEqual(expected)
  })

  it('has its end looked up once, and again where a commit was taken back or another connection wrote', async () => {
    const path = freshPath()
    let lookups = 0
    const store = open(
      wrapped(connect(path), (sql, action) => {
        if (sql.startsWith('select seq, hash from audit')) lookups++
        return action()
      }),
    )
    const lookupsOf = async (action: () => unknown): Promise<number> => {
      const before = lookups
      await action()
      return lookups - before
    }
    const taken = receipt()
    const claim = (): unknown => store.commit({ at: 1, receipt: taken, audit: said('claimed') })
    const append = (): unknown => store.commit({ at: 1, audit: said('a', 'b') })
    expect(await lookupsOf(claim)).toBe(1)
    expect(await lookupsOf(append)).toBe(0)
    expect(await lookupsOf(claim)).toBe(0)
    expect(await lookupsOf(append)).toBe(1)
    await open(path).commit({ at: 1, audit: said('another') })
    expect(await lookupsOf(append)).toBe(1)
    expect(await lookupsOf(append)).toBe(0)
    expect((await bodiesOf(store)).join(' ')).toBe('claimed a b a b another a b a b')
  })

  it('shows that its end was cut off behind the back of a process', async () => {
    const path = freshPath()
    const store = open(path)
    await store.commit({ at: 1, audit: said('a', 'b', 'c') })
    connect(path).exec('delete from audit where seq > 1')
    await store.commit({ at: 1, audit: said('d') })
    expect((await store.readAudit({})).map(({ seq }) => seq)).toEqual([1, 4])
  })

  it('refuses a seal that answers later, and then nothing is stored', async () => {
    const store = open(freshPath())
    const late = { seal: async (text: string) => text, entries: [{ body: 'a' }] }
    const refused = decision()
    await expectRefusal('store-failed', () => store.commit({ at: 1, decision: refused, audit: late }), 'at once')
    expect(await store.getDecision(refused.id)).toBe(undefined)
    expect(await store.readAudit({})).toEqual([])
  })
})

describe('the outbox of a sqlite store', () => {
  it('costs a commit that puts nothing into it nothing', async () => {
    const ran: string[] = []
    const handle = wrapped(connect(freshPath()), (sql, action) => {
      ran.push(sql)
      return action()
    })
    const store = open(handle)
    await store.killSwitches()
    ran.length = 0
    await store.commit({ at: 1000, decision: decision(), audit: said('a') })
    await store.commit({ at: 1000, decision: decision(), audit: said('b'), outbox: [] })
    expect(ran.length).toBeGreaterThan(6)
    expect(ran.filter(sql => sql.includes('outbox'))).toEqual([])
  })

  it('is asked without the write lock where nothing is due, and told nothing without it', async () => {
    const path = freshPath()
    const store = open(path)
    await store.commit({ at: 1000, outbox: [item({ at: 1001 }), item({ destination: 'another' })] })
    connect(path).exec('begin immediate')
    expect(store.claimOutbox(claimOf())).toEqual([])
    expect(store.claimOutbox(claimOf({ at: 5000, limit: 0 }))).toEqual([])
    expect(store.claimOutbox(claimOf({ at: 5000, limit: Number.NaN }))).toEqual([])
    expect(store.countOutbox('service')).toBe(1)
    expect(store.settleOutbox({ done: [], later: [] })).toBe(undefined)
  })

  it('answers with plain values where nobody else is writing', () => {
    const store = open(freshPath())
    const kept = item()
    expect(store.commit({ at: 1000, outbox: [kept] })).toEqual({ committed: true })
    expect(store.claimOutbox(claimOf())).toEqual([{ ...kept, attempts: 1 }])
    expect(store.settleOutbox({ done: [kept.id] })).toBe(undefined)
    expect(store.countOutbox('service')).toBe(0)
  })

  it('is claimed and settled in turn where another process writes, as it was asked at first', async () => {
    const path = freshPath()
    const store = open(path)
    const [first, second, third] = [item(), item(), item()]
    await store.commit({ at: 1000, outbox: [first, second] })
    const blocker = connect(path)
    blocker.exec('begin immediate')
    const wanted = { ...claimOf({ limit: 1 }) }
    const passed = { ...third }
    const settlement = { done: [first.id], later: [{ id: second.id, due: 1500 }] }
    const asked = [
      store.claimOutbox(wanted),
      store.claimOutbox(claimOf()),
      store.commit({ at: 1000, outbox: [passed] }),
      store.settleOutbox(settlement),
    ]
    Object.assign(wanted, { destination: 'another' })
    Object.assign(passed, { destination: 'another' })
    Object.assign(settlement.later[0] ?? {}, { due: 9000 })
    settlement.done.length = 0
    for (const answer of asked) expect(answer).toBeInstanceOf(Promise)
    blocker.exec('commit')
    const [one, two] = await Promise.all(asked.map(async answer => answer))
    expect([one, two]).toEqual([[{ ...first, attempts: 1 }], [{ ...second, attempts: 1 }]])
    expect(store.claimOutbox(claimOf({ at: 1500 }))).toEqual([
      { ...second, attempts: 2 },
      { ...third, attempts: 1 },
    ])
  })

  it('is looked into as soon as it can be', async () => {
    let busy = 2
    const store = open(failing(connect(freshPath()), /select 1 from outbox/, () => busy-- > 0))
    const kept = item()
    await store.commit({ at: 1000, outbox: [kept] })
    const claimed = store.claimOutbox(claimOf())
    expect(claimed).toBeInstanceOf(Promise)
    expect(await claimed).toEqual([{ ...kept, attempts: 1 }])
  })

  it('has nothing to give to whoever saw an item that another connection took meanwhile', async () => {
    const path = freshPath()
    const other = open(path)
    await other.commit({ at: 1000, outbox: [item()] })
    let taken = 0
    const store = open(
      wrapped(connect(path), (sql, action) => {
        if (sql === 'begin immediate') taken += (other.claimOutbox(claimOf()) as readonly unknown[]).length
        return action()
      }),
    )
    expect(await store.claimOutbox(claimOf())).toEqual([])
    expect(taken).toBe(1)
  })
})

describe('the lessons of a sqlite store', () => {
  it('cost a commit that brings none nothing', async () => {
    const ran: string[] = []
    const handle = wrapped(connect(freshPath()), (sql, action) => {
      ran.push(sql)
      return action()
    })
    const store = open(handle)
    await store.killSwitches()
    ran.length = 0
    await store.commit({ at: 1000, decision: decision(), audit: said('a') })
    await store.commit({ at: 1000, decision: decision(), audit: said('b'), lessons: [] })
    expect(ran.length).toBeGreaterThan(6)
    expect(ran.filter(sql => sql.includes('lessons'))).toEqual([])
  })

  it('are the same from a handle that can give rows as arrays and from one that cannot', async () => {
    const path = freshPath()
    const lessons = [lesson({ tenant: 'acme' }), lesson({ kind: 'label', body: '' })]
    const stores = [open(connect(path)), open(wrapped(connect(path), (_, action) => action()))]
    await stores[0]?.commit({ at: 1000, lessons })
    const expected = lessons.map((item, index) => Object.assign({ seq: index + 1 }, item))
    for (const store of stores) expect(await store.readLessons({ after: 0 })).toEqual(expected)
  })

  it('are read while another process writes', async () => {
    const path = freshPath()
    const store = open(path)
    await store.commit({ at: 1000, lessons: [lesson()] })
    await store.saveSnapshot({ name: 'learner', seq: 1, bytes: Uint8Array.of(1) })
    connect(path).exec('begin immediate')
    expect(store.readLessons({ after: 0 })).toEqual([{ ...lesson(), seq: 1 }])
    expect(store.loadSnapshot('learner')).toMatchObject({ seq: 1 })
  })

  it('are written in turn, as they were brought at first, and so is a snapshot', async () => {
    const path = freshPath()
    const store = open(path)
    await store.killSwitches()
    const blocker = connect(path)
    blocker.exec('begin immediate')
    const passed = [{ ...lesson({ body: 'a' }) }, { ...lesson({ body: 'b' }) }]
    const bytes = Buffer.from([1, 2, 3])
    const asked = [store.commit({ at: 1000, lessons: passed }), store.saveSnapshot({ name: 'learner', seq: 2, bytes })]
    Object.assign(passed[0] ?? {}, { body: 'overwritten' })
    passed.length = 1
    bytes.fill(0)
    for (const answer of asked) expect(answer).toBeInstanceOf(Promise)
    blocker.exec('commit')
    await Promise.all(asked.map(async answer => answer))
    expect(store.readLessons({ after: 0 })).toMatchObject([{ body: 'a' }, { body: 'b' }])
    expect(store.loadSnapshot('learner')).toEqual({ name: 'learner', seq: 2, bytes: Uint8Array.of(1, 2, 3) })
  })

  it('are looked for, to be emptied, before the write lock is taken, and again for what came since', async () => {
    const path = freshPath()
    const other = open(path)
    await other.commit({ at: 1000, lessons: [lesson({ body: 'a' }), lesson({ body: 'b', decisionId: 'another' })] })
    const ran: string[] = []
    const store = open(
      wrapped(connect(path), (sql, action) => {
        if (sql === 'begin immediate') void other.commit({ at: 1000, lessons: [lesson({ body: 'c' })] })
        if (sql === 'begin immediate' || sql.includes('from lessons')) ran.push(sql.slice(0, 10))
        return action()
      }),
    )
    await store.erase({ decisionId: 'decision', fields: ['user'] }, said('erased'))
    expect(ran).toEqual(['select coa', 'select seq', 'begin imme', 'select seq'])
    expect((await store.readLessons({ after: 0 })).map(({ body }) => body)).toEqual(['', 'b', ''])
  })

  it('are looked for as soon as they can be', async () => {
    let busy = 0
    const store = open(failing(connect(freshPath()), /max\(seq\)/, () => busy-- > 0))
    await store.commit({ at: 1000, lessons: [lesson()] })
    busy = 2
    const erased = store.erase({ decisionId: 'decision', fields: ['user'] }, said('erased'))
    expect(erased).toBeInstanceOf(Promise)
    await erased
    expect(await store.readLessons({ after: 0 })).toMatchObject([{ seq: 1, body: '' }])
  })

  it('may be followed by a snapshot of 64 MiB', async () => {
    const store = open(freshPath())
    const bytes = new Uint8Array(new Uint32Array(2 ** 24).map((_, index) => index * 2_654_435_761).buffer)
    await store.saveSnapshot({ name: 'learner', seq: 1, bytes })
    const found = await store.loadSnapshot('learner')
    expect(Buffer.compare(found?.bytes ?? new Uint8Array(), bytes)).toBe(0)
  })
})

describe('what is erased from a sqlite store', () => {
  const secret = 'Zebedee Quux'

  it('is in none of its files any more', async () => {
    const path = freshPath()
    const store = open(path)
    const personal = JSON.stringify({ user: ['salt', secret] })
    for (let n = 0; n < 40; n++) {
      const { id } = decision()
      const audit = { seal, entries: [{ body: 'a fact', decisionId: id, personal }] }
      const started = receipt({ decisionId: id, user: secret })
      const outbox = [item({ decisionId: id, body: JSON.stringify({ user: secret }) })]
      const lessons = [lesson({ decisionId: id, body: JSON.stringify({ user: secret, note: 'x'.repeat(800) }) })]
      await store.commit({ at: 1, decision: decision({ id, user: secret }), receipt: started, lessons, outbox, audit })
      await store.commit({ at: 1, receipt: { ...started, revision: 2, leaseUntil: 9_000_000 } as Receipt })
    }
    expect(filesOf(path).some(file => file.includes(secret))).toBe(true)
    const decisions = await store.listDecisions({})
    for (const { id } of decisions) await store.erase({ decisionId: id, fields: ['user'] }, said('erased'))
    expect(filesOf(path).filter(file => file.includes(secret))).toEqual([])
  })

  it('is erased at once though another connection reads', async () => {
    const path = freshPath()
    const store = open(path)
    const kept = decision({ user: secret })
    await store.commit({ at: 1, decision: kept })
    const reader = connect(path)
    reader.exec('begin; select * from decisions')
    expect(store.erase({ decisionId: kept.id, fields: ['user'] }, said('erased'))).toBe(undefined)
    expect(await store.getDecision(kept.id)).toMatchObject({ user: '[erased]' })
  })
})

describe('what a sqlite store is asked often', () => {
  it('is found by an index', async () => {
    const database = connect(freshPath())
    const asked = new Set<string>()
    const store = open(
      wrapped(database, (sql, action) => {
        asked.add(sql)
        return action()
      }),
    )
    await store.killSwitches()
    asked.clear()
    await store.getReceipt('k')
    await store.listReceipts({ status: 'unknown', tenant: 't' })
    await store.listReceipts({ sessionId: 's', status: 'succeeded' })
    await store.getApproval('a')
    await store.findApproval('k')
    await store.findApproval('k', 'v')
    await store.listApprovals({ status: 'pending', tool: 't' })
    await store.listApprovals({ callId: 'c', status: 'pending' })
    await store.listApprovals({ sessionId: 's', status: 'pending' })
    await store.listGrants({ tool: 't', actor: 'a', liveAt: 1 })
    await store.readAudit({ decisionId: 'd', after: 3 })
    await store.readAudit({ after: 3 })
    await store.readLessons({ after: 3 })
    await store.loadSnapshot('learner')
    await store.commit({ at: 1000, outbox: [item({ id: 'told' })] })
    await store.claimOutbox(claimOf())
    await store.countOutbox('service')
    await store.settleOutbox({ done: ['told'], later: [{ id: 'told', due: 1 }] })
    const queries = [...asked].filter(sql => /^(select|update|delete)/.test(sql))
    expect(queries.length).toBeGreaterThan(18)
    const scans = queries.filter(sql => {
      const steps = database.prepare(`explain query plan ${sql}`).all()
      // The index of unknown effects holds nothing else: to read all of it is to read what was asked for.
      return steps.some(({ detail }) => /^SCAN(?!.*receipts_unknown)/.test(String(detail)))
    })
    expect(scans).toEqual([])
  })

  it('looks for the outcomes of decisions in an index', async () => {
    const database = connect(freshPath())
    const asked = new Set<string>()
    const store = open(
      wrapped(database, (sql, action) => {
        asked.add(sql)
        return action()
      }),
    )
    await store.listDecisions({ sessionId: 's', status: 'executed', hasOutcome: false })
    const query = [...asked].find(sql => sql.includes('exists'))
    const steps = database.prepare(`explain query plan ${query}`).all()
    expect(steps.filter(({ detail }) => String(detail).startsWith('SCAN'))).toEqual([])
    expect(steps.filter(({ detail }) => /^SEARCH outcomes USING .*INDEX/.test(String(detail)))).toHaveLength(2)
  })
})

describe('a handle that is passed in', () => {
  it('is used, and stays open when the store is closed', async () => {
    const database = connect(freshPath())
    const store = open(database)
    await store.commit({ at: 1000, decision: decision() })
    await store.close()
    expect(count(database, 'decisions')).toBe(1)
    expect(database.prepare('pragma busy_timeout').get()).toEqual({ timeout: 0 })
  })

  it('may report errors as better-sqlite3 does', async () => {
    const path = freshPath()
    const store = open(likeBetterSqlite(connect(path)))
    await store.commit({ at: 1000, decision: decision({ id: 'twice' }) })
    await expectRefusal('store-failed', () => store.commit({ at: 1000, decision: decision({ id: 'twice' }) }))
    const blocker = connect(path)
    blocker.exec('begin immediate')
    const waiting = store.commit({ at: 1000, decision: decision({ id: 'waits' }) })
    expect(waiting).toBeInstanceOf(Promise)
    blocker.exec('commit')
    expect(await waiting).toEqual({ committed: true })
  })
})

describe('a busy database', () => {
  it('is waited for without blocking the event loop', async () => {
    const path = freshPath()
    let attempts = 0
    const handle = wrapped(connect(path), (sql, action) => {
      if (sql === 'begin immediate') attempts++
      return action()
    })
    const store = open(handle)
    await store.killSwitches()
    const blocker = connect(path)
    blocker.exec('begin immediate')
    attempts = 0
    let settled = false
    const pending = store.commit({ at: 1000, decision: decision() })
    expect(pending).toBeInstanceOf(Promise)
    const done = Promise.resolve(pending).finally(() => (settled = true))
    let turns = 0
    const tried = (): number => attempts
    for (; tried() < 3; turns++) await new Promise(setImmediate)
    expect(turns).toBeGreaterThan(3)
    expect(settled).toBe(false)
    blocker.exec('commit')
    expect(await done).toEqual({ committed: true })
  })

  it('is left alone by readers, who read on', () => {
    const path = freshPath()
    const store = open(path)
    expect(store.killSwitches()).toEqual([])
    connect(path).exec('begin immediate')
    expect(store.killSwitches()).toEqual([])
    expect(store.listDecisions({})).toEqual([])
  })

  it('gets the writes that came meanwhile as one transaction, in order, each with its own result', async () => {
    const path = freshPath()
    const ran: string[] = []
    const handle = wrapped(connect(path), (sql, action) => {
      ran.push(sql)
      return action()
    })
    const store = open(handle)
    const known = receipt()
    const first = { at: 1000, decision: decision({ id: 'known' }), spends: [spend({ amount: 9 })] }
    await store.commit({ ...first, receipt: known, audit: said('before') })
    const blocker = connect(path)
    blocker.exec('begin immediate')
    ran.length = 0
    const passed = { ...decision({ id: 'first' }), reason: 'as it was' }
    const execution = { decisionId: 'first', status: 'executed', at: 1, durationMs: 1 } as const
    const spends = [spend({ key: 'other', amount: 5 })]
    const never = { at: 1000, audit: said('never', 'never') }
    const results = [
      store.commit({ at: 1000, decision: passed, audit: said('first') }),
      store.commit({ at: 1000, execution }),
      store.commit({ ...never, decision: decision({ id: 'known' }), spends }),
      store.commit({ ...never, decision: decision({ id: 'too-much' }), spends: [...spends, spend({ amount: 2 })] }),
      store.commit({ ...never, decision: decision({ id: 'late' }), spends, receipt: known }),
      store.commit({
        at: 1000,
        decision: decision({ id: 'fits' }),
        spends: [spend({ amount: 1 })],
        audit: said('fits'),
      }),
      store.deactivateKillSwitch({}, said('never')),
    ]
    passed.reason = 'changed while it waited'
    const settled = Promise.allSettled(results.map(async result => result))
    blocker.exec('commit')
    expect((await settled).map(result => (result.status === 'fulfilled' ? result.value : 'rejected'))).toEqual([
      { committed: true },
      { committed: true },
      'rejected',
      { committed: false, exceeded: 'cap' },
      { committed: false, conflict: 'receipt' },
      { committed: true },
      false,
    ])
    expect(ran.filter(sql => sql === 'commit')).toEqual(['commit'])
    expect(await store.getDecision('first')).toMatchObject({ reason: 'as it was', execution: { status: 'executed' } })
    for (const id of ['too-much', 'late']) expect(await store.getDecision(id)).toBe(undefined)
    expect(await store.readWindows([spend(), spend({ key: 'other' })], 1000)).toEqual([10, 0])
    expect(store.commit({ at: 1000, decision: decision(), audit: said('after') })).toEqual({ committed: true })
    expect(await bodiesOf(store)).toEqual(['before', 'first', 'fits', 'after'])
  })

  it('gets more writes than a group holds in several groups, all in order', async () => {
    const path = freshPath()
    const store = open(path)
    await store.killSwitches()
    const blocker = connect(path)
    blocker.exec('begin immediate')
    const names = Array.from({ length: 600 }, (_, index) => `queued-${index}`)
    const results = Promise.all(names.map(async id => store.commit({ at: 1000, decision: decision({ id }) })))
    blocker.exec('commit')
    expect((await results).every(({ committed }) => committed)).toBe(true)
    const rows = blocker.prepare('select id from decisions order by seq').all()
    expect(rows.map(({ id }) => id)).toEqual(names)
  })

  it('that is full once it is free fails all that waited, and stores none of it', async () => {
    const path = freshPath()
    const database = connect(path)
    const store = open(database)
    await store.commit({ at: 1000, decision: decision(), audit: said('before') })
    const pages = database.prepare('pragma page_count').get() as { readonly page_count: number }
    database.exec(`pragma max_page_count = ${pages.page_count}`)
    const blocker = connect(path)
    blocker.exec('begin immediate')
    const large = 'x'.repeat(100_000)
    const waiting = [decision(), decision({ reason: large }), decision()].map(async item =>
      store.commit({ at: 1000, decision: item }),
    )
    const settled = Promise.allSettled(waiting)
    blocker.exec('commit')
    expect((await settled).map(({ status }) => status)).toContain('rejected')
    const acknowledged = (await settled).filter(({ status }) => status === 'fulfilled').length
    expect((await store.listDecisions({})).length).toBe(1 + acknowledged)
    await expectRefusal('store-failed', () =>
      store.commit({ at: 1000, decision: decision({ reason: large }), spends: [spend()], audit: said('never') }),
    )
    expect(await store.readWindows([spend()], 1000)).toEqual([0])
    database.exec('pragma max_page_count = 100000')
    expect(store.commit({ at: 1000, decision: decision({ reason: large }), audit: said('after') })).toEqual({
      committed: true,
    })
    expect(await bodiesOf(store)).toEqual(['before', 'after'])
  })

  it('that stays busy is an error, and what was refused is not written later', async () => {
    const path = freshPath()
    const store = open(path, { busyTimeoutMs: 20 })
    await store.killSwitches()
    const blocker = connect(path)
    blocker.exec('begin immediate')
    const late = decision()
    await expectRefusal('store-failed', () => store.commit({ at: 1000, decision: late }), '20 ms')
    blocker.exec('commit')
    expect(store.commit({ at: 1000, decision: decision() })).toEqual({ committed: true })
    expect(await store.getDecision(late.id)).toBe(undefined)
  })

  it('keeps a store from closing until what it took is written', async () => {
    const path = freshPath()
    const store = open(path)
    await store.killSwitches()
    const blocker = connect(path)
    blocker.exec('begin immediate')
    const taken = decision()
    const pending = store.commit({ at: 1000, decision: taken })
    const closing = store.close()
    await expectRefusal('closed', () => store.killSwitches())
    blocker.exec('commit')
    expect(await pending).toEqual({ committed: true })
    await closing
    expect((await open(path).getDecision(taken.id))?.id).toBe(taken.id)
  })

  it('is waited for when it is opened, and then everything asked meanwhile is done', async () => {
    const path = freshPath()
    const holder = connect(path)
    holder.exec('pragma journal_mode = wal; pragma locking_mode = exclusive; begin exclusive')
    const store = open(path)
    const asked = [store.killSwitches(), store.commit({ at: 1000, decision: decision() })]
    expect(asked.every(item => item instanceof Promise)).toBe(true)
    await new Promise(setImmediate)
    holder.close()
    expect(await Promise.all(asked.map(async item => item))).toEqual([[], { committed: true }])
    expect(store.killSwitches()).toEqual([])
  })

  it('is read as soon as it can be', async () => {
    const database = connect(freshPath())
    let failures = 0
    const store = open(failing(database, /from kill_switches/, () => failures-- > 0))
    await store.killSwitches()
    failures = 3
    const reading = store.killSwitches()
    expect(reading).toBeInstanceOf(Promise)
    expect(await reading).toEqual([])
    expect(store.killSwitches()).toEqual([])
  })

  it('is written by several processes at once, and none of them gives up', async () => {
    const path = freshPath()
    const done = await Promise.all(Array.from({ length: 4 }, (_, index) => run(WRITER, path, `${index}`)))
    expect(done).toEqual(Array.from({ length: 4 }, () => ({ code: 0, output: 'stored 400', errors: '' })))
    expect(count(connect(path), 'decisions')).toBe(1600)
  })
})

describe('what is read together', () => {
  const SWITCHES = 'select body from kill_switches'
  const stop = { tool: 'refund', by: 'ann', reason: 'incident', at: 1 }

  it('is read at the end of the turn, once for all that ask the same, and after everything that was written before', async () => {
    const path = freshPath()
    const ran: string[] = []
    const handle = wrapped(connect(path), (sql, action) => {
      ran.push(sql)
      return action()
    })
    const store = open(handle, { groupCommit: true })
    await store.killSwitches()
    ran.length = 0
    const asked = [store.killSwitches(), store.killSwitches(), store.readWindows([spend()], 1000)]
    expect(ran).toEqual([])
    await open(path).activateKillSwitch(stop)
    expect(await Promise.all(asked.map(async one => one))).toEqual([[stop], [stop], [0]])
    expect(ran.filter(sql => sql === SWITCHES)).toHaveLength(1)
    expect(ran.filter(sql => sql === 'begin')).toHaveLength(1)
  })

  it('is answered one by one where one of them fails', async () => {
    const path = freshPath()
    const store = open(
      wrapped(connect(path), (sql, action) => {
        if (sql.includes('from receipts')) throw new Error('disk I/O error')
        return action()
      }),
      { groupCommit: true },
    )
    const failing = expectRefusal('store-failed', () => store.getReceipt('key'))
    const [switches, totals] = await Promise.all([store.killSwitches(), store.readWindows([spend()], 1000)])
    expect([switches, totals]).toEqual([[], [0]])
    await failing
    expect(await store.commit({ at: 1000, decision: decision() })).toEqual({ committed: true })
  })

  it('is read within a transaction of whoever shares the handle, and leaves that to them', async () => {
    const database = connect(freshPath())
    const store = open(database, { groupCommit: true })
    await store.killSwitches()
    database.exec('begin; create table theirs (value)')
    expect(await Promise.all([store.killSwitches(), store.readWindows([spend()], 1000)])).toEqual([[], [0]])
    database.exec('commit')
    expect(count(database, 'theirs')).toBe(0)
  })

  it('is read later where the database is busy', async () => {
    let busy = 2
    const store = open(
      wrapped(connect(freshPath()), (sql, action) => {
        if (sql === SWITCHES && busy-- > 0) throw Object.assign(new Error('database is locked'), { errcode: 5 })
        return action()
      }),
      { groupCommit: true },
    )
    expect(await Promise.all([store.killSwitches(), store.readWindows([spend()], 1000)])).toEqual([[], [0]])
  })

  it('is read before the store is closed', async () => {
    const store = open(freshPath(), { groupCommit: true })
    await store.activateKillSwitch(stop)
    const asked = store.killSwitches()
    await store.close?.()
    expect(await asked).toEqual([stop])
  })
})

describe('many processes that start at once on no file', () => {
  it('make one schema, and all of them write', async () => {
    for (let round = 0; round < 3; round++) {
      const path = freshPath()
      const done = await Promise.all(Array.from({ length: 8 }, (_, index) => run(STARTER, path, `${index}`)))
      expect(done).toEqual(Array.from({ length: 8 }, () => ({ code: 0, output: 'stored', errors: '' })))
      const database = connect(path)
      expect(count(database, 'decisions')).toBe(8)
      expect(database.prepare('pragma user_version').get()).toEqual({ user_version: 2003 })
      expect(database.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
      expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
    }
  })
})

describe('a process that finds the schema made while it waited for the lock', () => {
  it('does not make it again', async () => {
    const path = freshPath()
    let others = 0
    const handle = wrapped(connect(path), (sql, action) => {
      if (sql === 'begin immediate' && others++ === 0) expect(open(path).killSwitches()).toEqual([])
      return action()
    })
    const store = open(handle)
    expect(await store.killSwitches()).toEqual([])
    expect(others).toBe(1)
    expect(await store.commit({ at: 1000, decision: decision() })).toEqual({ committed: true })
  })
})

describe('the default store of a governor', () => {
  it('is a file in .countersign of the working directory', async () => {
    const directory = mkdtempSync(join(root, 'cwd-'))
    const { code, output, errors } = await run(DEFAULT_GOVERNOR, '', '', directory)
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(output).toBe('executed, 1 stored')
    const path = join(directory, '.countersign', 'countersign.db')
    expect(await open(path).listDecisions({})).toMatchObject([
      { tool: 'lookup', result: 'allowed', execution: { status: 'executed' } },
    ])
    expect(readFileSync(join(directory, '.countersign', '.gitignore'), 'utf8')).toBe('*\n')
  })
})

const resolve = (name: string): string =>
  pathToFileURL(createRequire(join(process.cwd(), 'index.js')).resolve(name)).href

const PRELUDE = `
  const { sqliteStore } = await import(${JSON.stringify(resolve('countersign/stores/sqlite'))})
  const [path, name] = process.argv.slice(1)
  const decision = id => ({ ...${JSON.stringify(decision())}, id })
`
const STARTER = `${PRELUDE}
  const store = sqliteStore(path)
  const { committed } = await store.commit({ at: 1, decision: decision(name), spends: [{ key: 'k', windowMs: 9, amount: 1, max: 99 }] })
  process.stdout.write(committed ? 'stored' : 'refused')
  await store.close()
`
const WRITER = `${PRELUDE}
  const store = sqliteStore(path)
  let stored = 0
  for (let group = 0; group < 50; group++) {
    const results = await Promise.all(Array.from({ length: 8 }, async (_, n) =>
      store.commit({ at: 1000, decision: decision(name + '-' + group + '-' + n) })))
    stored += results.filter(result => result.committed).length
    await new Promise(setImmediate)
  }
  process.stdout.write('stored ' + stored)
  await store.close()
`
const DEFAULT_GOVERNOR = `
  const { createGovernor } = await import(${JSON.stringify(resolve('countersign'))})
  const governor = createGovernor({ tools: { lookup: { annotations: { readOnly: true } } } })
  const { status } = await governor.run({ id: 'call-1', name: 'lookup', input: {} }, () => 'found')
  const stored = await governor.decisions.list()
  process.stdout.write(status + ', ' + stored.length + ' stored')
  await governor.close()
`

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

function run(program: string, path: string, name: string, cwd = process.cwd()): Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, path, name], { cwd })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', text => (output += text))
  child.stderr.setEncoding('utf8').on('data', text => (errors += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => {
      resolve({ code, output, errors })
    })
  })
}

/** Contents of a database's files. */
function filesOf(path: string): string[] {
  return [path, `${path}-wal`].filter(file => existsSync(file)).map(file => readFileSync(file, 'latin1'))
}

/** A handle whose errors have a name instead of a number, as better-sqlite3's have. */
function likeBetterSqlite(database: DatabaseSync): SqliteLike {
  return wrapped(database, (_, action) => {
    try {
      return action()
    } catch (error) {
      const busy = (error as { errcode?: number }).errcode === 5
      throw Object.assign(new Error((error as Error).message), { code: busy ? 'SQLITE_BUSY' : 'SQLITE_CONSTRAINT' })
    }
  })
}

/** A handle that is busy for some statements. */
function failing(database: DatabaseSync, pattern: RegExp, fails: () => boolean): SqliteLike {
  return wrapped(database, (sql, action) => {
    if (pattern.test(sql) && fails()) throw Object.assign(new Error('database is locked'), { errcode: 261 })
    return action()
  })
}

function wrapped(database: DatabaseSync, around: <T>(sql: string, action: () => T) => T): SqliteLike {
  return {
    exec: sql => {
      around(sql, () => {
        database.exec(sql)
      })
    },
    close: () => {
      database.close()
    },
    prepare: sql => {
      const statement = database.prepare(sql)
      return {
        run: (...values) => around(sql, () => statement.run(...values)),
        get: (...values) => around(sql, () => statement.get(...values)),
        all: (...values) => around(sql, () => statement.all(...values)),
      }
    },
  }
}
