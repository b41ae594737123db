// A decision service in a process of its own, over a store that others use too. Says its port on a line, and goes with its parent.
import { writeSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { serve } from '@hono/node-server'
import { type Clock, systemClock } from 'countersign'
import { createDecisionServer } from 'countersign/server'
import { storeAt } from './place.ts'
import type { ServiceTask } from './service-process.ts'

const RULES = [
  { id: 'ask', tools: ['refund'], effect: 'require_approval', reason: 'ask' },
  { id: 'cap', tools: ['mail'], limit: { count: 'calls', per: 'actor', window: '1h', max: 3 }, effect: 'deny' },
  { id: 'rest', effect: 'allow' },
] as const

const { place, port = 0, maxPages, tenants = 0, ...governing } = JSON.parse(process.argv[2] ?? '') as ServiceTask
let ahead = 0
const clock: Clock = { now: () => Date.now() + ahead, after: systemClock.after }
const store = storeAt(place, maxPages)
await store.killSwitches()
const { app } = createDecisionServer({
  store,
  clock,
  policy: { rules: RULES },
  ...governing,
  keys: [
    { key: 'agent-key-of-the-tests', role: 'agent' },
    { key: 'dana-key-of-the-tests', role: 'approver', name: 'dana' },
    { key: 'eve-key-of-the-tests', role: 'approver', name: 'eve' },
    ...Array.from({ length: tenants }, (_, index) => [
      { key: `agent-key-of-tenant-${index}`, role: 'agent', tenant: `t-${index}` } as const,
      { key: `approver-key-of-tenant-${index}`, role: 'approver', name: 'ann', tenant: `t-${index}` } as const,
    ]).flat(),
  ],
  onError: error => process.stderr.write(`${String(error)}\n`),
})
const lines = createInterface({ input: process.stdin })
lines.on('line', line => {
  ahead = Number(line)
  writeSync(1, 'moved\n')
})
lines.on('close', () => process.exit(0))
const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => {
  writeSync(1, `${(server.address() as AddressInfo).port}\n`)
})
