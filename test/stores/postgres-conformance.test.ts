import { postgresStore } from 'countersign/stores/postgres'
import { testStore } from 'countersign/testing'
import { it } from 'vitest'
import { onPostgres } from './on-postgres.js'

await onPostgres('postgresStore', server => {
  const database = server.database()
  let schemas = 0
  const place = async (): Promise<readonly [string, { readonly schema: string }]> => [
    server.url(await database),
    { schema: `case_${++schemas}` },
  ]
  testStore({
    name: 'postgres',
    // Cases with several processes are as much work as those of a service in several.
    test: (title, run) => it(title, run, 60_000),
    create: async () => postgresStore(...(await place())),
    durable: { module: 'countersign/stores/postgres', factory: 'postgresStore', args: place },
  })
})
