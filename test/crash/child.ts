import { appendFileSync, existsSync, readFileSync, writeSync } from 'node:fs'
import {
  createGovernor,
  type Clock,
  type ExecutionContext,
  type Governor,
  type Store,
  type ToolProfile,
} from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import type { Brought, Task } from './task.ts'

/** What is bigger than this is asked about. */
const LIMIT = 100
const LEASE_MS = 30_000
const MONTH_MS = 2_592_000_000

/** A call that stands still until the process dies. */
const FOREVER = new Promise<never>(() => undefined)

const task = JSON.parse(process.argv[2] ?? '') as Task
const shared = sqliteStore(task.database)
const startedAt = performance.now()
/** Each process lives later than the one before: what that one held is not held any more. */
const clock: Clock = {
  now: () => task.now + Math.floor(performance.now() - startedAt),
  after: (ms, action) => {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}

/** The points at which one call can stand still: before and after each operation of the store and the effect. */
class Edges {
  readonly #target: number | undefined
  readonly #stands: () => void
  #passed = 0

  constructor(target: number | undefined, stands: () => void) {
    this.#target = target
    this.#stands = stands
  }

  async pass(): Promise<void> {
    if (this.#passed++ !== this.#target) return
    this.#stands()
    await FOREVER
  }

  store(): Store {
    const entries = Object.entries(shared).map(([name, method]) => {
      if (typeof method !== 'function') return [name, method]
      const operate = method as (...args: unknown[]) => unknown
      return [
        name,
        async (...args: unknown[]) => {
          await this.pass()
          const answer = await operate(...args)
          await this.pass()
          return answer
        },
      ]
    })
    return Object.fromEntries(entries) as Store
  }
}

function profileOf({ kind }: Brought): ToolProfile<unknown> {
  if (kind === 'idempotent') return { annotations: { idempotent: true } }
  if (kind !== 'reconciled') return {}
  return {
    reconcile: ({ key }: { readonly key: string }) =>
      isBooked(key) ? { status: 'succeeded', output: 'paid' } : { status: 'not_started' },
  }
}

function isBooked(key: string): boolean {
  return existsSync(task.bank) && readFileSync(task.bank, 'utf8').includes(key)
}

function governorOf(store: Store): Governor {
  return createGovernor({
    store,
    clock,
    ledger: { leaseMs: LEASE_MS },
    approvals: { ttlMs: MONTH_MS },
    resilience: { deadlineMs: MONTH_MS / 2 },
    policy: {
      rules: [
        { id: 'big', when: { 'input.amount': { gt: LIMIT } }, effect: 'require_approval', reason: 'big' },
        { id: 'small', when: { 'input.amount': { lte: LIMIT } }, effect: 'allow', reason: 'small' },
      ],
    },
  })
}

/** Brings a call; where a person is asked, they say yes, and it is brought again. What is acknowledged is written down. */
async function bring(brought: Brought, edges: Edges): Promise<void> {
  const { id, kind } = brought
  const governor = governorOf(edges.store())
  const pay = async ({ idempotencyKey }: ExecutionContext): Promise<string> => {
    await edges.pass()
    appendFileSync(task.bank, `${id} ${idempotencyKey}\n`)
    await edges.pass()
    return 'paid'
  }
  const call = { id, name: 'pay', input: { amount: kind === 'held' ? LIMIT + 1 : 1 } }
  const run = () => governor.run(call, pay, { sessionId: 's', user: 'ada', profile: profileOf(brought) })
  let execution = await run()
  if (execution.status === 'approval_required') {
    await governor.approvals.resolve(execution.approvalId, { resolution: 'approved', by: 'grace' })
    appendFileSync(task.acknowledged, `resolved ${id} ${execution.approvalId}\n`)
    execution = await run()
  }
  appendFileSync(task.acknowledged, `${execution.status} ${id}\n`)
  writeSync(
    1,
    `${JSON.stringify({ id, status: execution.status, output: execution.status === 'executed' ? execution.output : undefined })}\n`,
  )
}

/** Brings all calls at once, each up to its own edge, and dies when none can go on. */
async function main(): Promise<void> {
  await shared.killSwitches()
  writeSync(1, 'ready\n')
  if (task.waits === true) await new Promise(resolve => process.stdin.once('data', resolve))
  await Promise.all(
    task.calls.map(async brought => {
      const stands = Promise.withResolvers<void>()
      const edges = new Edges(brought.edge, stands.resolve)
      await Promise.race([bring(brought, edges), stands.promise])
    }),
  )
  if (task.dies === true) process.kill(process.pid, 'SIGKILL')
  await shared.close()
  process.exit(0)
}

await main()
