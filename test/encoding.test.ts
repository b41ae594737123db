import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64Url, toBase64Url } from '../src/encoding.js'
import { runs } from './support/governing.js'

describe('base64url', () => {
  it('is what Node makes of the bytes, and the way back, however many there are', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ minLength: 4090, maxLength: 12_300, size: 'max' }),
    )
    fc.assert(
      fc.property(bytes, given => {
        const text = toBase64Url(given)
        expect(text).toBe(Buffer.from(given).toString('base64url'))
        expect(fromBase64Url(text)).toEqual(given)
      }),
      runs(100),
    )
  })

  it('is read in one spelling only', () => {
    expect(['QQ==', 'QR', 'Q', 'Q Q', '!!'].map(fromBase64Url)).toEqual(Array.from({ length: 5 }, () => undefined))
  })
})
