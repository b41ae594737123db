import { linkPath, signLink, verifyLink } from 'countersign/server'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const SECRET = 'a secret of thirty-two characters'
const NOW = Date.UTC(2026, 0, 1)

describe('a link to one request', () => {
  it('is read by whoever knows the secret, until it is over', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.integer({ min: 1, max: 1e9 }), (approvalId, ttl) => {
        const claims = { approvalId, expiresAt: NOW + ttl }
        const token = signLink(claims, SECRET)
        expect(token).toMatch(/^[\w.-]+$/)
        expect(verifyLink(token, SECRET, NOW)).toEqual(claims)
        expect(verifyLink(token, SECRET, NOW + ttl)).toBeUndefined()
        expect(verifyLink(token, `${SECRET}!`, NOW)).toBeUndefined()
      }),
    )
  })

  it('shows nothing once a character of it is another', () => {
    const token = signLink({ approvalId: 'a-1', expiresAt: NOW + 1000 }, SECRET)
    const characters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.')
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...characters), (at, character) => {
        fc.pre(token[at] !== character)
        expect(verifyLink(token.slice(0, at) + character + token.slice(at + 1), SECRET, NOW)).toBeUndefined()
      }),
    )
  })

  it('shows nothing where it is no token at all', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(verifyLink(text, SECRET, NOW)).toBeUndefined()
      }),
    )
  })

  it('is not signed with a secret that can be guessed', () => {
    expect(() => signLink({ approvalId: 'a', expiresAt: 1 }, 'short')).toThrow(/32 characters/)
  })

  it('leads to a path of the inbox', () => {
    expect(linkPath('a.b')).toBe('/links/a.b')
  })
})
