import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { explore } from './explore.js'
import { type Planted, type Plant, plants, type Real } from './plants.js'
import { SCENARIOS } from './scenarios.js'
import type { Violation } from './world.js'

const planted = vi.hoisted((): { now: Planted } => ({ now: {} }))

/** The real module, whose functions are those that are planted, while any are. */
const { open } = vi.hoisted(() => ({
  open: (real: object, name: keyof Planted): object =>
    Object.fromEntries(
      Object.entries(real).map(([method, original]) => [
        method,
        typeof original === 'function'
          ? (...args: unknown[]): unknown =>
              ((planted.now[name] as Record<string, typeof original> | undefined)?.[method] ?? original)(...args)
          : original,
      ]),
    ),
}))

vi.mock('../../src/execute/ledger/machine.js', async original => open(await original(), 'ledger'))
vi.mock('../../src/enforce/approval/machine.js', async original => open(await original(), 'approvals'))
vi.mock('../../src/enforce/approval/grant.js', async original => open(await original(), 'grants'))
vi.mock('../../src/capture/key.js', async original => open(await original(), 'key'))

const real: Real = {
  ledger: await vi.importActual('../../src/execute/ledger/machine.js'),
  approvals: await vi.importActual('../../src/enforce/approval/machine.js'),
}

const shortest: string[] = []

beforeEach(() => {
  planted.now = {}
})

afterAll(() => {
  console.log(shortest.join('\n\n'))
})

describe('a mistake in a transition is found', () => {
  for (const plant of plants(real)) {
    it(`${plant.title} (${plant.caughtBy.join(', ')})`, async () => {
      planted.now = plant
      for (const invariant of plant.caughtBy) {
        const violation = await find(plant, invariant)
        expect(violation?.invariant).toBe(invariant)
        if (invariant !== plant.caughtBy[0]) continue
        const { problem, schedule } = violation as Violation
        shortest.push(`${plant.title}: ${invariant}, as ${problem}\n  ${schedule.join('\n  ')}`)
      }
    })
  }
})

/** With as few preemptions as it takes: few are enough for most mistakes, and make for a schedule that can be read. */
async function find(
  { scenario: title, store }: Plant,
  only: Plant['caughtBy'][number],
): Promise<Violation | undefined> {
  const scenario = SCENARIOS.find(known => known.title === title)
  if (scenario === undefined) throw new Error(`there is no scenario "${title}"`)
  for (let preemptions = 0; preemptions <= 3; preemptions++) {
    const { violation } = await explore(
      { ...scenario, only, ...(store === undefined ? {} : { store }) },
      { preemptions },
    )
    if (violation !== undefined) return violation
  }
  return undefined
}
