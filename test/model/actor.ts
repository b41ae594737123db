import {
  type Approval,
  createGovernor,
  definePolicy,
  type Execution,
  type Governor,
  type GovernorOptions,
  isGovernanceError,
  type Resolution,
  type ToolCall,
} from 'countersign'
import type { CallScope, ExecutionContext } from 'countersign'
import type { Effect } from './facts.js'
import { hashed } from './names.js'
import type { World } from './world.js'

// Loading it takes real time, and no schedule waits for that: whoever asks for it would wait for ever.
await import('../../src/later.js')

export const LEASE_MS = 300
export const TTL_MS = 2000

/** A process, or a person at a process of their own. */
export interface ActorSpec {
  readonly name: string
  readonly does: (actor: Actor) => Promise<void>
  readonly options?: GovernorOptions
  /** When it can begin. @defaultValue at once */
  readonly when?: (world: World) => boolean
  /** It never dies. @defaultValue false */
  readonly survives?: boolean
}

/** What a tool does instead of its effect. */
export interface Behaviour {
  /** @defaultValue it throws nothing */
  readonly throws?: (context: ExecutionContext) => unknown
}

const POLICY = definePolicy({
  name: 'desk',
  rules: [
    { id: 'big', tools: ['refund'], when: { 'input.amount': { gt: 100 } }, effect: 'require_approval', reason: 'big' },
    { id: 'small', tools: ['refund'], when: { 'input.amount': { lte: 100 } }, effect: 'allow', reason: 'small' },
  ],
})

/** Whether the policy of the scenarios asks a person about it. */
export function isHeld(input: string): boolean {
  return (JSON.parse(input) as { readonly amount: number }).amount > 100
}

/** A governor of its own, and what is done with it. */
export class Actor {
  readonly spec: ActorSpec
  readonly governor: Governor
  isRunning = false
  isCrashed = false
  readonly #world: World
  /** Of all it has been told: what it does next is a function of it. */
  #history = ''
  #lookedAt = 0
  #asked: (Resolution & { readonly callId: string }) | undefined

  constructor(world: World, spec: ActorSpec) {
    this.#world = world
    this.spec = spec
    this.governor = createGovernor({
      policy: POLICY,
      ledger: { leaseMs: LEASE_MS },
      approvals: { ttlMs: TTL_MS },
      resilience: { deadlineMs: 1_000_000_000 },
      // What it holds is checked elsewhere, and decides nothing.
      audit: false,
      ...world.scenario.options?.(this),
      ...spec.options,
      store: world.storeOf(this),
      clock: world.clocks.of(spec.name, now => this.#looked(now)),
    })
  }

  get name(): string {
    return this.spec.name
  }

  get isWaiting(): boolean {
    return this.isRunning && !this.isCrashed
  }

  get world(): World {
    return this.#world
  }

  crash(): void {
    this.isCrashed = true
    this.isRunning = false
  }

  /** What it was told in one instant, at which it may not have looked at the clock. */
  learned(what: string): void {
    this.#history = hashed(`${this.#history} ${what}`)
  }

  /** What a process that is gone knew does not matter any more. */
  state(): string {
    return this.isCrashed ? 'gone' : `${this.#history} ${this.isRunning}`
  }

  /** Brings a call; what comes of it is checked. */
  async run(call: ToolCall, scope: CallScope = {}, behaviour: Behaviour = {}): Promise<Execution> {
    const { facts } = this.#world
    const proposal = JSON.stringify([call.id, call.input])
    const before = facts.calls.length
    const known = facts.statesOf(proposal).length
    const execution = await this.governor.run(call, this.#tool(call, behaviour), {
      sessionId: 's',
      user: 'ada',
      ...scope,
    })
    const own = facts.calls.slice(before).filter(({ actor }) => actor === this.name)
    const states = known === 0 ? ['none'] : facts.statesOf(proposal).slice(known - 1)
    this.#world.happened({ type: 'answer', actor: this.name, call, execution, own, states })
    return execution
  }

  /** A person's answer to the newest request about a call; a refusal of the answer is one too. */
  async resolve(callId: string, resolution: Resolution): Promise<void> {
    const [approval] = await this.governor.approvals.list({ callId })
    if (approval === undefined) return
    const { by } = resolution
    this.#asked = { callId, ...resolution }
    try {
      const resolved = await this.governor.approvals.resolve(approval.id, resolution)
      this.#world.happened({ type: 'resolved', by, resolution: resolution.resolution, approval: resolved })
    } catch (error) {
      if (!isGovernanceError(error)) throw error
    }
  }

  /** A person means the request as it is when the governor looks it up for the answer. */
  shown(approval: Approval): void {
    if (this.#asked === undefined) return
    const { callId, resolution, by, input } = this.#asked
    this.#asked = undefined
    const edited = approval.status === 'pending' ? approval.edit?.input : undefined
    this.says(callId, resolution, by, input ?? edited ?? approval.call.input)
  }

  /** What a person means, as the checker knows it. */
  says(callId: string, resolution: 'approved' | 'rejected', by: string, input: unknown): void {
    this.#world.facts.said.push({ by, resolution, callId, input: JSON.stringify(input), at: this.#world.clocks.now })
  }

  #looked(now: number): void {
    if (now === this.#lookedAt) return
    this.#lookedAt = now
    this.learned(`it is ${now}`)
  }

  #tool(call: ToolCall, { throws }: Behaviour) {
    const world = this.#world
    const { facts, clocks } = world
    return async (context: ExecutionContext): Promise<unknown> => {
      const effect: Effect = {
        actor: this.name,
        proposal: JSON.stringify([call.id, call.input]),
        callId: call.id,
        key: context.idempotencyKey,
        fence: context.fencingToken,
        input: JSON.stringify(context.input),
        at: clocks.now,
      }
      facts.calls.push(effect)
      world.happened({ type: 'call', effect })
      const thrown = throws?.(context)
      if (thrown !== undefined) throw thrown
      const output = { paid: (context.input as { readonly amount: number }).amount }
      await world.park(this, 'effect takes place', [], () => {
        facts.effects.push(effect)
        facts.outputs.set(effect.proposal, [...(facts.outputs.get(effect.proposal) ?? []), JSON.stringify(output)])
        world.happened({ type: 'effect', effect })
      })
      await world.park(this, 'tool returns', [], () => undefined)
      return output
    }
  }
}
