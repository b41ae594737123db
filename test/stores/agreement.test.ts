import { memoryStore } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/governing.js'
import { everything, steps, tell } from './agreeing.js'

describe('the stores', () => {
  it('agree on whatever they are told and asked', async () => {
    const property = fc.asyncProperty(steps(40), async told => {
      const memory = memoryStore()
      const sqlite = sqliteStore(':memory:')
      for (const [at, item] of told.entries()) expect(tell(sqlite, item, at)).toEqual(tell(memory, item, at))
      expect(await everything(sqlite, told.length)).toEqual(await everything(memory, told.length))
      await sqlite.close()
    })
    await fc.assert(property, runs(250))
  })
})
