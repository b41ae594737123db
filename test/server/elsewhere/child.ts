// A service in a process of its own, over the database that is named; tells its port, and ends when its input does.
import { serve } from '@hono/node-server'
import { createDecisionServer } from 'countersign/server'
import { sqliteStore } from 'countersign/stores/sqlite'

const server = createDecisionServer({ store: sqliteStore(process.argv[2] ?? '') })
const listening = serve({ fetch: server.app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`${port}\n`)
})
process.stdin.on('end', () => {
  listening.close(() => void server.close())
})
process.stdin.resume()
