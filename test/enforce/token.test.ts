import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Ed25519Jwk } from '../../src/ed25519.js'
import {
  checkPublicKeys,
  generateApprovalKeys,
  type ResolutionToSign,
  signResolution,
  verifyResolution,
} from '../../src/enforce/token.js'
import { isGovernanceError } from '../../src/errors.js'
import { messageOf, runs, testClock } from '../support/governing.js'

const NOW = Date.UTC(2026, 0, 5, 12)
const MINUTE = 60_000
const clock = testClock(NOW)
const answer: ResolutionToSign = {
  approvalId: 'approval-1',
  digest: 'a1'.repeat(32),
  resolution: 'approved',
  by: 'ada@example.org',
}

let publicKey: Ed25519Jwk
let privateKey: Ed25519Jwk
let token: string

beforeAll(async () => {
  ;({ publicKey, privateKey } = await generateApprovalKeys())
  token = await signResolution(answer, privateKey, { clock })
})

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = { alg: 'EdDSA', typ: 'countersign-resolution+jwt' }
const payload = { ...answer, iat: NOW / 1000, exp: NOW / 1000 + 600, nonce: 'n-1' }

/** What somebody with the private key could sign by another program. */
const signedBy = (key: Ed25519Jwk, head: unknown, body: unknown): string => {
  const text = `${encoded(head)}.${encoded(body)}`
  const signature = sign(null, Buffer.from(text), createPrivateKey({ key: key as JsonWebKey, format: 'jwk' }))
  return `${text}.${signature.toString('base64url')}`
}

/** Why a token is refused. */
const refusal = async (given: unknown, now = NOW, keys: unknown = publicKey): Promise<string> => {
  const error: unknown = await verifyResolution(given as string, keys as Ed25519Jwk, { now }).then(
    () => new Error('accepted'),
    (reason: unknown) => reason,
  )
  if (!isGovernanceError(error, 'invalid-token')) throw error
  return error.message
}

