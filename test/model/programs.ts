import type { CallScope, GovernorOptions, ToolCall } from 'countersign'
import { type Actor, type ActorSpec, type Behaviour, LEASE_MS, TTL_MS } from './actor.js'
import type { Scenario, World } from './world.js'

/** A scenario, and how far it is explored. */
export interface Explored extends Scenario {
  /** How often somebody may go on while who went last could. @defaultValue without limit */
  readonly preemptions?: number
}

export const SMALL: ToolCall = { id: 'c1', name: 'refund', input: { amount: 5 } }
export const OTHER: ToolCall = { id: 'c2', name: 'refund', input: { amount: 500 } }
export const BIG: ToolCall = { id: 'c1', name: 'refund', input: { amount: 500 } }
/** The lease of whoever runs has run out. */
export const LEASE = LEASE_MS + 1
/** Nobody answered in time, or used the answer. */
export const EXPIRY = TTL_MS + 1

/** A process that brings one call. */
export function runs(
  name: string,
  call: ToolCall,
  scope: CallScope = {},
  behaviour: Behaviour = {},
  more: Partial<ActorSpec> = {},
): ActorSpec {
  return { name, does: async actor => void (await actor.run(call, scope, behaviour)), ...more }
}

/** A person who answers once there is something to answer. */
export function answers(
  name: string,
  resolution: Parameters<Actor['resolve']>[1],
  more: Partial<ActorSpec> = {},
): ActorSpec {
  return { name, survives: true, when: isAsked, does: actor => actor.resolve('c1', resolution), ...more }
}

export const yes = (by: string): Parameters<Actor['resolve']>[1] => ({ resolution: 'approved', by })
export const no = (by: string): Parameters<Actor['resolve']>[1] => ({ resolution: 'rejected', by })

/** Time has passed, and somebody brings the same call again. */
export function again(...calls: readonly ToolCall[]): Scenario['after'] {
  return async actor => {
    actor.world.clocks.advance(LEASE)
    for (const call of calls) await actor.run(call)
  }
}

/** The call was held, and approved. */
export function approvedBefore(call: ToolCall, resolution = yes('grace')): NonNullable<Scenario['setup']> {
  return async actor => {
    await actor.run(call)
    await actor.resolve(call.id, resolution)
  }
}

function isAsked({ facts }: World): boolean {
  return facts.approvals.size > 0
}

const EDITED = { amount: 200 }
export const edit = (by: string): Parameters<Actor['resolve']>[1] => ({ resolution: 'approved', by, input: EDITED })
/** What the checker itself knows of the effect. */
export function found(actor: Actor, key: string): { status: 'succeeded'; output: unknown } | { status: 'not_started' } {
  const effect = actor.world.facts.effects.find(other => other.key === key)
  return effect === undefined
    ? { status: 'not_started' }
    : { status: 'succeeded', output: { paid: (JSON.parse(effect.input) as { amount: number }).amount } }
}

export const IDEMPOTENT = { profile: { annotations: { idempotent: true } } } as const

/** A process whose tool can say what became of an effect. */
export function reconciles(name: string, call: ToolCall): ActorSpec {
  return {
    name,
    does: async actor =>
      void (await actor.run(call, {
        profile: {
          reconcile: ({ key }: { key: string }) => actor.world.park(actor, 'reconcile', [], () => found(actor, key)),
        },
      })),
  }
}

class Interrupt extends Error {}
const isControlFlow = (error: unknown): boolean => error instanceof Interrupt

/** A process whose tool is interrupted the first time, as a graph's node is, and is brought again. */
export function interrupted(name: string, call: ToolCall): ActorSpec {
  return {
    name,
    does: async actor => {
      const throws = ({ fencingToken }: { fencingToken: number }): unknown =>
        fencingToken === 1 ? new Interrupt() : undefined
      const run = async (): Promise<void> => void (await actor.run(call, { isControlFlow }, { throws }))
      await run().catch((error: unknown) => {
        if (!isControlFlow(error)) throw error
        return run()
      })
    },
  }
}

export const THROWS: Behaviour = { throws: () => new Error('it failed') }

export function undoes(actor: Actor): GovernorOptions {
  const { world } = actor
  const undo = (
    _input: unknown,
    _output: unknown,
    { idempotencyKey: key }: { readonly idempotencyKey: string },
  ): Promise<void> =>
    world.park(actor, 'undo takes place', [], () => {
      world.facts.undone.push(key)
      world.happened({ type: 'undone', key })
    })
  return { tools: { refund: { undo } } }
}

export const once = (...actors: readonly ActorSpec[]): Pick<Scenario, 'actors'> => ({ actors })
