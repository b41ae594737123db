import type { KillSwitch, Lesson } from 'countersign'
import { type PostgresStore, postgresStore } from 'countersign/stores/postgres'
import { Pool, type PoolClient } from 'pg'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { emptyLessons, lessonsAbout } from '../../adapters/stores/postgres/lessons.js'
import { migrate } from '../../adapters/stores/postgres/migrate.js'
import { MIGRATIONS } from '../../adapters/stores/postgres/migrations.js'
import type { ClientLike, PoolLike, Row } from '../../adapters/stores/postgres/pool-like.js'
import type { Ask, Session } from '../../adapters/stores/postgres/session.js'
import {
  approvalOf,
  AT,
  batchOf,
  decisionOf,
  grantOf,
  itemOf,
  lessonOf,
  outcomeOf,
  receiptOf,
  seal,
  spendOf,
} from '../../src/testing/store-cases/samples.js'
import { verifyEntries } from '../../src/report/audit/verify.js'
import { onPostgres } from './on-postgres.js'

describe('postgresStore', () => {
  it('refuses what it cannot make sense of, and says so', () => {
    const refusals: readonly [target: unknown, options: object, why: string][] = [
      ['', {}, 'connection string'],
      [{}, {}, 'connection string'],
      [undefined, {}, 'connection string'],
      ['postgres://x', { shema: 'a' }, 'unknown option `shema`'],
      ['postgres://x', { schema: 'a"b' }, 'option `schema`'],
      ['postgres://x', { schema: 'pg_mine' }, 'option `schema`'],
      ['postgres://x', { schema: 'a'.repeat(33) }, 'option `schema`'],
      ['postgres://x', { tenant: '' }, 'option `tenant`'],
      ['postgres://x', { tenant: 'a\u0000' }, 'option `tenant`'],
      ['postgres://x', { poolSize: 0 }, 'option `poolSize`'],
      ['postgres://x', { statementTimeoutMs: 1.5 }, 'option `statementTimeoutMs`'],
      [{ connect: () => undefined }, { poolSize: 3 }, 'option `poolSize`: a pool that was passed in'],
    ]
    for (const [target, options, why] of refusals) expect(() => postgresStore(target as string, options)).toThrow(why)
  })

  it('fails, and does not wait, where there is no server', async () => {
    const store = postgresStore('postgres://owner:owner@127.0.0.1:1/nowhere')
    await expect(store.killSwitches()).rejects.toMatchObject({ code: 'store-failed' })
    await expect(store.commit({ at: AT, decision: decisionOf() })).rejects.toMatchObject({ code: 'store-failed' })
    await store.close()
    await expect(store.killSwitches()).rejects.toMatchObject({ code: 'closed' })
  })
})

