import type { AuditEntry } from 'countersign'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { GENESIS } from '../../src/audit-entry.js'
import { exportLines, verifyAudit } from '../../src/report/audit/export.js'
import { sealWith } from '../../src/report/audit/seal.js'
import type { Verification } from '../../src/report/audit/verification.js'
import { verifyEntries } from '../../src/report/audit/verify.js'
import { messageOf, runs } from '../support/governing.js'
import { callThrough, killSwitchOf, kindOf, logged, resealed, runAtOnce } from './audit-support.js'

const KEY = 'a long random text that nobody can guess'

/** What is wrong, and where. */
const problemOf = (verification: Verification): string =>
  verification.ok ? 'nothing' : `${verification.problem} at ${verification.at.seq}`

/** The entries of a call that was held, a switch, and a call that ran at once. */
const filled = async (key?: string): Promise<readonly AuditEntry[]> => {
  const log = logged(key === undefined ? {} : { key })
  await callThrough(log, { tenant: 'acme', metadata: { note: 'für Zoë \u2028 "quoted"' } })
  await killSwitchOf(log)
  await runAtOnce(log)
  return log.entries()
}

let entries: readonly AuditEntry[]
let last: AuditEntry

beforeAll(async () => {
  entries = await filled()
  last = entries.at(-1) as AuditEntry
})

describe('a log that nobody touched', () => {
  it('verifies, and says what was checked', async () => {
    expect(await verifyEntries(entries)).toEqual({
      ok: true,
      entries: entries.length,
      first: 1,
      head: { seq: entries.length, hash: last.hash },
      erased: 0,
      checkpoints: 0,
    })
  })

  it('verifies when it is empty', async () => {
    const head = { seq: 0, hash: GENESIS }
    expect(await verifyEntries([])).toEqual({ ok: true, entries: 0, head, erased: 0, checkpoints: 0 })
  })

  it('verifies under its key only', async () => {
    const keyed = await filled(KEY)
    expect(await verifyEntries(keyed, { seal: sealWith(KEY) })).toMatchObject({ ok: true, entries: keyed.length })
    for (const seal of [sealWith(), sealWith(`${KEY}!`)]) {
      expect(problemOf(await verifyEntries(keyed, { seal }))).toBe('changed at 1')
    }
    expect(await verifyEntries(keyed)).toMatchObject({
      message: 'Entry 1 is not what was sealed: it was changed, or the log is sealed with another key.',
    })
  })

  it('verifies in parts, each from the head of the one before', async () => {
    const first = await verifyEntries(entries.slice(0, 6))
    const from = first.ok ? first.head : undefined
    expect(await verifyEntries(entries.slice(6), { from: from ?? 'first' })).toMatchObject({
      ok: true,
      first: 7,
      entries: entries.length - 6,
    })
    expect(problemOf(await verifyEntries(entries.slice(7), { from: from ?? 'first' }))).toBe('missing at 7')
    const another = { seq: 6, hash: 'f'.repeat(64) }
    expect(problemOf(await verifyEntries(entries.slice(6), { from: another }))).toBe('relinked at 7')
  })

  it('verifies from whatever is first only where that was asked for', async () => {
    const rest = entries.slice(3)
    expect(await verifyEntries(rest, { from: 'first' })).toMatchObject({ ok: true, first: 4, entries: rest.length })
    expect(await verifyEntries(rest)).toMatchObject({
      problem: 'missing',
      at: { seq: 1 },
      message:
        'Entry 1 is missing: entry 4 comes in its place. Where older entries were let go of on purpose, verify from "first".',
    })
  })
})

