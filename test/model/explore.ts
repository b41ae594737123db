import { type Scenario, type Violation, World } from './world.js'

/** How far a scenario is explored. */
export interface Bounds {
  /** How often somebody may go on while who went last could. @defaultValue without limit */
  readonly preemptions?: number
  /** Executions after which the search is given up as not exhaustive. @defaultValue 50_000 */
  readonly executions?: number
}

/** What was explored. */
export interface Exploration {
  /** All there is within the bounds was seen. */
  readonly isExhaustive: boolean
  readonly executions: number
  readonly states: number
  readonly steps: number
  /** Steps of the longest schedule. */
  readonly depth: number
  readonly violation: Violation | undefined
}

interface Frame {
  readonly labels: readonly string[]
  readonly costs: readonly number[]
  index: number
}

/**
 * A stateless model checker: runs a scenario again and again, each time along another schedule, depth first, until there
 * is none left. In the manner of VeriSoft (Godefroid, "Model checking for programming languages using VeriSoft", POPL
 * 1997) and CHESS (Musuvathi et al., "Finding and reproducing Heisenbugs in concurrent programs", OSDI 2008), from which
 * the bound on preemptions comes too. A state that was met before, with as many preemptions left, is not gone on from: a
 * process is a function of what it was told, so that the same store and the same histories can only lead to the same.
 *
 * Stops at the first violation.
 */
export async function explore(scenario: Scenario, bounds: Bounds = {}): Promise<Exploration> {
  const { preemptions = Number.POSITIVE_INFINITY, executions: maxExecutions = 50_000 } = bounds
  const seen = new Map<string, number>()
  const stack: Frame[] = []
  const found = { executions: 0, steps: 0, depth: 0 }
  for (;;) {
    const world = await World.of(scenario)
    found.executions++
    const isNew = await follow(world, stack, seen, preemptions)
    found.steps += world.trace.length
    found.depth = Math.max(found.depth, world.trace.length)
    if (isNew && world.violation === undefined) await world.finish()
    const isOver = !backtrack(stack)
    if (isOver || world.violation !== undefined || found.executions >= maxExecutions) {
      const isExhaustive = isOver && world.violation === undefined
      return { ...found, isExhaustive, states: seen.size, violation: world.violation }
    }
  }
}

/** Follows a schedule to its end; whether it came there, and not to a state that is known. */
async function follow(world: World, stack: Frame[], seen: Map<string, number>, preemptions: number): Promise<boolean> {
  let left = preemptions
  for (let depth = 0; world.violation === undefined; depth++) {
    const choices = world.choices()
    let frame = stack[depth]
    if (frame === undefined) {
      const state = Number.isFinite(preemptions) ? `${world.last} ${world.state()}` : world.state()
      if ((seen.get(state) ?? -1) >= left) return false
      seen.set(state, left)
      const able = choices.filter(({ preempts }) => !preempts || left > 0)
      if (able.length === 0) return true
      frame = { labels: able.map(({ label }) => label), costs: able.map(({ preempts }) => Number(preempts)), index: 0 }
      stack.push(frame)
    }
    const label = frame.labels[frame.index]
    const choice = choices.find(other => other.label === label)
    if (choice === undefined) throw new Error(`not the same twice: "${label}" after\n${world.trace.join('\n')}`)
    left -= frame.costs[frame.index] ?? 0
    await world.take(choice)
  }
  return true
}

/** Turns to the next schedule; whether there is one. */
function backtrack(stack: Frame[]): boolean {
  for (let last = stack.at(-1); last !== undefined; last = stack.at(-1)) {
    if (last.index + 1 < last.labels.length) {
      last.index++
      return true
    }
    stack.pop()
  }
  return false
}
