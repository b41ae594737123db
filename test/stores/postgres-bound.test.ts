import { postgresStore } from 'countersign/stores/postgres'
import { testStore } from 'countersign/testing'
import { it } from 'vitest'
import { onPostgres } from './on-postgres.js'

/** Cases with records of several tenants, which a store that is bound to one refuses. */
const OF_OTHERS = [
  'filters by every field, alone and together',
  'lists what belongs to no tenant, where that is wanted',
  'lists approvals filtered by every field, alone and together',
  'lists receipts filtered by every field, alone and together',
  'lists grants newest first, filtered by every field, a page at most',
  'gives back lessons as they were learnt, in the order in which they came, whether or not their decision is there',
  'keeps documents of several tenants, and of none, apart',
  "prunes the expired ones of one tenant, or of none, and nobody else's",
  // A switch of no tenant and one of its own are the same to it.
  'keeps one switch for each scope: tool, tenant, domain, rule, any of them together, and all',
  'turns off the switch of exactly the scope that was named',
]

await onPostgres('postgresStore, bound to a tenant', server => {
  const database = server.database()
  let schemas = 0
  testStore({
    name: 'bound',
    test: (title, run) =>
      OF_OTHERS.some(other => title.endsWith(other)) ? it.skip(`${title} (of several tenants)`, run) : it(title, run),
    create: async () => postgresStore(server.url(await database), { schema: `case_${++schemas}`, tenant: 'acme' }),
  })
})