describe('a signed resolution', () => {
  it('is what was signed, to the second, with a nonce of its own and ten minutes to live', async () => {
    const claims = await verifyResolution(token, publicKey, { now: NOW })
    expect(claims).toEqual({ ...answer, issuedAt: NOW, expiresAt: NOW + 10 * MINUTE, nonce: claims.nonce })
    expect(Buffer.from(claims.nonce, 'base64url')).toHaveLength(16)
    const again = await verifyResolution(await signResolution(answer, privateKey, { clock }), publicKey, { now: NOW })
    expect(again.nonce).not.toBe(claims.nonce)
  })

  it('comes back whole, whatever it says', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    const claims = fc.record(
      {
        approvalId: text,
        digest: fc.stringMatching(/^[0-9a-f]{64}$/),
        resolution: fc.constantFrom('approved' as const, 'rejected' as const),
        by: text,
        nonce: text,
        issuedAt: fc.integer({ min: NOW / 1000 - 30, max: NOW / 1000 + 30 }).map(seconds => seconds * 1000),
        expiresAt: fc.integer({ min: NOW / 1000 + 31, max: NOW / 500 }).map(seconds => seconds * 1000),
        comment: text,
        input: fc.jsonValue({ maxDepth: 3 }),
        tool: text,
      },
      { requiredKeys: ['approvalId', 'digest', 'resolution', 'by', 'nonce', 'issuedAt', 'expiresAt'] },
    )
    await fc.assert(
      fc.asyncProperty(claims, async given => {
        const signed = await signResolution(given, privateKey)
        const expected = JSON.parse(JSON.stringify(given)) as unknown
        expect(await verifyResolution(signed, publicKey, { now: NOW })).toEqual(expected)
      }),
      runs(100),
    )
  })

  it('is refused with any one character changed', async () => {
    const character = fc.integer({ min: 0, max: 0x7f }).map(code => String.fromCharCode(code))
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: token.length - 1 }), character, async (index, replacement) => {
        fc.pre(token[index] !== replacement)
        await refusal(token.slice(0, index) + replacement + token.slice(index + 1))
      }),
      runs(500),
    )
  })

  it('is refused with any character of the alphabet in the place of the last one', async () => {
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      if (!token.endsWith(last)) await refusal(token.slice(0, -1) + last)
    }
  })

  it('is refused wherever it was cut off, and with anything added', async () => {
    for (let length = 0; length < token.length; length++) await refusal(token.slice(0, length))
    for (const added of ['=', '.', ' ', '\n', 'A', '.A']) await refusal(token + added)
  })

  it('holds from a minute before it was issued until a minute after it expired, and no moment longer', async () => {
    const end = NOW + 11 * MINUTE
    await verifyResolution(token, publicKey, { now: NOW - MINUTE })
    await verifyResolution(token, publicKey, { now: end - 1 })
    expect(await refusal(token, NOW - MINUTE - 1)).toBe(
      'The resolution token was issued in the future, at 2026-01-05T12:00:00.000Z.',
    )
    expect(await refusal(token, end)).toBe('The resolution token expired at 2026-01-05T12:10:00.000Z.')
    const exact = { now: NOW + 10 * MINUTE, clockSkewMs: 0 }
    await expect(verifyResolution(token, publicKey, exact)).rejects.toThrow('expired')
  })

  it('has no comment where there is nothing in it', async () => {
    const signed = await signResolution({ ...answer, comment: '' }, privateKey, { clock })
    expect(await verifyResolution(signed, publicKey, { now: NOW })).not.toHaveProperty('comment')
  })

  it('is refused when nobody knows what time it is', async () => {
    expect(await refusal(token, Number.NaN)).toContain('in the future')
  })

  it('of which the time is no whole second ends early rather than late', async () => {
    const signed = await signResolution({ ...answer, issuedAt: NOW + 999, expiresAt: NOW + 5999 }, privateKey)
    expect(await verifyResolution(signed, publicKey, { now: NOW })).toMatchObject({
      issuedAt: NOW,
      expiresAt: NOW + 5000,
    })
  })

  it.each([
    ['nothing', undefined, 'is missing: expected a text'],
    ['an empty text', '', 'is missing: expected a text'],
    ['a number', 7, 'is missing: expected a text'],
    ['any text', 'approved', 'is not a signed token, or was cut short'],
    ['four parts', 'a.b.c.d', 'is not a signed token, or was cut short'],
    ['a header that is not JSON', 'e30x.e30.c2ln', 'is not a signed token: its header cannot be read'],
    ['a header that is a list', `${encoded([])}.e30.c2ln`, 'is not a signed token: its header cannot be read'],
    ['too much', `a.${'b'.repeat(100_000)}.c`, 'is longer than 100000 characters'],
  ])('%s is refused', async (_title, given, reason) => {
    expect(await refusal(given)).toBe(`The resolution token ${reason}.`)
  })

  it.each([
    [{ ...header, alg: 'none' }, 'is signed with "none"; only "EdDSA" is accepted'],
    [{ ...header, alg: 'HS256' }, 'is signed with "HS256"; only "EdDSA" is accepted'],
    [{ ...header, alg: ['EdDSA'] }, 'is signed with something that is no text; only "EdDSA" is accepted'],
    [{ typ: header.typ }, 'is signed with nothing; only "EdDSA" is accepted'],
    [{ ...header, typ: 'JWT' }, 'is of another type: "JWT"; expected "countersign-resolution+jwt"'],
    [{ ...header, crit: ['b64'] }, 'asks for extensions (`crit`), and none are known'],
    [{ ...header, kid: 7 }, 'has a key id that is not a text'],
  ])('with the header %j is refused, its signature notwithstanding', async (head, reason) => {
    expect(await refusal(signedBy(privateKey, head, payload))).toBe(`The resolution token ${reason}.`)
  })

  it('signed with HMAC under the public key is refused', async () => {
    const head = { alg: 'HS256', typ: header.typ }
    const secret = await crypto.subtle.importKey(
      'raw',
      Buffer.from(publicKey.x ?? '', 'base64url'),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    )
    const text = `${encoded(head)}.${encoded(payload)}`
    const mac = await crypto.subtle.sign('HMAC', secret, new TextEncoder().encode(text))
    expect(await refusal(`${text}.${Buffer.from(mac).toString('base64url')}`)).toContain('"HS256"')
  })

  it.each([
    [{ approvalId: undefined }, 'has no usable `approvalId`'],
    [{ approvalId: '' }, 'has no usable `approvalId`'],
    [{ by: 7 }, 'has no usable `by`'],
    [{ by: 'x'.repeat(4001) }, 'has no usable `by`'],
    [{ nonce: null }, 'has no usable `nonce`'],
    [{ comment: {} }, 'has no usable `comment`'],
    [{ tool: false }, 'has no usable `tool`'],
    [{ digest: 'A1'.repeat(32) }, 'has no usable `digest`: expected a SHA-256 in hex'],
    [{ resolution: 'yes' }, 'has no usable `resolution`: expected "approved" or "rejected"'],
    [{ exp: undefined }, 'has no usable `exp`: expected a number of seconds'],
    [{ exp: '9999999999' }, 'has no usable `exp`: expected a number of seconds'],
    [{ exp: 1e300 }, 'has no usable `exp`: expected a number of seconds'],
    [{ iat: -1 }, 'has no usable `iat`: expected a number of seconds'],
    [{ exp: payload.iat }, 'expires before it was issued'],
    [{ Input: { amount: 1 } }, 'holds a claim that is not known: "Input"'],
  ])('that claims %j is refused, and would not be signed', async (claims, reason) => {
    expect(await refusal(signedBy(privateKey, header, { ...payload, ...claims }))).toContain(reason)
  })

  it('is not made of what no verifier would accept', async () => {
    const refuses = async (claims: object): Promise<void> => {
      const signed = signResolution({ ...answer, ...claims }, privateKey, { clock })
      await expect(signed).rejects.toSatisfy(error => isGovernanceError(error, 'invalid-token'))
    }
    for (const claims of [{ by: '' }, { digest: 'x' }, { expiresAt: NOW }, { edit: {} }]) await refuses(claims)
    const large = signResolution({ ...answer, input: 'x'.repeat(100_000) }, privateKey)
    await expect(large).rejects.toThrow('The resolution token would be longer than 100000 characters.')
  })

  it('with a signature of another length is refused', async () => {
    const [head, body] = token.split('.')
    const why = 'The resolution token has a signature that was cut short or changed.'
    for (const bytes of [1, 63, 65]) {
      expect(await refusal(`${head}.${body}.${Buffer.alloc(bytes).toString('base64url')}`)).toBe(why)
    }
  })

  it('that holds no object is refused', async () => {
    for (const body of [null, 'approved', [payload]]) {
      expect(await refusal(signedBy(privateKey, header, body))).toContain('holds no claims: expected a JSON object')
    }
  })
})

