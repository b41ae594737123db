// One of two services, in a process of its own: `echo`, which is the least that a question and its answer cost in Hono, or `decide`.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { createDecisionServer } from 'countersign/server'
import { sqliteStore } from 'countersign/stores/sqlite'
import { Hono } from 'hono'

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const app = process.argv[2] === 'echo' ? echo() : decide()

function echo(): Hono {
  const bare = new Hono()
  bare.post('/actions/evaluate', async context => context.json(await context.req.json<object>()))
  return bare
}

function decide(): Hono {
  return createDecisionServer({
    store: sqliteStore(join(folder, 'decisions.db'), { groupCommit: true }),
    policy: {
      rules: [
        {
          id: 'big',
          tools: ['refund'],
          when: { value: { gt: 1000 } },
          effect: 'require_approval',
          reason: 'over 1000',
        },
        { id: 'velocity', limit: { count: 'calls', per: 'session', window: '1m', max: 1e9 }, effect: 'deny' },
        { id: 'rest', effect: 'allow' },
      ],
    },
    keys: [{ key: 'agent-key-of-the-bench', role: 'agent' }],
    maxRequestsPerMinute: 1e12,
  }).app
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => process.send?.({ port }))
process.on('message', () => {
  globalThis.gc?.()
  const stored = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  const { heapUsed, rss } = process.memoryUsage()
  process.send?.({ heapMiB: heapUsed / 2 ** 20, rssMiB: rss / 2 ** 20, storedMiB: stored / 2 ** 20, cpuUs: cpuUs() })
})
process.on('disconnect', () => process.exit(0))
