import {
  type Approval,
  type Commit,
  type CommitResult,
  type GovernorOptions,
  memoryStore,
  type Store,
} from 'countersign'
import { Actor, type ActorSpec } from './actor.js'
import { Clocks } from './clocks.js'
import { Facts, type Happened } from './facts.js'
import { type InvariantName, INVARIANTS } from './invariants.js'
import { hashed, Names } from './names.js'

/** A small program for a few processes and people on one store. */
export interface Scenario {
  readonly title: string
  readonly actors: readonly ActorSpec[]
  /** Runs before anything is explored, alone. */
  readonly setup?: (actor: Actor) => Promise<void>
  /** Runs at the end of each schedule, alone: time has passed, and somebody brings the calls once more. */
  readonly after: (actor: Actor) => Promise<void>
  /** How many processes may die, each at any point. @defaultValue 0 */
  readonly crashes?: number
  /** Times by which the clock may jump at any point, each once. */
  readonly jumps?: readonly number[]
  /** Jumps come only after somebody died: nobody is only slow. @defaultValue false */
  readonly jumpsAfterCrash?: boolean
  /** How often the effect of one call may be begun. @defaultValue 1 */
  readonly starts?: number
  /** How often it may take place, where that is less. @defaultValue `starts` */
  readonly effects?: number
  /** An effect whose end is unknown may be begun again: its tool is idempotent, or it is found out what became of it. @defaultValue false */
  readonly retries?: boolean
  /** How many calls may run in all. @defaultValue any number */
  readonly cap?: number
  /** How many effects have taken place in the end, where nobody died. @defaultValue 0 */
  readonly happens?: number
  /** For all governors. */
  readonly options?: (actor: Actor) => GovernorOptions
  /** The one invariant that is looked at. @defaultValue all */
  readonly only?: InvariantName
  /** Changes the store, to plant a bug. */
  readonly store?: (store: Store) => Store
}

/** What can happen next. */
export interface Choice {
  readonly label: string
  readonly actor?: string
  /** Somebody else could have gone on. */
  readonly preempts: boolean
  readonly take: () => void
}

/** What an invariant found. */
export interface Violation {
  readonly invariant: string
  readonly problem: string
  readonly schedule: readonly string[]
}

interface Parked {
  readonly actor: Actor
  readonly label: string
  readonly isReady: () => boolean
  readonly go: () => void
}

/** By then every lease and every approval is over, and whoever waits still waits for ever. */
const MAX_IDLE_TURNS = 60

/** One execution of a scenario. Nothing of it happens by itself: each call of the store waits until the checker lets it go. */
export class World {
  readonly scenario: Scenario
  readonly clocks = new Clocks()
  readonly facts = new Facts()
  readonly actors: readonly Actor[]
  readonly trace: string[] = []
  readonly memory: Store
  violation: Violation | undefined
  readonly #names = new Names()
  #parked: readonly Parked[] = []
  #last: Actor | undefined
  #crashesLeft: number
  #jumpsLeft: readonly number[]
  #isExploring = false
  #idleTurns = 0

  private constructor(scenario: Scenario) {
    this.scenario = scenario
    this.memory = scenario.store?.(memoryStore()) ?? memoryStore()
    this.#crashesLeft = scenario.crashes ?? 0
    this.#jumpsLeft = scenario.jumps ?? []
    this.actors = scenario.actors.map(spec => new Actor(this, spec))
  }

  static async of(scenario: Scenario): Promise<World> {
    const world = new World(scenario)
    await scenario.setup?.(new Actor(world, { name: 'before', does: async () => undefined }))
    world.#isExploring = true
    for (const actor of world.actors) world.#begin(actor)
    await drained()
    return world
  }

  /** The store as one process sees it: every call waits for its turn, and is then one instant. */
  storeOf(actor: Actor): Store {
    const entries = Object.entries(this.memory).map(([name, method]) => {
      if (typeof method !== 'function') return [name, method]
      const operate = method as (...args: unknown[]) => unknown
      return [
        name,
        (...args: readonly unknown[]) =>
          this.park(actor, labelOf(name, args), args, () => {
            const result = operate(...args)
            if (name === 'commit' && (result as CommitResult).committed) this.#note(actor, args[0] as Commit)
            if (name === 'getApproval' && result !== undefined) actor.shown(result as Approval)
            return result
          }),
      ]
    })
    return Object.fromEntries(entries) as Store
  }

