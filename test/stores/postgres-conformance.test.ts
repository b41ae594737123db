import { postgresStore } from 'countersign/stores/postgres'
import { testStore } from 'countersign/testing'
import { afterAll, describe, it } from 'vitest'
import { reasonOf, startPostgres } from './postgres-server.js'

const started = await startPostgres()

describe.skipIf('unavailable' in started)(`postgresStore${reasonOf(started)}`, () => {
  if (!('server' in started)) return
  const { server } = started
  afterAll(() => server.stop())
  const database = server.database()
  let schemas = 0
  const place = async (): Promise<readonly [string, { readonly schema: string }]> => [
    server.url(await database),
    { schema: `case_${++schemas}` },
  ]
  testStore({
    name: 'postgres',
    test: it,
    create: async () => postgresStore(...(await place())),
    durable: { module: 'countersign/stores/postgres', factory: 'postgresStore', args: place },
  })
})
