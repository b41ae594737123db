import { createHash } from 'node:crypto'
import { createGovernor, type Commit, type Decision, type Store } from 'countersign'
import { postgresStore } from 'countersign/stores/postgres'
import { startPostgres } from '../test/stores/postgres-server.ts'
import { measure } from './measure.ts'
import type { Result } from './result.ts'

const CONCURRENT = 16
const BATCH = 1000
let calls = 0

const seal = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What an allowed call commits before its tool runs: a decision, a receipt and an entry of the audit log. */
function commitOf(): Commit {
  const id = `decision-${calls++}`
  const common = { callId: id, tool: 'pay', digest: 'd'.repeat(64), actor: 'AI_AGENT', at: 1 }
  const decision: Decision = {
    ...common,
    id,
    traceId: id,
    action: 'pay',
    findings: [{ rule: 'pay', effect: 'allow', reason: 'pay' }],
    mode: 'enforced',
    result: 'allowed',
    reason: 'pay',
    policy: { name: 'policy', version: '0123456789abcdef' },
    evaluator: 'local',
  }
  const started = { status: 'started', startedAt: 1, leaseUntil: 2 } as const
  const entry = { decisionId: id, body: JSON.stringify({ kind: 'decision', ...decision }) }
  return {
    at: 1,
    decision,
    receipt: { ...common, ...started, key: id, revision: 1, fence: 1, decisionId: id },
    audit: { seal, entries: [entry] },
  }
}

/** Milliseconds for each of many that are done a few at a time. */
async function atOnce(run: () => Promise<unknown>): Promise<number> {
  let left = BATCH
  const work = async (): Promise<void> => {
    while (left-- > 0) await run()
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: CONCURRENT }, work))
  return (performance.now() - startedAt) / BATCH
}

/** What a store on a server costs, every commit flushed to its disk. Nothing where no server can be started. */
export async function benchPostgres(): Promise<readonly Result[]> {
  const started = await startPostgres({ flushed: true })
  if ('unavailable' in started) return []
  const { server } = started
  const store: Store = postgresStore(server.url(await server.database()), { poolSize: CONCURRENT })
  const rules = [{ id: 'pay', tools: ['pay'], effect: 'allow' }] as const
  const governor = createGovernor({ policy: { rules }, store })
  const pay = (): Promise<unknown> =>
    governor.run({ id: `call_${calls++}`, name: 'pay', input: { amount: 50 } }, async () => ({ paid: 50 }))
  const commit = async (): Promise<unknown> => store.commit(commitOf())
  const timings = await measure(
    [
      { name: 'read', run: () => store.killSwitches() },
      { name: 'commit', run: commit },
      { name: 'call', run: pay },
    ],
    { rounds: 5, calls: 200 },
  )
  const [read = 0, committed = 0, called = 0] = timings.map(({ p50 }) => p50)
  const commits = await atOnce(commit)
  const payments = await atOnce(pay)
  await governor.close()
  await server.stop()
  return [
    { name: 'PostgreSQL: a read before every call', value: read, unit: 'µs' },
    { name: 'PostgreSQL: a commit with receipt and audit log', value: committed / 1000, unit: 'ms' },
    { name: 'PostgreSQL: an allowed call, all in all', value: called / 1000, unit: 'ms' },
    { name: `PostgreSQL: a commit, ${CONCURRENT} at a time, each`, value: commits, unit: 'ms' },
    { name: `PostgreSQL: an allowed call, ${CONCURRENT} at a time, each`, value: payments, unit: 'ms' },
  ]
}
