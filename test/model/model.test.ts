import { afterAll, describe, expect, it } from 'vitest'
import { type Exploration, explore } from './explore.js'
import { SCENARIOS } from './scenarios.js'

/** `MODEL=deep` explores every scenario without a bound on preemptions, which takes minutes. */
const isDeep = process.env['MODEL'] === 'deep'

const explored = new Map<string, Exploration>()

afterAll(() => {
  const rows = [...explored].map(([title, { executions, states, steps, depth }]) => ({
    title,
    executions,
    states,
    steps,
    depth,
  }))
  const total = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((sum, row) => sum + of(row), 0)
  console.table(rows)
  console.log(
    `${total(row => row.executions)} executions, ${total(row => row.states)} states, ${total(row => row.steps)} steps`,
  )
})

describe('in every schedule', () => {
  for (const scenario of SCENARIOS) {
    const preemptions = isDeep ? undefined : scenario.preemptions
    const bound = preemptions === undefined ? 'all schedules' : `all with up to ${preemptions} preemptions`
    it(
      `keeps what was promised: ${scenario.title} (${bound})`,
      async () => {
        const found = await explore(scenario, {
          ...(preemptions === undefined ? {} : { preemptions }),
          executions: isDeep ? 1_000_000 : 30_000,
        })
        explored.set(scenario.title, found)
        expect(found.violation).toBeUndefined()
        expect(found.isExhaustive).toBe(true)
      },
      // A search, which waits for nothing: it takes what the machine takes.
      isDeep ? 3_600_000 : 180_000,
    )
  }
})
