import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Approval, createGovernor, type Governor, type Receipt } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Process, start } from './processes.js'
import type { Brought, Kind, Task } from './task.js'

/** `CRASHES=n` dies more often. */
const CRASHES = Number(process.env['CRASHES'] ?? 4000)
const CALLS_PER_PROCESS = 32
/** More than any call passes, so that some of them come to their end. */
const EDGES = 40
const KINDS: readonly Kind[] = ['allowed', 'held', 'idempotent', 'reconciled']
const MINUTE_MS = 60_000
const BEGIN = Date.UTC(2026, 0, 5, 12)

const directory = mkdtempSync(join(tmpdir(), 'countersign-crash-'))

afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** The files of one run. */
class Site {
  readonly #name: string
  #round = 0

  constructor(name: string) {
    this.#name = name
  }

  /** What a process does, a minute after the one before. */
  task(calls: readonly Brought[], more: Partial<Task> = {}): Task {
    this.#round++
    return { ...this.#paths(), now: BEGIN + this.#round * MINUTE_MS, calls, ...more }
  }

  /** How often the effect of each call took place. */
  effects(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const [id = ''] of this.#lines('bank')) counts.set(id, (counts.get(id) ?? 0) + 1)
    return counts
  }

  /** What a process was told, and wrote down after. */
  acknowledged(what: string): readonly (readonly string[])[] {
    return this.#lines('acknowledged').filter(([said]) => said === what)
  }

  governor(): Governor {
    const now = BEGIN + (this.#round + 1) * MINUTE_MS
    return createGovernor({
      store: sqliteStore(this.#paths().database),
      clock: { now: () => now, after: () => () => undefined },
    })
  }

  #paths(): Pick<Task, 'database' | 'bank' | 'acknowledged'> {
    const path = (file: string): string => join(directory, `${this.#name}.${file}`)
    return { database: path('db'), bank: path('bank'), acknowledged: path('acknowledged') }
  }

  #lines(file: 'bank' | 'acknowledged'): readonly (readonly string[])[] {
    const path = this.#paths()[file]
    return existsSync(path)
      ? readFileSync(path, 'utf8')
          .trim()
          .split('\n')
          .map(line => line.split(' '))
      : []
  }
}

/** What is left in the store in the end. */
interface Remains {
  readonly receipts: ReadonlyMap<string, Receipt>
  readonly approvals: ReadonlyMap<string, Approval>
  readonly unknown: readonly string[]
  readonly isWhole: boolean
}

async function remainsOf(site: Site): Promise<Remains> {
  await using governor = site.governor()
  const receipts = await all(
    before => governor.receipts.list({ limit: 1000, ...before }),
    ({ key }) => key,
  )
  const approvals = await all(
    before => governor.approvals.list({ limit: 1000, ...before }),
    ({ id }) => id,
  )
  const unknown = await all(
    before => governor.receipts.list({ status: 'unknown', limit: 1000, ...before }),
    ({ key }) => key,
  )
  const { ok } = await governor.audit.verify()
  return {
    receipts: new Map(receipts.map(receipt => [receipt.callId, receipt])),
    approvals: new Map(approvals.map(approval => [approval.call.id, approval])),
    unknown: unknown.map(({ callId }) => callId),
    isWhole: ok,
  }
}

async function all<T>(
  list: (page: { readonly before?: string }) => Promise<readonly T[]>,
  idOf: (item: T) => string,
): Promise<readonly T[]> {
  const found: T[] = []
  for (let page = await list({}); page.length > 0;) {
    found.push(...page)
    const last = page.at(-1)
    page = last === undefined ? [] : await list({ before: idOf(last) })
  }
  return found
}

/** One call of each kind stands still at each edge, one after the other; each is brought again, and may stand still again. */
function* crashes(count: number): Generator<readonly Brought[]> {
  let brought: readonly Brought[] = []
  for (let first = 0; first < count; first += CALLS_PER_PROCESS) {
    const fresh = Array.from({ length: CALLS_PER_PROCESS }, (_, offset): Brought => {
      const index = first + offset
      return {
        id: `c${index}`,
        kind: KINDS[index % KINDS.length] ?? 'allowed',
        edge: Math.floor(index / KINDS.length) % EDGES,
      }
    })
    const again = brought
      .filter((_, index) => index % 2 === 0)
      .map(({ id, kind }, index) => ({ id, kind, edge: (index * 7 + first) % EDGES }))
    yield [...fresh, ...again]
    brought = fresh
  }
}

describe('processes that are killed', { timeout: 600_000 }, () => {
  const site = new Site('edges')
  const calls = new Map<string, Kind>()
  let stood = 0
  let kills = 0
  let remains: Remains
  let last: Awaited<Process['ended']>
  let effects: ReadonlyMap<string, number>

  beforeAll(async () => {
    for (const round of crashes(CRASHES)) {
      const { signal, answers } = await start(site.task(round, { dies: true })).ended
      expect(signal).toBe('SIGKILL')
      kills++
      stood += round.length - answers.length
      for (const { id, kind } of round) calls.set(id, kind)
    }
    last = await start(site.task([...calls].map(([id, kind]) => ({ id, kind })))).ended
    effects = site.effects()
    remains = await remainsOf(site)
    const { length: unknown } = remains.unknown
    console.log(
      `${kills} processes killed, ${stood} calls cut off at ${EDGES} edges; ${calls.size} calls, ${effects.size} effects, ${unknown} unknown`,
    )
  }, 600_000)

  it('leave no effect that took place twice, unless its tool is idempotent', () => {
    expect(stood).toBeGreaterThan(CRASHES / 2)
    const twice = [...effects].filter(([id, count]) => count > 1 && calls.get(id) !== 'idempotent')
    expect(twice).toEqual([])
    // An effect that takes place twice would be seen: one that may, does.
    expect([...effects].some(([id, count]) => count > 1 && calls.get(id) === 'idempotent')).toBe(true)
  })

  it('have lost no effect that they were told had taken place', () => {
    const told = site.acknowledged('executed').map(([, id = '']) => id)
    expect(told.length).toBeGreaterThan(100)
    expect(told.filter(id => remains.receipts.get(id)?.status !== 'succeeded' || !effects.has(id))).toEqual([])
  })

  it('have lost no approval that they were told was given', () => {
    const told = site.acknowledged('resolved').map(([, id = '']) => id)
    expect(told.length).toBeGreaterThan(50)
    const lost = told.filter(id => !remains.approvals.get(id)?.votes.some(({ by }) => by === 'grace'))
    expect(lost).toEqual([])
    expect(told.filter(id => !['approved', 'consumed'].includes(remains.approvals.get(id)?.status ?? ''))).toEqual([])
  })

  it('have used no approval without a receipt, and begun nothing that was held without an approval', () => {
    const held = [...calls].filter(([, kind]) => kind === 'held').map(([id]) => id)
    const used = held.filter(id => remains.approvals.get(id)?.status === 'consumed')
    expect(used.length).toBeGreaterThan(50)
    expect(used.filter(id => remains.receipts.get(id)?.approvalId !== remains.approvals.get(id)?.id)).toEqual([])
    expect(held.filter(id => effects.has(id) && !used.includes(id))).toEqual([])
  })

  it('leave what is unknown listed, and it is refused', () => {
    expect(remains.unknown.length).toBeGreaterThan(20)
    const refused = last.answers.filter(({ status }) => status === 'blocked').map(({ id }) => id)
    expect(refused.toSorted()).toEqual(remains.unknown.toSorted())
    const kinds = new Set(remains.unknown.map(id => calls.get(id)))
    expect([...kinds].filter(kind => kind !== 'allowed' && kind !== 'held')).toEqual([])
  })

  it('leave everything else to be executed by whoever brings it again, once', () => {
    const done = last.answers.filter(({ status }) => status === 'executed')
    expect(done.length + remains.unknown.length).toBe(calls.size)
    expect(done.filter(({ id, output }) => output !== 'paid' || !effects.has(id))).toEqual([])
  })

  it('leave an audit log that is whole', () => {
    expect(remains.isWhole).toBe(true)
  })
})

describe('processes that are killed at any moment', { timeout: 120_000 }, () => {
  it('leave no effect that took place twice, nothing that was told lost, and a log that is whole', async () => {
    const site = new Site('moments')
    const kinds = KINDS.filter(kind => kind !== 'idempotent')
    const kills = Math.max(20, Math.floor(CRASHES / 80))
    const calls = Array.from({ length: kills * 20 + 180 }, (_, index): Brought => ({
      id: `m${index}`,
      kind: kinds[index % kinds.length] ?? 'held',
    }))
    for (let kill = 0; kill < kills; kill++) {
      const window = calls.slice(kill * 20, kill * 20 + 200)
      const victim = start(site.task(window, { waits: true }))
      await victim.ready
      victim.go()
      await new Promise(resolve => {
        setTimeout(resolve, (kill * 13) % 60)
      })
      victim.kill()
      await victim.ended
    }
    const { answers } = await start(site.task(calls)).ended
    const effects = site.effects()
    const { receipts, unknown, isWhole } = await remainsOf(site)
    console.log(`${kills} processes killed at any moment; ${effects.size} effects, ${unknown.length} unknown`)
    expect([...effects].filter(([, count]) => count > 1)).toEqual([])
    const told = site.acknowledged('executed').map(([, id = '']) => id)
    expect(told.filter(id => receipts.get(id)?.status !== 'succeeded' || !effects.has(id))).toEqual([])
    expect(answers.filter(({ status }) => status === 'executed').length + unknown.length).toBe(calls.length)
    expect(isWhole).toBe(true)
  })
})

describe('two processes on one file', { timeout: 60_000 }, () => {
  it('begin a call that both bring once, and both are given its result', async () => {
    const site = new Site('race')
    const calls = Array.from({ length: 100 }, (_, index): Brought => ({
      id: `r${index}`,
      kind: index % 2 === 0 ? 'held' : 'allowed',
    }))
    const task = site.task(calls, { waits: true })
    const racers = [start(task), start(task)]
    await Promise.all(racers.map(({ ready }) => ready))
    for (const racer of racers) racer.go()
    const ended = await Promise.all(racers.map(racer => racer.ended))
    const effects = site.effects()
    expect(effects.size).toBe(calls.length)
    expect([...effects].filter(([, count]) => count !== 1)).toEqual([])
    for (const { answers } of ended) {
      expect(answers.filter(({ status, output }) => status === 'executed' && output === 'paid').length).toBe(
        calls.length,
      )
    }
  })
})
