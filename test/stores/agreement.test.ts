import { memoryStore } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/governing.js'
import { everything, step, tell } from './agreeing.js'

describe('the stores', () => {
  it('agree on whatever they are told and asked', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async steps => {
      const memory = memoryStore()
      const sqlite = sqliteStore(':memory:')
      for (const [at, item] of steps.entries()) expect(tell(sqlite, item, at)).toEqual(tell(memory, item, at))
      expect(await everything(sqlite, steps.length)).toEqual(await everything(memory, steps.length))
      await sqlite.close()
    })
    await fc.assert(property, runs(250))
  })
})
