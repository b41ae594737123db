import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Clock, DocumentStore } from 'countersign'
import { createDecisionServer } from 'countersign/server'
import { sqliteStore } from 'countersign/stores/sqlite'
import type { ServerTask } from './webhook-processes.ts'

const { database, url, laterMs = 0, diesBeforeDeliveries = false } = JSON.parse(process.argv[2] ?? '') as ServerTask
const clock: Clock = {
  now: () => Date.now() + laterMs,
  after: (ms, action) => {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}
const opened = sqliteStore(database)
const store: DocumentStore = {
  ...opened,
  commit: commit => {
    const isDelivery = commit.documents?.some(({ kind }) => kind === 'delivery') === true
    if (isDelivery && diesBeforeDeliveries) process.kill(process.pid, 'SIGKILL')
    return opened.commit(commit)
  },
}
const { app, governor } = createDecisionServer({
  store,
  keys: [{ key: 'approver-key-of-the-tests', role: 'approver' }],
  unlisted: 'allow',
  webhooks: { allowLoopback: true, pollMs: 20 },
  clock,
})
if (url !== undefined) {
  const body = JSON.stringify({ url, events: ['decision_event.created'], retry_delay_seconds: 0, max_retries: 20 })
  const headers = { 'x-api-key': 'approver-key-of-the-tests', 'content-type': 'application/json' }
  const { status } = await app.request('/webhooks', { method: 'POST', headers, body })
  if (status !== 200) throw new Error(`registering failed with ${status}`)
}
const lines = createInterface({ input: process.stdin })
lines.on('line', line => {
  const calls = Array.from({ length: Number(line) }, (_, index) =>
    governor.run({ id: `${process.pid}-${index}`, name: 'look', input: {} }, () => 'seen'),
  )
  Promise.all(calls).catch((error: unknown) => {
    throw error
  })
})
process.stdout.write('ready\n')
await once(lines, 'close')
process.exit(0)