describe('the keys of resolutions', () => {
  it('of somebody else do not verify', async () => {
    const { publicKey: other } = await generateApprovalKeys()
    const anonymous = { ...privateKey, kid: undefined }
    const unnamed = await signResolution(answer, anonymous, { clock })
    expect(await refusal(unnamed, NOW, other)).toBe(
      'The resolution token has a signature that does not match: it was changed, or signed with another key.',
    )
    expect(await refusal(token, NOW, other)).toBe(
      `The resolution token names the key "${publicKey.kid}", which is not among the public keys.`,
    )
  })

  it('may be one, several, or several by id', async () => {
    const { publicKey: other } = await generateApprovalKeys()
    const named = await signResolution(answer, privateKey, { clock, keyId: 'k1' })
    const bare = { ...publicKey, kid: undefined }
    for (const keys of [bare, [other, bare], { k1: publicKey, k2: other }]) {
      expect(await verifyResolution(named, keys, { now: NOW })).toMatchObject(answer)
    }
    expect(await refusal(named, NOW, { k1: other, k2: publicKey })).toContain('does not match')
    expect(await refusal(named, NOW, { k2: publicKey })).toContain('names the key "k1"')
    expect(await refusal(named, NOW, { toString: publicKey })).toContain('names the key "k1"')
  })

  it('may be of any spelling: CryptoKey, JWK or PEM', async () => {
    const pem = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const jwk = {
      publicKey: createPublicKey(pem.publicKey).export({ format: 'jwk' }) as Ed25519Jwk,
      privateKey: createPrivateKey(pem.privateKey).export({ format: 'jwk' }) as Ed25519Jwk,
    }
    const imported = {
      publicKey: await crypto.subtle.importKey('jwk', { ...jwk.publicKey } as JsonWebKey, 'Ed25519', true, ['verify']),
      privateKey: await crypto.subtle.importKey('jwk', { ...jwk.privateKey } as JsonWebKey, 'Ed25519', true, ['sign']),
    }
    for (const signer of [pem, jwk, imported]) {
      const signed = await signResolution(answer, signer.privateKey, { clock })
      for (const verifier of [pem, jwk, imported]) {
        expect(await verifyResolution(signed, verifier.publicKey, { now: NOW })).toMatchObject(answer)
      }
    }
  })

  it('are looked at when the options are: what is not a public key is named', async () => {
    const rsa = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const check = (keys: unknown): string =>
      messageOf(() => checkPublicKeys(keys as Ed25519Jwk, 'approvals.publicKeys'))
    const expected = 'Option `approvals.publicKeys`: expected an Ed25519 public key'
    for (const keys of [undefined, null, 7, '', 'secret', [], {}, { ...publicKey, crv: 'X25519' }]) {
      expect(check(keys)).toContain(expected)
    }
    expect(check({ ...publicKey, x: publicKey.x?.slice(1) })).toContain(expected)
    expect(check(rsa.publicKey)).toContain(expected)
    expect(check([publicKey, 'secret'])).toContain('Option `approvals.publicKeys[1]`: expected')
    expect(check({ k1: publicKey, k2: 7 })).toContain('Option `approvals.publicKeys.k2`: expected')
    const isPrivate = 'Option `approvals.publicKeys`: this is a private key.'
    const cryptoKey = await crypto.subtle.importKey('jwk', { ...privateKey } as JsonWebKey, 'Ed25519', true, ['sign'])
    for (const key of [privateKey, cryptoKey, rsa.privateKey]) expect(check(key)).toContain(isPrivate)
  })

  it('that cannot sign are refused as such', async () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----'
    for (const key of [publicKey, pem, '', 7, { ...privateKey, d: 'x' }]) {
      await expect(signResolution(answer, key as Ed25519Jwk, { clock })).rejects.toThrow('Option `privateKey`: ')
    }
  })

  it('are imported once', async () => {
    const keys = checkPublicKeys(publicKey, 'publicKeys')
    const [load] = keys.candidates(undefined)
    expect(load?.()).toBe(load?.())
    expect(await verifyResolution(token, keys, { now: NOW })).toMatchObject(answer)
  })
})
