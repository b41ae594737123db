import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { onPostgres } from '../stores/on-postgres.js'
import { acrossProcesses } from './processes.js'

describe('two services on one SQLite file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-services-'))
  let files = 0
  acrossProcesses(() => Promise.resolve({ sqlite: join(folder, `${++files}.db`) }))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
})

await onPostgres('two services on one PostgreSQL', server => {
  acrossProcesses(async () => {
    const database = await server.database()
    return { postgres: server.url(database, 'owner'), schema: 'countersign' }
  })
})