await onPostgres('postgresStore on a server', server => {
  let database = ''
  let schemas = 0
  const open: PostgresStore[] = []
  const opened = (options: Parameters<typeof postgresStore>[1] = {}, role = 'owner'): PostgresStore => {
    const store = postgresStore(server.url(database, role), options)
    open.push(store)
    return store
  }
  const fresh = (): string => `own_${++schemas}`

  beforeAll(async () => {
    database = await server.database()
  })
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close()
    // The server notices a moment later.
    await expect
      .poll(() =>
        server.ask('postgres', `select 1 as left from pg_stat_activity where application_name = 'countersign'`),
      )
      .toEqual([])
  })
  describe('its schema', () => {
    it('is made once where many clients begin at once, and all of them go on', async () => {
      const schema = fresh()
      const stores = Array.from({ length: 8 }, () => opened({ schema, poolSize: 1 }))
      await Promise.all(stores.map(async store => store.commit({ at: AT, decision: decisionOf() })))
      expect(await stores[0]?.listDecisions({})).toHaveLength(8)
      const made = await server.ask(database, `select major, minor from ${schema}.migrations`)
      expect(made).toEqual(MIGRATIONS.map(({ major, minor }) => ({ major, minor })))
    })

    it('is refused where newer code has made another major of it, and used where it is another minor', async () => {
      const schema = fresh()
      await opened({ schema }).killSwitches()
      await server.ask(database, `insert into ${schema}.migrations values (1, 7)`)
      expect(await opened({ schema }).killSwitches()).toEqual([])
      await server.ask(database, `insert into ${schema}.migrations values (2, 0)`)
      const store = opened({ schema })
      await expect(store.killSwitches()).rejects.toMatchObject({ code: 'unsupported-schema' })
      await expect(store.killSwitches()).rejects.toThrow('has version 2.0')
    })

    it('gets room for documents where it was made before there were any, and keeps what it holds', async () => {
      const schema = fresh()
      const pool = new Pool({ connectionString: server.url(database) })
      const client = await pool.connect()
      await migrate(client, schema, MIGRATIONS.slice(0, 1))
      const insert = `insert into ${schema}.decisions (id, at, tool, actor, result, body)`
      await server.ask(database, `${insert} values ('old', 1, 't', 'a', 'allowed', '{"id":"old"}')`)
      const store = opened({ schema })
      const document = { kind: 'rule', id: 'a', revision: 1, body: '{}', at: AT }
      expect(await store.commit({ at: AT, decision: decisionOf(), documents: [document] })).toEqual({ committed: true })
      expect(await store.getDocument(document, AT)).toEqual(document)
      expect(await store.listDecisions({})).toHaveLength(2)
      await expect(async () =>
        store.commit({ at: AT, decision: decisionOf({ id: 'old' }), documents: [document] }),
      ).rejects.toThrow('already')
      client.release()
      await pool.end()
    })

    it('goes forward as a whole or not at all', async () => {
      const schema = fresh()
      await opened({ schema }).killSwitches()
      const pool = new Pool({ connectionString: server.url(database) })
      const client = await pool.connect()
      const next = (sql: string) => [...MIGRATIONS, { major: 1, minor: 2, sql: () => sql }]
      const half = `create table ${schema}.half (a text); create table ${schema}.decisions (a text)`
      const like = client as unknown as ClientLike
      await expect(migrate(like, schema, next(half))).rejects.toThrow('already exists')
      const tables = `select to_regclass('${schema}.half') as half, max(minor) as minor from ${schema}.migrations`
      expect(await server.ask(database, tables)).toEqual([{ half: null, minor: 1 }])
      await migrate(like, schema, next(`create table ${schema}.half (a text)`))
      expect(await server.ask(database, tables)).toEqual([{ half: `${schema}.half`, minor: 2 }])
      client.release()
      await pool.end()
    })
  })

  describe('lessons', () => {
    it('wait for those that were given a lower number, and an erasure finds what came while it looked', async () => {
      const schema = fresh()
      const store = opened({ schema })
      await store.killSwitches()
      const pool = new Pool({ connectionString: server.url(database) })
      const client = await pool.connect()
      const { decisionId, ...first } = lessonOf({ body: 'first' })
      await client.query('begin')
      const commits = JSON.stringify([{ at: `${AT}`, lessons: [{ ...first, decision: decisionId }] }])
      await client.query(`select ${schema}.commit($1, null, null, null)`, [commits])
      const seen = async () => (await store.readLessons({ after: 0 })).map(({ body }) => body)
      let isThere = false
      const later = Promise.resolve(store.commit({ at: AT, lessons: [lessonOf({ decisionId, body: 'later' })] }))
      const said = later.then(() => (isThere = true))
      // One that has nothing to teach goes past.
      await store.commit({ at: AT, decision: decisionOf(), audit: batchOf('beside') })
      await new Promise(resolve => setTimeout(resolve, 200))
      expect(isThere).toBe(false)
      expect(await seen()).toEqual([])
      const found = await lessonsAbout(sessionOf(client, schema), decisionId)
      await client.query('commit')
      await said
      expect(await seen()).toEqual(['first', 'later'])
      expect(found.seqs).toHaveLength(1)
      await emptyLessons(sessionOf(client, schema), decisionId, found)
      expect(await seen()).toEqual(['', ''])
      client.release()
      await pool.end()
    })

    it('of many commits at once, with and without an audit log, of stores of several tenants, are seen in order', async () => {
      const schema = fresh()
      const all = opened({ schema })
      const stores = [all, opened({ schema, tenant: 'acme' }), opened({ schema, tenant: 'other' })]
      let isOver = false
      const written = Promise.all(
        Array.from({ length: 150 }, async (_, index) =>
          stores[index % 3]?.commit({
            at: AT,
            lessons: [lessonOf(), lessonOf()],
            ...(index % 2 === 0 && {
              audit: batchOf('learnt'),
              spends: [spendOf({ key: `window ${index % 3}`, max: 1_000_000_000 })],
            }),
          }),
        ),
      ).finally(() => (isOver = true))
      const seen: number[] = []
      for (let isLast = false; !isLast;) {
        isLast = isOver
        seen.push(...(await all.readLessons({ after: seen.at(-1) ?? 0 })).map(({ seq }) => seq))
      }
      await written
      expect(seen).toEqual((await all.readLessons({ after: 0 })).map(({ seq }) => seq))
      expect(seen).toHaveLength(300)
    })
  })

  describe('a pool that was passed in', () => {
    it('stays open, needs no pipelining, and may have type parsers of its own', async () => {
      const pool = new Pool({
        connectionString: server.url(database),
        max: 3,
        types: { getTypeParser: (() => () => 'something else') as never },
      })
      const store = postgresStore(pool, { schema: fresh(), tenant: 'acme' })
      const decision = decisionOf()
      const receipt = receiptOf()
      const audit = batchOf('one', 'two')
      for (const at of [AT, AT + 1])
        await store.commit({ at, decision: { ...decision, id: `${at}` }, spends: [spendOf()], audit })
      await store.commit({ at: AT, receipt })
      expect(await store.commit({ at: AT, receipt })).toEqual({ committed: false, conflict: 'receipt' })
      expect(await store.readWindows([spendOf()], AT)).toEqual([2_000_000])
      expect((await store.readAudit({})).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
      await store.close()
      expect((await pool.query('select 1')).rowCount).toBe(1)
      expect(pool.totalCount).toBe(pool.idleCount)
      await pool.end()
    })

    it('can be typed by its structure', () => {
      expect(() => postgresStore(new Pool())).not.toThrow()
    })
  })

  describe('tenants', () => {
    it('neither see nor change what belongs to another', async () => {
      const schema = fresh()
      const acme = opened({ schema, tenant: 'acme' })
      const other = opened({ schema, tenant: `o'ther \\ "tenant"` })
      const decision = decisionOf({ sessionId: 's' })
      const approval = approvalOf(decision, { status: 'pending' })
      const receipt = receiptOf({ decisionId: decision.id })
      const grant = grantOf()
      const outbox = [itemOf()]
      const spends = [spendOf({ max: 1e9 })]
      const audit = batchOf('a secret')
      await acme.commit({ at: AT, decision, approval, receipt, grant, outbox, spends, audit })
      await acme.commit({ at: AT, outcome: outcomeOf(decision.id) })

      const seen = [
        await other.getDecision(decision.id),
        await other.getApproval(approval.id),
        await other.findApproval(approval.key),
        await other.getReceipt(receipt.key),
        await other.getGrant(grant.id),
      ]
      expect(seen.every(record => record === undefined)).toBe(true)
      const listed = [
        await other.listDecisions({}),
        await other.listApprovals({}),
        await other.listReceipts({}),
        await other.listGrants({}),
        await other.readAudit({}),
        await other.claimOutbox({ destination: 'service', at: AT, until: AT + 1, limit: 9 }),
      ]
      expect(listed.flat()).toEqual([])
      expect(await other.countOutbox('service')).toBe(0)
      expect(await other.readWindows(spends, AT)).toEqual([0])

      expect(await other.commit({ at: AT, approval: { ...approval, revision: 2 } })).toMatchObject({
        conflict: 'approval',
      })
      expect(await other.commit({ at: AT, receipt })).toMatchObject({ conflict: 'receipt' })
      await expect(other.commit({ at: AT, spends })).rejects.toMatchObject({ code: 'store-failed' })
      await other.settleOutbox({ done: [outbox[0]?.id ?? ''] })
      await other.erase({ decisionId: decision.id, fields: ['reason'] }, batchOf('erased'))
      await other.prune({ decisions: AT + 1, receipts: AT + 1, audit: AT + 1 })

      expect(await acme.getDecision(decision.id)).toMatchObject(decision)
      expect(await acme.getApproval(approval.id)).toEqual(approval)
      expect(await acme.countOutbox('service')).toBe(1)
      expect(await acme.readWindows(spends, AT)).toEqual([1_000_000])
    })

    it('cannot write for another, and a store of all sees what each wrote', async () => {
      const schema = fresh()
      const acme = opened({ schema, tenant: 'acme' })
      const stolen = decisionOf({ tenant: 'other' })
      for (const audit of [undefined, batchOf('never')])
        await expect(acme.commit({ at: AT, decision: stolen, ...(audit && { audit }) })).rejects.toMatchObject({
          code: 'store-failed',
          message: expect.stringContaining('row-level security'),
        })
      expect(await acme.readAudit({})).toEqual([])
      const own = decisionOf({ tenant: 'acme' })
      const unnamed = decisionOf()
      for (const decision of [own, unnamed]) await acme.commit({ at: AT, decision })
      const all = opened({ schema })
      expect((await all.listDecisions({})).map(({ id }) => id)).toEqual([unnamed.id, own.id])
      expect(await all.listDecisions({ tenant: 'acme' })).toHaveLength(2)
    })

    it('learn from their own calls, and keep what they learnt to themselves', async () => {
      const schema = fresh()
      const [acme, other, all] = [
        opened({ schema, tenant: 'acme' }),
        opened({ schema, tenant: 'other' }),
        opened({ schema }),
      ]
      const { id: decisionId, ...decision } = decisionOf({ tenant: 'acme' })
      const lesson = (body: string): Lesson => lessonOf({ decisionId, body })
      // Named, of its decision, of a decision that is there, and of the store.
      await all.commit({ at: AT, lessons: [lessonOf({ tenant: 'acme', body: 'a' }), lessonOf({ body: 'nobody' })] })
      await all.commit({ at: AT, decision: { id: decisionId, ...decision }, lessons: [lesson('b')] })
      await all.commit({ at: AT, lessons: [lesson('c')] })
      await acme.commit({ at: AT, lessons: [lessonOf({ body: 'd' })], audit: batchOf('learnt') })
      await other.commit({ at: AT, lessons: [lessonOf({ body: 'other' })] })
      const bodies = async (store: PostgresStore): Promise<readonly string[]> =>
        (await store.readLessons({ after: 0 })).map(({ body }) => body)
      expect(await bodies(acme)).toEqual(['a', 'b', 'c', 'd'])
      expect(await bodies(other)).toEqual(['other'])
      expect(await bodies(all)).toEqual(['a', 'nobody', 'b', 'c', 'd', 'other'])
      expect((await acme.readLessons({ after: 0 })).map(({ tenant }) => tenant)).toEqual(['acme', ...Array(3)])
      await expect(acme.commit({ at: AT, lessons: [lessonOf({ tenant: 'other' })] })).rejects.toThrow(
        'row-level security',
      )

      await other.erase({ decisionId, fields: ['user'] }, batchOf('erased'))
      expect(await bodies(acme)).toEqual(['a', 'b', 'c', 'd'])
      await acme.erase({ decisionId, fields: ['user'] }, batchOf('erased'))
      expect(await bodies(all)).toEqual(['a', 'nobody', '', '', 'd', 'other'])

      const stores = [acme, other, all]
      for (const [seq, store] of stores.entries())
        await store.saveSnapshot({ name: 'learner', seq, bytes: Uint8Array.of(seq) })
      for (const [seq, store] of stores.entries())
        expect(await store.loadSnapshot('learner')).toEqual({ name: 'learner', seq, bytes: Uint8Array.of(seq) })
    })

    it('are kept apart by the server itself, whatever is asked by hand', async () => {
      const schema = fresh()
      const all = opened({ schema })
      for (const tenant of ['acme', 'other'])
        await all.commit({
          at: AT,
          decision: decisionOf({ tenant }),
          audit: batchOf({ body: tenant, tenant }),
          spends: [spendOf({ key: tenant })],
          lessons: [lessonOf({ tenant })],
        })
      for (const tenant of ['acme', 'other'])
        await opened({ schema, tenant }).saveSnapshot({ name: 'learner', seq: 1, bytes: Uint8Array.of(1) })
      await server.ask(
        database,
        `grant usage on schema ${schema} to app; grant select, insert, update, delete on all tables in schema ${schema} to app`,
      )
      const tables = ['decisions', 'audit', 'windows', 'window_entries', 'lessons', 'snapshots']
      const counts = tables.map(table => `(select count(*)::int from ${schema}.${table}) as ${table}`).join(', ')
      const asked = (role: string, tenant: string) =>
        server.ask(database, `set countersign.tenant = '${tenant}'; select ${counts}`, role)
      const none = { decisions: 0, audit: 0, windows: 0, window_entries: 0, lessons: 0, snapshots: 0 }
      const one = { decisions: 1, audit: 1, windows: 1, window_entries: 1, lessons: 1, snapshots: 1 }
      expect(await server.ask(database, `select ${counts}`, 'app')).toEqual([none])
      expect(await asked('app', 'acme')).toEqual([one])
      expect(await asked('app', 'nobody')).toEqual([none])
      // The owner's own transactions too, once they are bound.
      expect(await asked('owner', 'acme')).toEqual([one])
      expect(await server.ask(database, `select ${counts}`, 'owner')).toEqual([
        { decisions: 2, audit: 2, windows: 2, window_entries: 2, lessons: 2, snapshots: 2 },
      ])
      const steal = `set countersign.tenant = 'acme'; update ${schema}.decisions set tenant = 'other'`
      await expect(server.ask(database, steal, 'app')).rejects.toThrow('row-level security')
      const changed = `set countersign.tenant = 'acme'; update ${schema}.decisions set body = '{}' where tenant = 'other' returning 1`
      expect(await server.ask(database, changed, 'app')).toEqual([])
      const protectedTables = await server.ask(
        database,
        `select relname from pg_class c join pg_namespace n on n.oid = relnamespace
         where nspname = '${schema}' and relkind = 'r' and not (relrowsecurity and relforcerowsecurity)`,
      )
      expect(protectedTables).toEqual([{ relname: 'migrations' }])
    })

    it('are served by a role that does not own the tables, and by none that would see too much or nothing', async () => {
      const schema = fresh()
      await opened({ schema }).killSwitches()
      await server.ask(
        database,
        `grant usage on schema ${schema} to app; grant select, insert, update, delete on all tables in schema ${schema} to app`,
      )
      const app = opened({ schema, tenant: 'acme' }, 'app')
      const decision = decisionOf()
      await app.commit({ at: AT, decision, spends: [spendOf()], audit: batchOf('one') })
      expect(await app.getDecision(decision.id)).toMatchObject(decision)
      const nothing = opened({ schema }, 'app')
      await expect(nothing.killSwitches()).rejects.toThrow('does not own the tables')
      const everything = opened({ schema, tenant: 'acme' }, 'postgres')
      await expect(everything.killSwitches()).rejects.toMatchObject({ code: 'invalid-option' })
    })

    it('stop with the switch of all, and with their own, which stops nobody else', async () => {
      const schema = fresh()
      const acme = opened({ schema, tenant: 'acme' })
      const other = opened({ schema, tenant: 'other' })
      const all = opened({ schema })
      const own: KillSwitch = { by: 'ada', reason: 'mine', at: AT }
      const global: KillSwitch = { by: 'eve', reason: 'all', at: AT }
      await acme.activateKillSwitch(own, batchOf('on'))
      expect(await acme.killSwitches()).toEqual([own])
      expect(await other.killSwitches()).toEqual([])
      expect(await all.killSwitches()).toEqual([{ ...own, tenant: 'acme' }])
      await all.activateKillSwitch(global)
      expect(await other.killSwitches()).toEqual([global])
      expect(await other.deactivateKillSwitch({})).toBe(false)
      expect(await acme.deactivateKillSwitch({})).toBe(true)
      expect(await acme.killSwitches()).toEqual([global])
    })

    it('have a chain each, that verifies without the entries of others', async () => {
      const schema = fresh()
      const stores = ['acme', 'other', undefined].map(tenant =>
        opened(tenant === undefined ? { schema } : { schema, tenant }),
      )
      for (let round = 0; round < 3; round++)
        for (const store of stores) await store.commit({ at: AT, audit: batchOf(fact(round)) })
      for (const store of stores)
        expect(await verifyEntries(await store.readAudit({}), { seal })).toMatchObject({ ok: true, entries: 3 })
    })
  })

  describe('who waits', () => {
    it('is told of an approval that was written again and of an effect that ended, and not of what began', async () => {
      const schema = fresh()
      const [here, there] = [opened({ schema }), opened({ schema })]
      const heard: (string | undefined)[] = []
      const told = Promise.withResolvers<void>()
      const stop = await here.watch(key => {
        heard.push(key)
        if (key === 'last') told.resolve()
      })
      const approval = approvalOf(decisionOf())
      const receipt = receiptOf({ key: 'ünï\u0000 key' })
      const long = receiptOf({ key: 'x'.repeat(9000) })
      for (const record of [receipt, long]) {
        await there.commit({ at: AT, receipt: record })
        await there.commit({ at: AT, receipt: { ...record, revision: 2, leaseUntil: AT + 60_000 } as never })
        await there.commit({ at: AT, receipt: { ...record, revision: 3, status: 'succeeded' } as never })
      }
      await there.commit({ at: AT, approval })
      await there.commit({ at: AT, approval: { ...approval, revision: 2 } })
      await there.commit({ at: AT, receipt: receiptOf({ key: 'last' }) })
      await there.commit({ at: AT, receipt: { ...receiptOf({ key: 'last' }), revision: 2, status: 'failed' } as never })
      await told.promise
      expect(heard).toEqual([receipt.key, undefined, approval.id, 'last'])
      stop()
    })

    it('is told that something may have been missed, once a connection that broke is replaced', async () => {
      const schema = fresh()
      const store = opened({ schema })
      const missed = Promise.withResolvers<void>()
      const written = Promise.withResolvers<void>()
      await store.watch(key => {
        if (key === undefined) missed.resolve()
        else written.resolve()
      })
      await server.ask(database, `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'`)
      await missed.promise
      const receipt = receiptOf()
      await store.commit({ at: AT, receipt })
      await store.commit({ at: AT, receipt: { ...receipt, revision: 2, status: 'failed' } as never })
      await written.promise
    })

    it('gives the connection back once nobody watches', async () => {
      const pool = new Pool({ connectionString: server.url(database), max: 1 })
      const store = postgresStore(pool, { schema: fresh() })
      await store.killSwitches()
      const stop = await store.watch(() => undefined)
      expect(pool.idleCount).toBe(0)
      stop()
      expect(await store.killSwitches()).toEqual([])
      await store.close()
      await pool.end()
    })
  })

  describe('letting go of what is old', () => {
    it('deletes what has ended in batches, and nothing that has not', async () => {
      const store = opened({ schema: fresh() })
      const old = AT - 1000
      const states = ['pending', 'approved', 'rejected', 'expired', 'cancelled', 'consumed'] as const
      for (const status of states) {
        const decision = decisionOf({ id: `asked ${status}`, at: old })
        await store.commit({ at: old, decision, approval: approvalOf(decision, { id: status, status }) })
      }
      const effects = ['claimed', 'started', 'unknown', 'succeeded', 'failed'] as const
      for (const status of effects) {
        const decision = decisionOf({ id: `ran ${status}`, at: old })
        const receipt = receiptOf({ key: status, status, decisionId: decision.id })
        await store.commit({ at: old, decision, receipt })
        await store.commit({ at: old, outcome: outcomeOf(decision.id) })
      }
      await store.commit({
        at: AT,
        decision: decisionOf({ id: 'new' }),
        receipt: receiptOf({ key: 'new', status: 'failed' } as never),
      })
      for (let batch = 0; batch < 3; batch++)
        await Promise.all(
          Array.from({ length: 500 }, async (_, index) =>
            store.commit({ at: old, decision: decisionOf({ id: `plain ${batch} ${index}`, at: old }) }),
          ),
        )
      for (const fields of [{ id: 'live' }, { id: 'used', uses: 10 }, { id: 'over', expiresAt: old }])
        await store.commit({ at: old, grant: grantOf(fields) })

      const rule = { kind: 'rule', revision: 1, body: '{}', at: old }
      const documents = [
        { ...rule, id: 'over', expiresAt: old },
        { ...rule, id: 'on', expiresAt: AT },
        { ...rule, id: 'ever' },
      ]
      await store.commit({ at: old - 1, documents })

      const before = AT - 1
      expect(
        await store.prune({
          decisions: before,
          approvals: before,
          receipts: before,
          grants: before,
          documents: before,
        }),
      ).toEqual({
        decisions: 1500 + 4 + 2,
        approvals: 4,
        receipts: 2,
        grants: 2,
        documents: 1,
        audit: 0,
      })
      const ids = (await store.listDecisions({})).map(({ id }) => id)
      expect(ids.toSorted()).toEqual(
        ['asked approved', 'asked pending', 'new', 'ran claimed', 'ran started', 'ran unknown'].toSorted(),
      )
      expect((await store.listApprovals({})).map(({ id }) => id).toSorted()).toEqual(['approved', 'pending'])
      expect((await store.listReceipts({})).map(({ key }) => key).toSorted()).toEqual([
        'claimed',
        'new',
        'started',
        'unknown',
      ])
      expect((await store.listGrants({})).map(({ id }) => id)).toEqual(['live'])
      expect(await store.prune({ decisions: before, approvals: before })).toMatchObject({ decisions: 0, approvals: 0 })
    })

    it('leaves an audit log that verifies from its first entry, and goes on where it was', async () => {
      const store = opened({ schema: fresh() })
      for (let entry = 0; entry < 6; entry++) await store.commit({ at: AT + entry, audit: batchOf(fact(entry)) })
      // An entry that came late stays, and what follows it.
      await store.commit({ at: AT, audit: batchOf(fact(6)) })
      expect(await store.prune({ audit: AT + 3 })).toMatchObject({ audit: 3 })
      expect((await store.readAudit({})).map(({ seq }) => seq)).toEqual([4, 5, 6, 7])
      expect(await verifyEntries(await store.readAudit({}), { seal, from: 'first' })).toMatchObject({
        ok: true,
        first: 4,
      })
      expect(await store.prune({ audit: AT + 100 })).toMatchObject({ audit: 4 })
      await store.commit({ at: AT + 200, audit: batchOf(fact(7)) })
      expect(await verifyEntries(await store.readAudit({}), { seal, from: 'first' })).toMatchObject({
        ok: true,
        first: 8,
      })
    })

    it('refuses what is not an instant', async () => {
      const store = opened({ schema: fresh() })
      await expect(store.prune({ decisons: 1 } as never)).rejects.toThrow('unknown option `decisons`')
      await expect(store.prune({ audit: Number.NaN })).rejects.toThrow('epoch milliseconds')
    })
  })

  describe('what many do at once', () => {
    it('ends without a deadlock, though windows are taken in any order, with the audit log and without', async () => {
      const schema = fresh()
      const stores = [opened({ schema }), opened({ schema })]
      const keys = ['a', 'b', 'c', 'd', 'e']
      const results = await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          const rotated = [...keys.slice(index % 5), ...keys.slice(0, index % 5)]
          const spends = (index % 2 === 0 ? rotated : rotated.toReversed()).map(key =>
            spendOf({ key, amount: 1, max: 150 }),
          )
          return stores[index % 2]?.commit({ at: AT, spends, ...(index % 3 === 0 && { audit: batchOf(`${index}`) }) })
        }),
      )
      expect(results.filter(result => result?.committed)).toHaveLength(150)
      expect(
        await stores[0]?.readWindows(
          keys.map(key => spendOf({ key })),
          AT,
        ),
      ).toEqual(keys.map(() => 150))
      const stats = await server.ask(
        database,
        `select deadlocks::int from pg_stat_database where datname = '${database}'`,
      )
      expect(stats).toEqual([{ deadlocks: 0 }])
    })

    it('is made again where the server took it back because another was in its way, and only then', async () => {
      const pool = new Pool({ connectionString: server.url(database), max: 2 })
      const failures = ['40P01', '40001', '40P01', undefined, '23514']
      const failing: PoolLike = {
        connect: async () => {
          const client = await pool.connect()
          const query: ClientLike['query'] = async asked => {
            const code = asked.text.includes('.commit($1') ? failures.shift() : undefined
            if (code === undefined) return client.query(asked as never)
            throw Object.assign(new Error(`failed with ${code}`), { severity: 'ERROR', code })
          }
          return {
            query,
            release: destroy => {
              client.release(destroy)
            },
            on: (event, listener) => client.on(event as 'error', listener),
            removeListener: (event, listener) => client.removeListener(event, listener),
          }
        },
      }
      const store = postgresStore(failing, { schema: fresh() })
      const decision = decisionOf()
      expect(await store.commit({ at: AT, decision, audit: batchOf('one') })).toEqual({ committed: true })
      await expect(store.commit({ at: AT, decision: decisionOf(), audit: batchOf('two') })).rejects.toThrow('23514')
      expect(failures).toEqual([])
      expect((await store.listDecisions({})).map(({ id }) => id)).toEqual([decision.id])
      expect((await store.readAudit({})).map(({ body }) => body)).toEqual(['one'])
      await store.close()
      await pool.end()
    })

    it('is given up by the server when it takes too long, and nothing of it is there', async () => {
      const schema = fresh()
      const store = opened({ schema, statementTimeoutMs: 200 })
      await store.commit({ at: AT, audit: batchOf('one') })
      const holder = new Pool({ connectionString: server.url(database) })
      const client = await holder.connect()
      await client.query(`begin; select * from ${schema}.chains for update`)
      const decision = decisionOf()
      await expect(store.commit({ at: AT, decision, audit: batchOf('two') })).rejects.toThrow('statement timeout')
      await client.query('rollback')
      client.release()
      await holder.end()
      expect(await store.getDecision(decision.id)).toBeUndefined()
      expect(await store.commit({ at: AT, decision, audit: batchOf('two') })).toEqual({ committed: true })
      expect((await store.readAudit({})).map(({ body }) => body)).toEqual(['one', 'two'])
    })
  })
})

function fact(count: number): string {
  return JSON.stringify({ kind: 'outcome', count })
}

/** Statements on a connection of the test's own. */
function sessionOf(client: PoolClient, schema: string): Session {
  const ask: Ask = async (_name, text, ...values) => {
    const types = { getTypeParser: () => (value: string) => value }
    return (await client.query({ text, values, types })).rows as Row[]
  }
  return { schema, read: ask, write: ask }
}
