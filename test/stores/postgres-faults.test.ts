import { createGovernor, isGovernanceError } from 'countersign'
import { type PostgresStore, postgresStore } from 'countersign/stores/postgres'
import { beforeAll, expect, it } from 'vitest'
import { chainOf } from '../../src/testing/store-cases/audit.js'
import { AT, batchOf, decisionOf, receiptOf } from '../../src/testing/store-cases/samples.js'
import { onPostgres } from './on-postgres.js'

await onPostgres('a server that fails', server => {
  let database = ''
  let schemas = 0

  beforeAll(async () => {
    database = await server.database()
  })
  const opened = (): PostgresStore => postgresStore(server.url(database), { schema: `own_${++schemas}`, poolSize: 4 })

  /** Writes until it is told to stop; what was acknowledged, and what was reported as failed. */
  function writing(store: PostgresStore, audited: boolean) {
    const acknowledged: string[] = []
    const failed: string[] = []
    const over = new AbortController()
    const write = async (writer: number): Promise<void> => {
      for (let count = 0; !over.signal.aborted; count++) {
        const decision = decisionOf({ id: `${writer}-${count}` })
        const receipt = receiptOf({ key: decision.id, decisionId: decision.id })
        const audit = audited ? { audit: batchOf({ body: decision.id, decisionId: decision.id }) } : {}
        try {
          const { committed } = await store.commit({ at: AT, decision, receipt, ...audit })
          if (committed) acknowledged.push(decision.id)
        } catch (error) {
          expect(isGovernanceError(error, 'store-failed'), String(error)).toBe(true)
          failed.push(decision.id)
          // A failure comes sooner than a success: others get their turn.
          await new Promise(resolve => setImmediate(resolve))
        }
      }
    }
    const done = Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)))
    const until = async (isEnough: () => boolean): Promise<void> => {
      while (!isEnough()) await new Promise(resolve => setImmediate(resolve))
    }
    return {
      acknowledged,
      failed,
      until,
      stop: async () => {
        over.abort()
        await done
      },
    }
  }

  /** All that was acknowledged is there, and of what was reported as failed there is all or nothing. */
  async function isWhole(store: PostgresStore, { acknowledged, failed }: ReturnType<typeof writing>, audited: boolean) {
    for (const id of acknowledged) {
      expect(await store.getDecision(id), id).toBeDefined()
      expect(await store.getReceipt(id), id).toBeDefined()
    }
    const entries = await chainOf(store)
    const said = new Set(entries.map(({ decisionId }) => decisionId))
    if (audited) for (const id of acknowledged) expect(said.has(id), id).toBe(true)
    for (const id of failed) {
      const isThere = (await store.getDecision(id)) !== undefined
      expect((await store.getReceipt(id)) !== undefined, id).toBe(isThere)
      if (audited) expect(said.has(id), id).toBe(isThere)
    }
    expect(new Set(said).size).toBe(entries.length)
  }

  for (const audited of [true, false]) {
    it(`loses nothing it acknowledged when it is restarted in the middle of commits ${audited ? 'with' : 'without'} the audit log`, async () => {
      const store = opened()
      const writers = writing(store, audited)
      for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
        const before = writers.acknowledged.length
        await writers.until(() => writers.acknowledged.length > before + 100)
        const { length } = writers.failed
        await server.down(signal)
        await writers.until(() => writers.failed.length > length)
        await server.up()
      }
      const after = writers.acknowledged.length
      await writers.until(() => writers.acknowledged.length > after + 50)
      await writers.stop()
      await isWhole(store, writers, audited)
      await store.close()
    })
  }

  it('leaves no half of a commit where connections are cut in the middle of it', async () => {
    const store = opened()
    const writers = writing(store, true)
    for (let cut = 0; cut < 25; cut++) {
      const before = writers.acknowledged.length
      await writers.until(() => writers.acknowledged.length > before + 5)
      await server.ask(
        'postgres',
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'countersign'`,
      )
    }
    await writers.stop()
    expect(writers.failed.length).toBeGreaterThan(0)
    await isWhole(store, writers, true)
    await store.close()
  })

  it('lets no call through while it is down, and lets them through again when it is back', async () => {
    const store = opened()
    const governor = createGovernor({ store, policy: { rules: [{ id: 'pay', effect: 'allow' }] } })
    let effects = 0
    let calls = 0
    const bring = async (): Promise<string> => {
      const { status } = await governor.run({ id: `call-${calls++}`, name: 'pay', input: {} }, () => ++effects)
      return status
    }
    expect(await bring()).toBe('executed')
    await server.down()
    expect(await bring()).toBe('blocked')
    expect(await bring()).toBe('blocked')
    expect(effects).toBe(1)
    await server.up()
    expect(await bring()).toBe('executed')
    expect(effects).toBe(2)
    expect(await governor.audit.verify()).toMatchObject({ ok: true })
    await governor.close()
  })
})
