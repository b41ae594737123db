import { memoryStore } from 'countersign'
import { postgresStore } from 'countersign/stores/postgres'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { runs } from '../support/governing.js'
import { everything, type Step, steps, tell } from './agreeing.js'
import { onPostgres } from './on-postgres.js'

await onPostgres('the store in PostgreSQL', server => {
  it('agrees with the reference on whatever it is told and asked', async () => {
    const url = server.url(await server.database())
    let schemas = 0
    const property = fc.asyncProperty(steps(40), async given => {
      const memory = memoryStore()
      const postgres = postgresStore(url, { schema: `run_${++schemas}`, poolSize: 2 })
      for (const [at, item] of given.entries())
        expect(await told(postgres, item, at)).toEqual(await told(memory, item, at))
      expect(await everything(postgres, given.length)).toEqual(await everything(memory, given.length))
      await postgres.close()
    })
    await fc.assert(property, runs(60))
  }, 120_000)
})

async function told(store: Parameters<typeof tell>[0], item: Step, at: number): Promise<unknown> {
  try {
    return await tell(store, item, at)
  } catch {
    return 'refused'
  }
}