describe('a log that somebody changed', () => {
  it('is found out at any character of any line, and at which entry', async () => {
    const lines: string[] = []
    for await (const line of exportLines(entries)) lines.push(line)
    const text = lines.join('')
    const character = fc.oneof(
      fc.constantFrom(...'0 1 2 9 a b f " \\ , : { } [ ] \n'.split(' '), ' '),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: text.length - 2 }), character, async (index, replacement) => {
        fc.pre(text[index] !== replacement)
        const seq = text.slice(0, index).split('\n').length
        const changed = `${text.slice(0, index)}${replacement}${text.slice(index + 1)}`
        const verification = await verifyAudit(changed.split('\n'))
        expect(verification.ok).toBe(false)
        if (verification.ok) return
        expect([seq, seq + 1]).toContain(verification.at.seq)
        expect(verification.entries).toBe(verification.at.seq - 1)
      }),
      runs(1500),
    )
  })

  it('is found out in any field of any entry', async () => {
    const names = ['seq', 'previous', 'hash', 'decisionId', 'tenant', 'body', 'personal'] as const
    const value = fc.oneof(
      fc.string(),
      fc.nat(),
      fc.constantFrom(undefined, null, '', '{}', '[]', '{"kind":"decision"}'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: entries.length - 1 }),
        fc.constantFrom(...names),
        value,
        async (index, name, given) => {
          const entry = entries[index] as AuditEntry
          fc.pre(given !== entry[name])
          const changed = entries.with(index, { ...entry, [name]: given })
          const verification = await verifyEntries(changed)
          expect(verification).toMatchObject({ ok: false, at: { seq: index + 1 } })
        },
      ),
      runs(500),
    )
  })

  it('is found out wherever entries were removed', async () => {
    const some = fc.subarray([...entries.keys()].slice(0, -1), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(some, async removed => {
        const left = entries.filter((_entry, index) => !removed.includes(index))
        expect(problemOf(await verifyEntries(left))).toBe(`missing at ${(removed[0] ?? 0) + 1}`)
      }),
      runs(100),
    )
  })

  it('is found out wherever two entries were swapped', async () => {
    const two = fc.uniqueArray(fc.nat({ max: entries.length - 1 }), { minLength: 2, maxLength: 2 })
    await fc.assert(
      fc.asyncProperty(two, async ([a = 0, b = 0]) => {
        const swapped = entries.with(a, entries[b] as AuditEntry).with(b, entries[a] as AuditEntry)
        expect(problemOf(await verifyEntries(swapped))).toBe(`reordered at ${Math.min(a, b) + 1}`)
      }),
      runs(100),
    )
  })

  it('is found out wherever an entry was put in a second time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: entries.length - 1 }), fc.nat({ max: entries.length }), async (from, to) => {
        const doubled = entries.toSpliced(to, 0, entries[from] as AuditEntry)
        expect(problemOf(await verifyEntries(doubled))).toBe(`reordered at ${to === from ? to + 2 : to + 1}`)
      }),
      runs(100),
    )
  })

  it('is found out wherever an entry was put in, whatever number it was given', async () => {
    for (const to of entries.keys()) {
      const { seq, previous } = entries[to] as AuditEntry
      const numbered = { seq, previous, hash: '', body: '{"v":1,"kind":"decision","at":1}' }
      const [forged] = await resealed([numbered], sealWith())
      const inserted = [
        ...entries.slice(0, to),
        forged as AuditEntry,
        ...entries.slice(to).map(entry => Object.assign({}, entry, { seq: entry.seq + 1 })),
      ]
      expect(problemOf(await verifyEntries(inserted))).toBe(`relinked at ${to + 2}`)
    }
  })

  it('is found out where an entry was rewritten and sealed, at the one after it', async () => {
    const rewritten = { ...(entries[4] as AuditEntry), body: '{"v":1,"kind":"decision","at":1}' }
    const [forged] = await resealed([rewritten], sealWith())
    expect(problemOf(await verifyEntries(entries.with(4, forged as AuditEntry)))).toBe('changed at 5')
    const { personal: _personal, decisionId: _id, tenant: _tenant, ...bare } = forged as AuditEntry
    expect(await verifyEntries(entries.with(4, bare))).toEqual({
      ok: false,
      entries: 5,
      at: { seq: 6, decisionId: entries[5]?.decisionId, kind: kindOf(entries[5] as AuditEntry) },
      problem: 'relinked',
      message: 'Entry 6 does not follow from entry 5 as it is: one of them was replaced and sealed anew.',
    })
  })

  it('is not found out where all of it was sealed anew without a key, and is with one', async () => {
    const forge = (given: readonly AuditEntry[]): readonly AuditEntry[] =>
      given.with(2, { ...(given[2] as AuditEntry), body: (given[2] as AuditEntry).body.replace('api', 'chat') })
    expect((await verifyEntries(await resealed(forge(entries), sealWith(), 2))).ok).toBe(true)
    const keyed = await filled(KEY)
    for (const guess of [undefined, '', 'guess'].map(key => sealWith(key === '' ? undefined : key))) {
      const forged = await resealed(forge(keyed), guess, 2)
      expect(problemOf(await verifyEntries(forged, { seal: sealWith(KEY) }))).toBe('changed at 3')
    }
  })

  it('is found out where an entry is filed under another decision or tenant', async () => {
    const moved = entries.with(0, { ...(entries[0] as AuditEntry), tenant: 'globex' })
    expect(await verifyEntries(moved)).toMatchObject({
      problem: 'changed',
      at: { seq: 1, kind: 'decision' },
      message: 'Entry 1 is filed under another `tenant` than was sealed.',
    })
  })

  it('is found out where there is no entry', async () => {
    for (const nonsense of [undefined, null, 'entry', 7, {}, { ...last, seq: 1.5 }, { ...last, seq: 0 }]) {
      const given = [...entries.slice(0, 2), nonsense as AuditEntry]
      expect(await verifyEntries(given)).toMatchObject({
        problem: 'malformed',
        at: { seq: 3 },
        message: 'What comes after entry 2 cannot be read as an entry.',
      })
    }
    const [hollow] = await resealed([{ seq: 1, previous: GENESIS, hash: '', body: '[]' }], sealWith())
    expect(problemOf(await verifyEntries([hollow as AuditEntry]))).toBe('malformed at 1')
    expect(problemOf(await verifyEntries([undefined as unknown as AuditEntry], { from: 'first' }))).toBe(
      'malformed at 1',
    )
  })
})

