// A process of its own, with a governor over PostgreSQL: does one task, and says on a line what came of it.
import { appendFileSync, writeSync } from 'node:fs'
import { type Clock, createGovernor } from 'countersign'
import { postgresStore } from 'countersign/stores/postgres'

/** What a process does. */
export type PostgresTask = { readonly url: string; readonly schema: string } & (
  | {
      /** Waits for each approval in turn, and says when it was woken. Its timers never end: only the store can wake it. */
      readonly kind: 'wait'
      readonly approvals: readonly string[]
    }
  | {
      /** Brings each call once it is told to begin; an effect is a line in a file. */
      readonly kind: 'bring'
      readonly calls: readonly string[]
      readonly tool: string
      readonly effects: string
    }
)

const task = JSON.parse(process.argv[2] ?? '') as PostgresTask
const store = postgresStore(task.url, { schema: task.schema })
const now = (): number => performance.timeOrigin + performance.now()
const patient: Clock = { now: Date.now, after: () => () => undefined }
const say = (line: string): void => {
  writeSync(1, `${line}\n`)
}

const governor = createGovernor({
  store,
  policy: {
    rules: [
      { id: 'ask', tools: ['wire'], effect: 'require_approval', reason: 'ask' },
      { id: 'pay', tools: ['pay'], effect: 'allow' },
    ],
  },
  ...(task.kind === 'wait' && { clock: patient }),
})
await store.killSwitches()
if (task.kind === 'wait') {
  // A connection that listens keeps no process running, and the clock has no timers.
  const running = setInterval(() => undefined, 60_000)
  for (const id of task.approvals) {
    const waiting = governor.approvals.wait(id)
    // It listens once it has looked and found nothing.
    await store.watch(() => undefined)
    say(`waiting ${id}`)
    await waiting
    say(`woken ${id} ${now()}`)
  }
  clearInterval(running)
} else {
  say('ready')
  await new Promise(resolve => process.stdin.once('data', resolve))
  const { tool, effects } = task
  await Promise.all(
    task.calls.map(async id => {
      const { status } = await governor.run({ id, name: tool, input: { amount: 5000 } }, () => {
        appendFileSync(effects, `${id}\n`)
        return 'done'
      })
      say(`${id} ${status}`)
    }),
  )
}
await governor.close()
process.stdin.destroy()
