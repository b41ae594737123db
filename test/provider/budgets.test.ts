import * as fc from 'fast-check'
import { type BudgetOptions, isGovernanceError, isModelError, memoryStore, type Scope, type Store } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { broken, guardWorld, inTime, MAIN, pending, request, settled, SPARE, status, told } from './support.js'

const answering =
  (inputTokens: number, outputTokens: number, cachedInputTokens = 0) =>
  async () => ({
    text: 'hi',
    usage: { inputTokens, outputTokens, cachedInputTokens },
  })
const small = { estimateTokens: () => 10, expectedOutputTokens: 10 }
const folder = mkdtempSync(join(tmpdir(), 'countersign-budgets-'))
let files = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const stores: Readonly<Record<string, () => Store | undefined>> = {
  'this process': () => undefined,
  'a memory store': () => memoryStore(),
  SQLite: () => sqliteStore(join(folder, `${files++}.db`)),
}

describe.each(Object.entries(stores))('a budget counted in %s', (_, make) => {
  const world = async (options: Parameters<typeof guardWorld>[0]) => {
    const store = make()
    return guardWorld({ ...small, ...options, ...(store === undefined ? {} : { store }) })
  }

  it('is never exceeded by requests at the same time, and never counts one that failed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean()), { minLength: 1, maxLength: 12 }),
        async requests => {
          const { guard } = await world({
            budgets: [{ name: 'b', per: 'all', tokens: 100 }],
            retry: { attempts: 1 },
            circuitBreaker: false,
          })
          let used = 0
          const results = await Promise.allSettled(
            requests.map(([tokens, fails]) =>
              guard.run(request(), async () => {
                await Promise.resolve()
                if (fails) throw status(500)
                used += tokens
                return { text: '', usage: { inputTokens: tokens, outputTokens: 0 } }
              }),
            ),
          )
          expect(used).toBeLessThanOrEqual(100)
          for (const [index, result] of results.entries())
            if (result.status === 'rejected' && !requests[index]?.[1])
              expect(isModelError(result.reason, 'budget')).toBe(true)
          // What is left can be used to the last token that fits.
          let more = 0
          while (more < 200) {
            const fits = await guard.run(request(), answering(1, 0)).then(
              () => true,
              () => false,
            )
            if (!fits) break
            more++
          }
          expect(used + more).toBe(Math.max(used, 81))
        },
      ),
      { numRuns: 10 },
    )
  })

  it('has room again exactly when what was used leaves the window, however long the answer took', async () => {
    const { guard, clock } = await world({ budgets: [{ name: 'b', per: 'all', tokens: 30, window: '1h' }] })
    const { promise, resolve } = Promise.withResolvers<void>()
    const slow = guard.run(request(), async () => {
      await promise
      return answering(20, 5)()
    })
    await settled()
    clock.advance(60_000)
    resolve()
    await slow
    await expect(guard.run(request(), answering(1, 1))).rejects.toSatisfy(e => isModelError(e, 'budget'))
    clock.advance(3_600_000 - 60_001)
    await expect(guard.run(request(), answering(1, 1))).rejects.toSatisfy(e => isModelError(e, 'budget'))
    clock.advance(1)
    await guard.run(request(), answering(10, 10))
    await expect(guard.run(request(), answering(1, 1))).rejects.toSatisfy(e => isModelError(e, 'budget'))
  })

  it.each([
    ['UTC', undefined, '2026-03-28T12:00Z', '2026-03-29T00:00Z'],
    ['a zone with summer time, whose day has 23 hours', 'Europe/Berlin', '2026-03-28T23:00Z', '2026-03-29T22:00Z'],
    ['a zone with summer time, whose day has 25 hours', 'Europe/Berlin', '2026-10-24T22:00Z', '2026-10-25T23:00Z'],
    ['a zone ahead of it', 'Pacific/Kiritimati', '2026-11-28T10:00Z', '2026-11-29T10:00Z'],
  ])('begins anew at midnight, in %s', async (_zone, timeZone, from, midnight) => {
    const budget = { name: 'b', per: 'all', tokens: 30, window: 'day', ...(timeZone === undefined ? {} : { timeZone }) }
    const { guard, clock } = await world({ budgets: [budget as BudgetOptions] })
    clock.advance(Date.parse(from) - clock.now())
    await guard.run(request(), answering(20, 5))
    clock.advance(Date.parse(midnight) - 1 - clock.now())
    await expect(guard.run(request(), answering(1, 1))).rejects.toSatisfy(e => isModelError(e, 'budget'))
    clock.advance(1)
    await guard.run(request(), answering(20, 5))
    await expect(guard.run(request(), answering(1, 1))).rejects.toSatisfy(e => isModelError(e, 'budget'))
  })

  it('counts a request on the day it was sent, also when it is answered on the next', async () => {
    const { guard, clock } = await world({ budgets: [{ name: 'b', per: 'all', tokens: 30, window: 'day' }] })
    clock.advance(Date.parse('2026-11-28T23:59:30Z') - clock.now())
    const { promise, resolve } = Promise.withResolvers<void>()
    const slow = guard.run(request(), async () => {
      await promise
      return answering(1, 0)()
    })
    await settled()
    clock.advance(31_000)
    resolve()
    await slow
    // Neither the reservation nor what is given back of it is the new day's.
    await guard.run(request(), answering(10, 10))
    await expect(guard.run(request(), answering(1, 1))).rejects.toSatisfy(e => isModelError(e, 'budget'))
  })

  it.each([
    ['actor', { actor: 'a' }, { actor: 'b' }],
    ['user', { user: 'a' }, { user: 'b' }],
    ['session', { sessionId: 'a' }, { sessionId: 'b' }],
    ['tenant', { tenant: 'a' }, { tenant: 'b' }],
    ['actor', { actor: 'a', tenant: 'x' }, { actor: 'a', tenant: 'y' }],
  ] as const)('per %s has the whole of it for each', async (per, one: Scope, other: Scope) => {
    const { guard } = await world({ budgets: [{ name: 'b', per, tokens: 25 }] })
    await guard.run(request({ scope: one }), answering(20, 0))
    await expect(guard.run(request({ scope: one }), answering(1, 0))).rejects.toSatisfy(e => isModelError(e, 'budget'))
    await guard.run(request({ scope: other }), answering(1, 0))
  })
})