describe('a personal field', () => {
  const change = (index: number, edit: (personal: Record<string, unknown[]>) => void): readonly AuditEntry[] => {
    const entry = entries[index] as AuditEntry
    const personal = JSON.parse(entry.personal ?? '{}') as Record<string, unknown[]>
    edit(personal)
    return entries.with(index, { ...entry, personal: JSON.stringify(personal) })
  }
  const messageFor = async (given: readonly AuditEntry[]): Promise<string> => {
    const verification = await verifyEntries(given)
    return verification.ok ? 'nothing' : `${verification.problem}: ${verification.message}`
  }

  it('cannot take another value or salt', async () => {
    const salt = 'A'.repeat(22)
    const others: ((own: unknown) => unknown)[] = [
      own => [own, 'mallory'],
      () => [salt, 'ada@example.org'],
      own => [own],
      own => [own, 'ada@example.org', 1],
      () => ['', 'ada@example.org'],
      () => [],
      () => 'ada@example.org',
    ]
    for (const other of others) {
      const changed = change(0, personal => {
        personal['user'] = other(personal['user']?.[0]) as unknown[]
      })
      expect(await messageFor(changed)).toMatch(
        /^field-changed: Entry 1: its (field "user" was changed|personal fields)/,
      )
    }
  })

  it('cannot lend its first characters to its salt', async () => {
    const lent = change(0, personal => {
      const [salt] = personal['value'] ?? []
      personal['value'] = [`${String(salt)}4`, 0]
    })
    expect(await messageFor(lent)).toBe('field-changed: Entry 1: its field "value" was changed.')
  })

  it('cannot be added, nor written in another way', async () => {
    const added = change(0, personal => {
      personal['__proto__x'] = ['A'.repeat(22), 1]
    })
    expect(await messageFor(added)).toBe('field-changed: Entry 1: its field "__proto__x" was added.')
    const spaced = entries.with(0, { ...(entries[0] as AuditEntry), personal: ` ${entries[0]?.personal}` })
    expect(await messageFor(spaced)).toBe('field-changed: Entry 1: its personal fields were written anew.')
    const unreadable = entries.with(0, { ...(entries[0] as AuditEntry), personal: '{' })
    expect(await messageFor(unreadable)).toBe('field-changed: Entry 1: its personal fields cannot be read.')
  })

  it('cannot disappear without an erasure on record', async () => {
    const gone = change(0, personal => {
      delete personal['user']
    })
    expect(await messageFor(gone)).toBe(
      'field-changed: Entry 1: its field "user" is gone, and no erasure is on record.',
    )
    for (const [index, { personal, ...bare }] of entries.entries()) {
      const problem = personal === undefined ? 'nothing' : `field-changed at ${index + 1}`
      expect(problemOf(await verifyEntries(entries.with(index, bare)))).toBe(problem)
    }
  })

  it('can be erased on record: the chain holds, and the erasures are counted', async () => {
    const log = logged()
    const decision = await callThrough(log)
    const other = await callThrough(log)
    const { length } = await log.entries()
    await log.control.erase({ decisionId: decision.id, fields: ['user', 'comment'], by: 'dpo', reason: 'asked to' })
    expect(await log.control.verify()).toMatchObject({ ok: true, entries: length + 1, erased: 2 })
    const text = JSON.stringify((await log.entries()).filter(({ decisionId }) => decisionId === decision.id))
    expect(text).not.toContain('ada@example.org')
    expect(text).not.toContain('fine')
    expect(text).toContain('grace')
    expect(JSON.stringify(await log.control.record(other.id))).toContain('ada@example.org')
  })

  it('that was erased before its erasure was asked for is not what the erasure speaks of', async () => {
    const log = logged()
    const decision = await callThrough(log)
    await log.control.erase({ decisionId: decision.id, fields: ['user'], by: 'dpo', reason: 'asked to' })
    await log.commit({ outcome: { id: 'o', decisionId: decision.id, status: 'LATE', at: 1, reportedBy: 'bank' } })
    await log.control.erase({ decisionId: decision.id, fields: ['description'], by: 'dpo', reason: 'asked to' })
    const kept = await log.entries()
    const index = kept.findIndex(({ body }) => body.includes('"LATE"'))
    const { personal: _personal, ...bare } = kept[index] as AuditEntry
    expect(problemOf(await verifyEntries(kept.with(index, bare)))).toBe(`field-changed at ${index + 1}`)
  })
})

