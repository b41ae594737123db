import { memoryStore } from 'countersign'
import { postgresStore } from 'countersign/stores/postgres'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { runs } from '../support/governing.js'
import { everything, step, type Step, tell } from './agreeing.js'
import { onPostgres } from './on-postgres.js'

await onPostgres('the store in PostgreSQL', server => {
  it('agrees with the reference on whatever it is told and asked', async () => {
    const url = server.url(await server.database())
    let schemas = 0
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async steps => {
      const memory = memoryStore()
      const postgres = postgresStore(url, { schema: `run_${++schemas}`, poolSize: 2 })
      for (const [at, item] of steps.entries())
        expect(await told(postgres, item, at)).toEqual(await told(memory, item, at))
      expect(await everything(postgres, steps.length)).toEqual(await everything(memory, steps.length))
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
