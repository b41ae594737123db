import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { onPostgres } from '../stores/on-postgres.js'
import { acrossGovernors } from './governors.js'
import type { Place } from './place.js'

describe('two governors, a person and a decision service in four processes, on SQLite', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-places-'))
  let worlds = 0
  acrossGovernors(() => {
    const at = `${++worlds}`
    return Promise.resolve({
      service: { sqlite: join(folder, at, 'service.db') },
      governors: { sqlite: join(folder, at, 'governors.db') },
    })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
})

await onPostgres('two governors, a person and a decision service in four processes, on one PostgreSQL', server => {
  acrossGovernors(async () => {
    const at = async (): Promise<Place> => ({
      postgres: server.url(await server.database(), 'owner'),
      schema: 'countersign',
    })
    return { service: await at(), governors: await at() }
  })
})
