import { createHmac } from 'node:crypto'
import { verifyWebhook, type WebhookToVerify } from 'countersign/client'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'

const secret = 'whsec_1'
const timestamp = 1_780_000_000
const now = timestamp * 1000
const payload = '{"event":"signal.new","note":"é"}'

/** As the service signs. */
const sign = (body: string | Uint8Array, at: number | string = timestamp, key = secret): string =>
  `v1=${createHmac('sha256', key).update(`${at}.`).update(body).digest('hex')}`

const delivery: WebhookToVerify = { payload, signature: sign(payload), timestamp, secret, now }
const verify = async (change: object): Promise<string> => {
  const result = await verifyWebhook({ ...delivery, ...change })
  return result.valid ? 'valid' : result.reason
}

describe('verifyWebhook', () => {
  it('believes what the service signed', async () => {
    expect(await verifyWebhook(delivery)).toEqual({ valid: true })
  })

  it('believes a signature that was worked out by hand', async () => {
    // printf '1700000000.{}' | openssl dgst -sha256 -hmac sec
    const signature = 'v1=ff6970faa1dc67a9fa5a149541fec6ff33853a0c89dbeec72522094028fca2b8'
    expect(
      await verify({ payload: '{}', secret: 'sec', timestamp: 1_700_000_000, now: 1_700_000_000_000, signature }),
    ).toBe('valid')
  })

  it('takes the body as bytes, also such as are no text', async () => {
    const bytes = Uint8Array.from([0, 255, 128, 10])
    expect(await verify({ payload: bytes, signature: sign(bytes) })).toBe('valid')
    expect(await verify({ payload: bytes.buffer, signature: sign(bytes) })).toBe('valid')
    expect(await verify({ payload: Buffer.from(payload) })).toBe('valid')
    expect(await verify({ payload: Uint8Array.from([1, ...bytes, 1]).subarray(1, 5), signature: sign(bytes) })).toBe(
      'valid',
    )
  })

  it('takes the timestamp as the header has it', async () => {
    expect(await verify({ timestamp: String(timestamp) })).toBe('valid')
  })

  it('believes one good signature among several', async () => {
    const good = sign(payload)
    const other = sign(payload, timestamp, 'old secret')
    expect(await verify({ signature: `${other},${good}` })).toBe('valid')
    expect(await verify({ signature: `${good} ${other}` })).toBe('valid')
    expect(await verify({ signature: `v0=abc, ${good.toUpperCase().replace('V1', 'v1')}` })).toBe('valid')
    expect(await verify({ signature: `${other}, ${other}` })).toBe('no-match')
  })

  it('believes nothing that was changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(payload.length - 1), fc.string({ minLength: 1, maxLength: 1 }), async (at, character) => {
        fc.pre(payload[at] !== character)
        const changed = payload.slice(0, at) + character + payload.slice(at + 1)
        expect(await verify({ payload: changed })).toBe('no-match')
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(63), async at => {
        const digits = sign(payload).slice(3)
        const digit = digits[at] === '0' ? '1' : '0'
        expect(await verify({ signature: `v1=${digits.slice(0, at)}${digit}${digits.slice(at + 1)}` })).toBe('no-match')
      }),
    )
    expect(await verify({ timestamp: timestamp + 1 })).toBe('no-match')
    expect(await verify({ secret: 'whsec_2' })).toBe('no-match')
    // A digit cannot move from the body to the time.
    expect(await verify({ payload: `0.${payload}`, timestamp: Math.floor(timestamp / 10) })).not.toBe('valid')
  })

  it('believes nothing older, or newer, than the tolerance', async () => {
    const seconds = (offset: number): object => ({ now: now + offset * 1000 })
    expect(await verify(seconds(300))).toBe('valid')
    expect(await verify(seconds(-300))).toBe('valid')
    expect(await verify(seconds(301))).toBe('outside-tolerance')
    expect(await verify(seconds(-301))).toBe('outside-tolerance')
    expect(await verify({ ...seconds(11), toleranceSeconds: 10 })).toBe('outside-tolerance')
    expect(await verify({ toleranceSeconds: Number.NaN })).toBe('outside-tolerance')
    expect(await verify({ now: Number.NaN })).toBe('outside-tolerance')
  })

  it('goes by the machine’s clock where no time is given', async () => {
    expect(await verify({ now: undefined })).toBe('outside-tolerance')
    const current = Math.floor(Date.now() / 1000)
    expect(await verify({ now: undefined, timestamp: current, signature: sign(payload, current) })).toBe('valid')
  })

  it.each<[string, object, string]>([
    ['no secret', { secret: '' }, 'no-secret'],
    ['a secret that is not there', { secret: undefined }, 'no-secret'],
    ['a body that was parsed', { payload: { event: 'signal.new' } }, 'payload-not-raw'],
    ['no body', { payload: undefined }, 'payload-not-raw'],
    ['no timestamp', { timestamp: null }, 'malformed-timestamp'],
    ['a timestamp that is no time', { timestamp: '1e9' }, 'malformed-timestamp'],
    ['a timestamp that is no number', { timestamp: Number.NaN }, 'malformed-timestamp'],
    ['no signature', { signature: null }, 'malformed-signature'],
    ['an empty signature', { signature: '' }, 'malformed-signature'],
    ['a signature that is too short', { signature: 'v1=abc' }, 'malformed-signature'],
    ['a signature without its version', { signature: sign(payload).slice(3) }, 'malformed-signature'],
    ['a signature of another version', { signature: sign(payload).replace('v1', 'v2') }, 'malformed-signature'],
    ['more signatures than anybody sends', { signature: `${sign('x')},`.repeat(17) }, 'malformed-signature'],
  ])('says why, and does not throw, for %s', async (_what, change, reason) => {
    expect(await verify(change)).toBe(reason)
  })

  it('never throws, whatever arrived', async () => {
    const fields = fc.constantFrom('payload', 'signature', 'timestamp', 'secret', 'toleranceSeconds', 'now')
    await fc.assert(
      fc.asyncProperty(fields, fc.anything({ withNullPrototype: true, withDate: true }), async (field, value) => {
        fc.pre(value !== undefined)
        expect(await verify({ toleranceSeconds: 0, [field]: value })).toBeTypeOf('string')
      }),
      { numRuns: 500 },
    )
    expect(await verifyWebhook({} as WebhookToVerify)).toEqual({ valid: false, reason: 'no-secret' })
    expect(await verifyWebhook(null as never)).toEqual({ valid: false, reason: 'no-secret' })
  })

  describe('on a runtime without Web Crypto', () => {
    afterEach(() => {
      vi.unstubAllGlobals()
    })

    it('believes nothing', async () => {
      vi.stubGlobal('crypto', undefined)
      expect(await verify({})).toBe('no-crypto')
    })
  })
})
