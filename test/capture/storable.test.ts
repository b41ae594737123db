import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { restore, storable, storeOutput } from '../../src/capture/storable.js'
import { runs } from '../support/governing.js'

/** Values a tool may give back, with all that JSON would lose. */
const value = fc.letrec<{ node: unknown }>(tie => ({
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'node' },
    // Without minus zero, which JSON does not keep.
    fc.jsonValue({ maxDepth: 1 }).map(kept => JSON.parse(JSON.stringify(kept)) as unknown),
    fc.bigInt(),
    fc.double({ noDefaultInfinity: false }).map(number => (Object.is(number, -0) ? 0 : number)),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 5 }),
    fc.webUrl().map(url => new URL(url)),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.array(tie('node'), { maxLength: 4 }).map(items => new Set(items)),
    fc.array(fc.tuple(fc.string(), tie('node')), { maxLength: 4 }).map(entries => new Map(entries)),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$date', '$$', '__proto__', '$undefined')), tie('node'), {
      maxKeys: 4,
    }),
  ),
})).node

describe('a stored value', () => {
  it('comes back from JSON as it was', () => {
    fc.assert(
      fc.property(value, original => {
        const stored = JSON.parse(JSON.stringify(storable(original))) as unknown
        expect(restore(stored)).toEqual(original)
      }),
      runs(1000),
    )
  })

  it('is never a failure of the call', () => {
    fc.assert(
      fc.property(
        fc.anything({ withDate: true, withMap: true, withSparseArray: true, withTypedArray: true }),
        output => {
          expect(['json', 'lost']).toContain(storeOutput(output).kind)
        },
      ),
      runs(1000),
    )
  })

  it('may be nothing', () => {
    expect(restore(JSON.parse(JSON.stringify(storable(undefined))))).toBeUndefined()
    expect(restore(JSON.parse(JSON.stringify(storable({ a: undefined, b: 1n }))))).toEqual({ b: 1n })
  })
})
