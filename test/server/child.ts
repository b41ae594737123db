// A decision service in a process of its own, over a store that others use too. Says its port on a line.
import { writeSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createDecisionServer } from 'countersign/server'
import { postgresStore } from 'countersign/stores/postgres'
import { sqliteStore } from 'countersign/stores/sqlite'

/** Where a service keeps what it knows. */
export type Place = { readonly sqlite: string } | { readonly postgres: string; readonly schema: string }

const place = JSON.parse(process.argv[2] ?? '') as Place
const store =
  'sqlite' in place
    ? sqliteStore(place.sqlite, { groupCommit: true })
    : postgresStore(place.postgres, { schema: place.schema })
await store.killSwitches()
const { app } = createDecisionServer({
  store,
  policy: {
    rules: [
      { id: 'ask', tools: ['refund'], effect: 'require_approval', reason: 'ask' },
      { id: 'cap', tools: ['mail'], limit: { count: 'calls', per: 'actor', window: '1h', max: 3 }, effect: 'deny' },
      { id: 'rest', effect: 'allow' },
    ],
  },
  keys: [
    { key: 'agent-key-of-the-tests', role: 'agent' },
    { key: 'dana-key-of-the-tests', role: 'approver', name: 'dana' },
    { key: 'eve-key-of-the-tests', role: 'approver', name: 'eve' },
  ],
})
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => {
  writeSync(1, `${(server.address() as AddressInfo).port}\n`)
})