describe('the seal of a log', () => {
  it('is SHA-256, or HMAC-SHA-256 under the key', async () => {
    expect(await sealWith()('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    // RFC 4231, test case 2
    expect(await sealWith('Jefe')('what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })

  it('is the same where there is no Node, a little later', async () => {
    vi.stubGlobal('process', { env: {} })
    vi.resetModules()
    try {
      const web = await import('../../src/report/audit/seal.js')
      for (const [here, there] of [
        [sealWith(), web.sealWith()],
        [sealWith(KEY), web.sealWith(KEY)],
      ] as const) {
        const answer = there('für Zoë')
        expect(answer).toBeInstanceOf(Promise)
        expect(await answer).toBe(await here('für Zoë'))
      }
    } finally {
      vi.unstubAllGlobals()
      vi.resetModules()
    }
  })

  it('takes no empty key', () => {
    for (const key of ['', 7, null]) {
      expect(messageOf(() => sealWith(key as string))).toBe('Option `key`: expected a text that is hard to guess')
    }
  })
})

describe('the options of verification', () => {
  it.each([
    [{ checkpoint: [] }, 'Option `checkpoint`: unknown option'],
    [{ from: 'frist' }, 'Option `from`: expected "first", or the `head` of an earlier verification'],
    [{ from: { seq: 'x', hash: '' } }, 'Option `from`: expected "first"'],
    [{ checkpoints: [] }, 'Option `publicKeys`: is missing'],
    [{ checkpoints: [], publicKeys: 'x' }, 'Option `publicKeys`: expected an Ed25519 public key'],
  ])('%j are refused', async (options, message) => {
    await expect(verifyEntries([], options as object)).rejects.toThrow(message)
  })
})