describe('a budget in money', () => {
  const prices = {
    'test/main': { input: 2, output: 10, cachedInput: 0.5 },
    spare: { input: 0.1, output: 0.2 },
  }

  it('counts input, cached input and output at their prices', async () => {
    const { guard, events } = await guardWorld({ ...small, prices, budgets: [{ name: 'b', per: 'all', cost: 1 }] })
    await guard.run(request(), answering(1_000_000, 10_000, 900_000))
    const ended = events.find(event => event.type === 'model-request-ended')
    expect(ended?.type === 'model-request-ended' && ended.cost).toBeCloseTo(0.2 + 0.45 + 0.1, 10)
  })

  it('goes on to a cheaper model, or refuses', async () => {
    const budget = { name: 'euros', per: 'all', cost: 0.0001 } as const
    for (const exceeded of ['next_model', 'refuse'] as const) {
      const { guard, events } = await guardWorld({ ...small, prices, budgets: [{ ...budget, exceeded }] })
      const asked = guard.run(request({ targets: [MAIN, SPARE] }), async ({ model }) => ({ text: model }))
      if (exceeded === 'next_model') expect(await asked).toEqual({ text: 'spare' })
      else await expect(asked).rejects.toSatisfy(e => isModelError(e, 'budget') && e.code === 'budget-exceeded')
      expect(events[0]).toMatchObject({ type: 'model-skipped', kind: 'budget', budget: 'euros', model: 'main' })
    }
  })

  it('may speak of some models only', async () => {
    const { guard } = await guardWorld({
      ...small,
      prices: { main: { input: 1, output: 1 } },
      budgets: [{ name: 'b', per: 'all', cost: 0, models: ['main'] }],
    })
    await expect(guard.run(request(), answering(1, 1))).rejects.toSatisfy(e => isModelError(e, 'budget'))
    await guard.run(request({ targets: [SPARE] }), answering(1, 1))
  })

  it('refuses a model without a price, at start-up where it is asked', async () => {
    const { guard } = await guardWorld({ prices, budgets: [{ name: 'b', per: 'all', cost: 1 }] })
    const target = { provider: 'test', model: 'mian' }
    expect(() => guard.check([target])).toThrow(
      /prices\.test\/mian.*nobody said what test\/mian costs.*Did you mean "test\/main"\?/,
    )
    await expect(guard.run(request({ targets: [target, MAIN] }), answering(1, 1))).rejects.toThrow('nobody said')
  })
})