  /** Something that happens in one instant, at a time of the checker's choice. */
  park<T>(
    actor: Actor,
    label: string,
    args: readonly unknown[],
    run: () => T,
    isReady = (): boolean => true,
  ): Promise<T> {
    this.#names.learn(actor.name, JSON.stringify(args, withoutAudit))
    if (!this.#isExploring) return Promise.resolve().then(run)
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    if (actor.isCrashed) return promise
    const go = (): void => {
      try {
        const value = run()
        const told = this.#names.canonical(JSON.stringify(value, withoutAudit) ?? '')
        actor.learned(`${label} ${told}`)
        resolve(value)
      } catch (error) {
        reject(error)
      }
    }
    this.#parked = [...this.#parked, { actor, label, isReady, go }]
    return promise
  }

  /** What can happen now; whoever went last comes first. */
  choices(): readonly Choice[] {
    const ready = this.#parked.filter(({ isReady }) => isReady())
    const goesOn = ready.some(({ actor }) => actor === this.#last)
    const operations = ready
      .toSorted((a, b) => Number(b.actor === this.#last) - Number(a.actor === this.#last))
      .map(parked => ({
        label: `${parked.actor.name}: ${parked.label}`,
        actor: parked.actor.name,
        preempts: goesOn && parked.actor !== this.#last,
        take: () => this.#letGo(parked),
      }))
    const idle = this.#idle(ready.length)
    const hasCrashed = this.actors.some(({ isCrashed }) => isCrashed)
    const jumps = this.scenario.jumpsAfterCrash === true && !hasCrashed ? [] : [...new Set(this.#jumpsLeft)]
    const isOver = operations.length === 0 && idle === undefined
    // Where nobody can go on, the clock does anyway.
    const isIdle = operations.length === 0
    return [
      ...operations,
      ...(idle === undefined ? [] : [idle]),
      ...(isOver ? [] : this.#crashes()),
      ...(isIdle ? [] : jumps.map(ms => this.#jump(ms))),
    ]
  }

  async take({ label, take }: Choice): Promise<void> {
    this.trace.push(label)
    take()
    await drained()
  }

  /** The end of a schedule: who still waits, and what comes of the calls when they are brought once more. */
  async finish(): Promise<void> {
    const waiting = this.actors.filter(({ isWaiting }) => isWaiting).map(({ name }) => name)
    this.happened({ type: 'end', waiting })
    this.#isExploring = false
    for (const { name } of this.actors) this.clocks.drop(name)
    if (this.violation !== undefined) return
    this.trace.push('later')
    const hasCrashed = this.actors.some(({ isCrashed }) => isCrashed)
    const later = new Actor(this, { name: 'later', does: async () => undefined })
    later.isRunning = true
    const done = this.scenario.after(later).finally(() => (later.isRunning = false))
    for (let turn = 0; turn < MAX_IDLE_TURNS && later.isWaiting; turn++) {
      this.clocks.advance(this.clocks.untilNext() ?? 0)
      await drained()
    }
    if (later.isWaiting) return this.happened({ type: 'end', waiting: [later.name] })
    await done
    this.happened({ type: 'over', hasCrashed })
  }

  happened(event: Happened): void {
    for (const [invariant, check] of Object.entries(INVARIANTS)) {
      if (this.scenario.only !== undefined && this.scenario.only !== invariant) continue
      const problem = check(event, this)
      if (problem !== undefined) this.violation ??= { invariant, problem, schedule: [...this.trace] }
    }
  }

  /** Two executions with the same state can only go on in the same ways. */
  state(): string {
    const actors = this.actors.map(actor => actor.state())
    const parked = this.#parked.map(({ actor, label }) => `${actor.name} ${label}`)
    const rest = [this.clocks.now, this.clocks.waits(), this.#crashesLeft, this.#jumpsLeft, actors, parked.toSorted()]
    return hashed(this.#names.canonical(JSON.stringify(rest) + this.facts.text()))
  }

  get last(): string {
    return this.#last?.name ?? ''
  }

  #begin(actor: Actor): void {
    const { when, does } = actor.spec
    const begin = this.park(
      actor,
      'begins',
      [],
      () => (actor.isRunning = true),
      () => when?.(this) ?? true,
    )
    const done = begin
      .then(() => does(actor))
      .then(
        () => (actor.isRunning = false),
        (error: unknown) => {
          actor.isRunning = false
          if (this.scenario.only === undefined)
            this.violation ??= {
              invariant: 'NothingThrows',
              problem: `${actor.name}: ${String(error)}`,
              schedule: [...this.trace],
            }
        },
      )
    done.catch(() => undefined)
  }

  #letGo(parked: Parked): void {
    this.#parked = this.#parked.filter(other => other !== parked)
    this.#last = parked.actor
    parked.go()
  }

  #note(actor: Actor, commit: Commit): void {
    const copy = JSON.parse(this.#names.canonical(JSON.stringify(commit, withoutAudit))) as Commit
    this.happened(this.facts.committed(actor.name, this.clocks.now, copy))
  }

  /** Nobody can do anything but wait: time passes until the first of them looks again. */
  #idle(ready: number): Choice | undefined {
    const ms = this.clocks.untilNext()
    if (ready > 0 || ms === undefined || !this.actors.some(({ isRunning }) => isRunning)) return undefined
    if (this.#idleTurns > MAX_IDLE_TURNS) return undefined
    const take = (): void => {
      this.#idleTurns++
      this.clocks.advance(ms)
    }
    return { label: `the clock goes on by ${ms} ms`, preempts: false, take }
  }

  #jump(ms: number): Choice {
    const take = (): void => {
      const index = this.#jumpsLeft.indexOf(ms)
      this.#jumpsLeft = this.#jumpsLeft.toSpliced(index, 1)
      this.clocks.advance(ms)
    }
    return { label: `the clock jumps by ${ms} ms`, preempts: false, take }
  }

  #crashes(): readonly Choice[] {
    if (this.#crashesLeft === 0) return []
    const able = this.actors.filter(({ isRunning, spec }) => isRunning && spec.survives !== true)
    return able.map(actor => {
      const take = (): void => {
        this.#crashesLeft--
        actor.crash()
        this.#parked = this.#parked.filter(parked => parked.actor !== actor)
        this.clocks.drop(actor.name)
      }
      return { label: `${actor.name} dies`, preempts: false, take }
    })
  }
}

/** Lets everything go on that can: what waits for nothing but a promise has run before the next turn of the event loop. */
function drained(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}

function labelOf(name: string, [first]: readonly unknown[]): string {
  if (name !== 'commit') return name
  const { decision, execution, approval, receipt, grant } = first as Commit
  const parts = [
    decision && `decision ${decision.result}`,
    approval && `approval ${approval.status}`,
    receipt && `receipt ${receipt.status}`,
    grant && 'grant',
    execution && `execution ${execution.status}`,
  ]
  return `commit ${parts.filter(part => part !== undefined).join(', ')}`
}

/** The log has salts of its own, and nothing that is checked here depends on it. */
function withoutAudit(key: string, value: unknown): unknown {
  return key === 'audit' ? undefined : value
}
