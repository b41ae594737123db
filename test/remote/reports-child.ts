import { writeSync } from 'node:fs'
import { type Clock, createGovernor, remoteDecisions } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import type { ReportsTask } from './reports-task.ts'

/** Calls that run at the same time. */
const LANES = 6

const task = JSON.parse(process.argv[2] ?? '') as ReportsTask
const startedAt = performance.now()
/** Each process lives later than the one before: what that one had claimed is due again. */
const clock: Clock = {
  now: () => task.now + Math.floor(performance.now() - startedAt),
  after: (ms, action) => {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}
const governor = createGovernor({
  store: sqliteStore(task.database),
  decisions: remoteDecisions({
    baseUrl: task.url,
    apiKey: 'agent-key',
    clock,
    deadlineMs: 20_000,
    memory: { flushMs: 10, batchSize: 20, timeoutMs: 10_000 },
  }),
  clock,
})
const say = (line: string): void => {
  writeSync(1, `${line}\n`)
}

/** Runs one call after the other until the process is killed, and says which are over. */
async function run(lane: number): Promise<never> {
  for (let count = 0; ; count++) {
    const call = { id: `${task.name}-${lane}-${count}`, name: 'refund', input: {} }
    const { status, decision } = await governor.run(call, () => 'done', { sessionId: task.name })
    say(`${status} ${decision.service?.requestId ?? '-'}`)
  }
}

/** Tells all that others have left. */
async function deliver(): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    await governor.reports.flush()
    if ((await governor.reports.status()).waiting === 0) break
  }
  say(JSON.stringify(await governor.reports.status()))
  await governor.close()
}

say('ready')
if (task.delivers) await deliver()
else await Promise.all(Array.from({ length: LANES }, (_, lane) => run(lane)))