describe('what is set aside', () => {
  const budgets = [{ name: 'b', per: 'all', tokens: 30 }] as const

  it('stays counted where nobody knows what it took: the answer does not say, or was given up on', async () => {
    for (const ask of [
      async (world: Awaited<ReturnType<typeof guardWorld>>) => {
        await world.guard.run(request(), async () => ({ text: 'no usage' }))
      },
      async (world: Awaited<ReturnType<typeof guardWorld>>) => {
        const never = (_: unknown, { signal }: { readonly signal: AbortSignal }) => pending(signal)
        await inTime(world.clock, world.guard.run(request(), never)).catch(() => undefined)
      },
    ]) {
      const world = await guardWorld({ ...small, budgets, retry: { attempts: 1 } })
      await ask(world)
      await expect(world.guard.run(request(), answering(1, 0))).rejects.toSatisfy(e => isModelError(e, 'budget'))
    }
  })

  it('is free again where nothing was answered', async () => {
    const { guard, clock } = await guardWorld({ ...small, budgets, retry: { attempts: 1 } })
    await inTime(
      clock,
      guard.run(request(), () => Promise.reject(broken())),
    ).catch(() => undefined)
    await guard.run(request(), answering(20, 0))
  })

  it('is refused where the store fails, and told where it cannot be settled', async () => {
    let isDown = false
    const memory = memoryStore()
    const store: Store = {
      ...memory,
      commit: commit => (isDown ? Promise.reject(new Error('disk')) : memory.commit(commit)),
    }
    const { guard, events } = await guardWorld({ ...small, budgets, store })
    const answered = await guard.run(request(), async () => {
      isDown = true
      return answering(1, 0)()
    })
    expect(answered.text).toBe('hi')
    expect(told(events)).toContain('unsettled')
    await expect(guard.run(request(), answering(1, 0))).rejects.toSatisfy(e => isGovernanceError(e, 'store-failed'))
  })

  it('holds up nobody whose store does not answer', async () => {
    const store: Store = { ...memoryStore(), commit: () => new Promise(() => undefined) }
    const { guard, clock } = await guardWorld({ ...small, budgets, store })
    await expect(inTime(clock, guard.run(request(), answering(1, 0)))).rejects.toSatisfy(e =>
      isModelError(e, 'timeout'),
    )
  })
})

it('processes on one file share a budget, and use all of it', async () => {
  const program = fileURLToPath(new URL('budget-child.ts', import.meta.url))
  const database = join(folder, 'shared.db')
  const run = promisify(execFile)
  const said = await Promise.all(
    Array.from({ length: 4 }, () => run(process.execPath, [program, database, '40'], { encoding: 'utf8' })),
  )
  const results = said.map(({ stdout }) => JSON.parse(stdout) as { answered: number; others: string[] })
  expect(results.flatMap(({ others }) => others)).toEqual([])
  // 25 are set aside for each, and 20 are used.
  const answered = results.reduce((sum, each) => sum + each.answered, 0)
  expect(answered).toBeGreaterThanOrEqual(40)
  expect(answered).toBeLessThanOrEqual(50)
})
