import type { TraceEvent } from './data.ts'
import { prequential } from './prequential.ts'
import type { Scored } from './scores.ts'

/** A way of leaving groups out. */
export interface Grouping {
  readonly name: string
  readonly scored: Scored
}

const FOLDS = 4

/**
 * Whole tasks, whole attackers' goals, and both left out: fold by fold, what is left out is predicted on and never learnt
 * from. Where there are goals, every second trajectory is used; runs that nobody attacked belong to no goal: they are
 * learnt from unless their task is left out, and scored with it.
 */
export function leaveGroupsOut(events: readonly TraceEvent[]): readonly Grouping[] {
  const tasks = folds(events.map(({ group }) => group))
  const goals = folds(events.map(({ goal }) => goal))
  if (tasks.size < FOLDS) return []
  const task = (event: TraceEvent): number => tasks.get(event.group ?? '') ?? 0
  if (goals.size < FOLDS)
    return [
      grouping(
        'groups left out',
        events,
        event => task(event),
        () => -1,
      ),
    ]
  const half = everySecond(events)
  const goal = (event: TraceEvent): number => (event.goal === undefined ? -1 : (goals.get(event.goal) ?? 0))
  return [
    grouping('unseen task', half, task, () => -1),
    grouping(
      'unseen goal',
      half,
      () => -1,
      event => (event.goal === undefined ? task(event) : goal(event)),
      goal,
    ),
    both(half, task, goal),
  ]
}

function grouping(
  name: string,
  events: readonly TraceEvent[],
  one: (event: TraceEvent) => number,
  other: (event: TraceEvent) => number,
  held = other,
): Grouping {
  const passes = Array.from({ length: FOLDS }, (_, fold) =>
    prequential(events, {
      isHeldOut: event => one(event) === fold || held(event) === fold,
      counts: event => one(event) === fold || other(event) === fold,
    }),
  )
  return { name, scored: pool(passes) }
}

function both(
  events: readonly TraceEvent[],
  task: (event: TraceEvent) => number,
  goal: (event: TraceEvent) => number,
): Grouping {
  const pairs = Array.from({ length: FOLDS * FOLDS }, (_, pair) => [Math.floor(pair / FOLDS), pair % FOLDS] as const)
  const passes = pairs.map(([left, right]) =>
    prequential(events, {
      isHeldOut: event => task(event) === left || goal(event) === right,
      counts: event => task(event) === left && (goal(event) === right || (goal(event) === -1 && left === right)),
    }),
  )
  return { name: 'both unseen', scored: pool(passes) }
}

function pool(passes: readonly { readonly scored: Scored }[]): Scored {
  return { risk: passes.flatMap(({ scored }) => scored.risk), bad: passes.flatMap(({ scored }) => scored.bad) }
}

/** Groups dealt out in alphabetical order. */
function folds(groups: readonly (string | undefined)[]): ReadonlyMap<string, number> {
  const names = [...new Set(groups.filter(group => group !== undefined))].toSorted()
  return new Map(names.map((name, index) => [name, index % FOLDS]))
}

function everySecond(events: readonly TraceEvent[]): readonly TraceEvent[] {
  const kept = new Map<string, boolean>()
  for (const { trajectory } of events) if (!kept.has(trajectory)) kept.set(trajectory, kept.size % 2 === 0)
  return events.filter(({ trajectory }) => kept.get(trajectory))
}
