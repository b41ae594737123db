import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateApprovalKeys, isGovernanceError, memoryStore, verifyAudit } from 'countersign'
import type { AuditEntry, SignedCheckpoint } from 'countersign'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Ed25519Jwk } from '../../src/ed25519.js'
import { signResolution } from '../../src/enforce/token.js'
import { checkAuditOptions } from '../../src/report/audit/audit-log.js'
import { signCheckpoint } from '../../src/report/audit/checkpoint.js'
import { lastEntry } from '../../src/report/audit/pages.js'
import { sealWith } from '../../src/report/audit/seal.js'
import { verifyEntries } from '../../src/report/audit/verify.js'
import { decisionOf } from '../../src/testing/store-cases/samples.js'
import { messageOf, runs, settle } from '../support/governing.js'
import { callThrough, type Logged, logged, resealed } from './audit-support.js'

const folder = mkdtempSync(join(tmpdir(), 'countersign-audit-'))
let publicKey: Ed25519Jwk
let privateKey: Ed25519Jwk

beforeAll(async () => {
  ;({ publicKey, privateKey } = await generateApprovalKeys())
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

interface Checkpointed extends Logged {
  readonly checkpoints: SignedCheckpoint[]
  /** All entries, and how many there are of each call. */
  readonly all: readonly AuditEntry[]
  readonly perCall: number
}

/** A log of three calls, with a checkpoint after each. */
const checkpointed = async (key?: string): Promise<Checkpointed> => {
  const checkpoints: SignedCheckpoint[] = []
  const to = (checkpoint: SignedCheckpoint): unknown => checkpoints.push(checkpoint)
  const log = logged({ checkpoints: { privateKey, to }, ...(key === undefined ? {} : { key }) })
  for (let call = 0; call < 3; call++) {
    await callThrough(log)
    await log.control.checkpoint()
  }
  const all = await log.entries()
  return { ...log, checkpoints, all, perCall: all.length / 3 }
}

/** For what comes of itself, however slow the machine is. */
const WAIT = { timeout: 10_000 }

const written = async (log: Logged, count: number): Promise<void> => {
  for (let index = 0; index < count; index++) await log.commit({ decision: decisionOf() })
}

describe('a checkpoint', () => {
  it('says how far the log had come, and is signed', async () => {
    const { checkpoints, all, perCall, clock, control } = await checkpointed()
    expect(checkpoints).toEqual(
      [1, 2, 3].map(calls => ({
        seq: calls * perCall,
        hash: all[calls * perCall - 1]?.hash,
        at: clock.now() - (3 - calls) * 1020,
        entries: perCall,
        token: expect.any(String) as unknown,
      })),
    )
    expect(await control.verify({ checkpoints, publicKeys: publicKey })).toMatchObject({ ok: true, checkpoints: 3 })
  })

  it('finds a log that was cut off, wherever it was', async () => {
    const { checkpoints, all } = await checkpointed()
    for (const length of all.keys()) {
      expect(await verifyEntries(all.slice(0, length), { checkpoints, publicKeys: publicKey })).toEqual({
        ok: false,
        entries: length,
        at: { seq: length + 1 },
        problem: 'cut-off',
        message: `The log ends with entry ${length}, and had entry ${all.length} when a checkpoint was signed.`,
      })
    }
  })

  it('finds a log that was sealed anew from any entry on, by whoever has its key', async () => {
    const { checkpoints, all, perCall } = await checkpointed('key')
    const seal = sealWith('key')
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: all.length - 1 }), async index => {
        const entry = all[index] as AuditEntry
        const { personal: _personal, ...rest } = { ...entry, body: entry.body.replace('"v":1', '"v":1,"commits":{}') }
        const forged = await resealed(all.with(index, rest), seal, index)
        const at = Math.ceil((index + 1) / perCall) * perCall
        expect(await verifyEntries(forged, { seal, checkpoints, publicKeys: publicKey })).toMatchObject({
          problem: 'checkpoint-mismatch',
          at: { seq: at },
          message: `Entry ${at} is not the one that a checkpoint was signed for: the log was written anew after entry ${at - perCall}.`,
        })
      }),
      runs(60),
    )
  })

  it('vouches for the beginning where older entries were let go of', async () => {
    const { checkpoints, all, perCall } = await checkpointed()
    const rest = all.slice(perCall)
    const trust = { checkpoints, publicKeys: publicKey, from: 'first' } as const
    expect(await verifyEntries(rest, trust)).toMatchObject({ ok: true, first: perCall + 1, checkpoints: 3 })
    expect(await verifyEntries(rest.slice(1), trust)).toMatchObject({ ok: true, first: perCall + 2, checkpoints: 2 })
    const [first, ...others] = await resealed(
      [{ ...(rest[0] as AuditEntry), previous: 'f'.repeat(64) }, ...rest.slice(1)],
      sealWith(),
    )
    expect(await verifyEntries([first as AuditEntry, ...others], trust)).toMatchObject({
      problem: 'checkpoint-mismatch',
      at: { seq: perCall },
    })
  })

  it('may be given as its token, as a line, or as it was handed out', async () => {
    const { checkpoints, control } = await checkpointed()
    const [a, b, c] = checkpoints
    const given = [a?.token ?? '', JSON.stringify(b), c as SignedCheckpoint]
    expect(await control.verify({ checkpoints: given, publicKeys: publicKey })).toMatchObject({
      ok: true,
      checkpoints: 3,
    })
  })

  it('that was not signed with the key is forged, whatever it shows', async () => {
    const { checkpoints, control } = await checkpointed()
    const [first, second] = checkpoints as [SignedCheckpoint, SignedCheckpoint]
    const stranger = await generateApprovalKeys()
    const anonymous = { ...stranger.privateKey, kid: undefined }
    const answer = { approvalId: 'a', digest: 'a'.repeat(64), resolution: 'approved', by: 'ada' } as const
    const halves = second.token.split('.')
    const forgeries: readonly (readonly [SignedCheckpoint | string, string])[] = [
      [await signCheckpoint(second, stranger.privateKey), 'names the key'],
      [await signCheckpoint(second, anonymous), 'has a signature that does not match'],
      [{ ...second, seq: second.seq + 1 }, 'shows another `seq` than was signed'],
      [{ ...second, hash: first.hash }, 'shows another `hash` than was signed'],
      [{ ...second, token: first.token }, 'shows another `seq` than was signed'],
      [`${halves[0]}.${first.token.split('.')[1]}.${halves[2]}`, 'has a signature that does not match'],
      [second.token.slice(0, -3), 'has a signature that was cut short'],
      ['{', 'is missing: expected a text'],
      ['', 'is missing: expected a text'],
      [await signResolution(answer, privateKey), 'is of another type: "countersign-resolution+jwt"'],
      [
        (await signCheckpoint({ ...second, seq: -1 }, privateKey)).token,
        'has claims that are not those of a checkpoint',
      ],
    ]
    for (const [forged, reason] of forgeries) {
      expect(await control.verify({ checkpoints: [first, forged], publicKeys: publicKey })).toMatchObject({
        ok: false,
        entries: 0,
        problem: 'checkpoint-forged',
        at: { seq: first.seq },
        message: expect.stringContaining(
          `Checkpoint number 2, after that of entry ${first.seq}: The checkpoint ${reason}`,
        ) as unknown,
      })
    }
  })
})

describe('checkpoints by themselves', () => {
  it('are signed every so many entries, and no call waits for them', async () => {
    const seqs: number[] = []
    const to = vi.fn((checkpoint: SignedCheckpoint) => seqs.push(checkpoint.seq))
    const log = logged({ checkpoints: { privateKey, to, every: 3 } })
    await written(log, 4)
    expect(to).not.toHaveBeenCalled()
    log.clock.advance(0)
    await log.log.close()
    expect(seqs).toEqual([4])
    await written(log, 2)
    expect(log.clock.pending()).toBe(0)
    await written(log, 1)
    expect(log.clock.pending()).toBe(1)
  })

  it('are not handed to a receiver that has not taken the one before', async () => {
    const { promise: gate, resolve: take } = Promise.withResolvers<void>()
    const to = vi.fn(async (_checkpoint: SignedCheckpoint) => gate)
    const log = logged({ checkpoints: { privateKey, to, every: 2 } })
    await written(log, 2)
    log.clock.advance(0)
    await vi.waitFor(() => expect(to).toHaveBeenCalledOnce(), WAIT)
    await written(log, 6)
    expect(log.clock.pending()).toBe(0)
    take()
    await settle()
    await written(log, 1)
    expect(log.clock.pending()).toBe(1)
  })

  it('that fail are tried again after as many entries, not after each', async () => {
    const failures: unknown[] = []
    const to = (): never => {
      throw new Error('disk full')
    }
    const log = logged({ checkpoints: { privateKey, to, every: 2 } }, memoryStore(), error => failures.push(error))
    await written(log, 2)
    log.clock.advance(0)
    await vi.waitFor(() => expect(failures).toHaveLength(1), WAIT)
    await written(log, 1)
    expect(log.clock.pending()).toBe(0)
    await written(log, 1)
    expect(log.clock.pending()).toBe(1)
  })

  it('end with one at the end, if anything came since', async () => {
    const seqs: number[] = []
    const to = (checkpoint: SignedCheckpoint): unknown => seqs.push(checkpoint.seq)
    const log = logged({ checkpoints: { privateKey, to, every: 3 } })
    await log.log.close()
    expect(seqs).toEqual([])
    await written(log, 5)
    await log.log.close()
    expect(seqs).toEqual([5])
    expect(log.clock.pending()).toBe(0)
    await log.log.close()
    expect(seqs).toEqual([5])
  })

  it('end with one at the end also where only others have written since the last one', async () => {
    const seqs: number[] = []
    const to = (checkpoint: SignedCheckpoint): unknown => seqs.push(checkpoint.seq)
    const store = memoryStore()
    const log = logged({ checkpoints: { privateKey, to } }, store)
    const other = logged({}, store)
    await written(other, 1)
    await log.log.close()
    expect(seqs).toEqual([])
    await log.control.checkpoint()
    await written(other, 2)
    await log.log.close()
    await log.log.close()
    expect(seqs).toEqual([1, 3])
  })

  it('that cannot be handed out are told of, and tried again', async () => {
    const failures: unknown[] = []
    const kept: number[] = []
    let isDown = true
    const to = async ({ entries }: SignedCheckpoint): Promise<void> => {
      await Promise.resolve()
      if (isDown) throw new Error('no network')
      kept.push(entries)
    }
    const { log, commit } = logged({ checkpoints: { privateKey, to } }, memoryStore(), error => failures.push(error))
    await commit({ decision: decisionOf() })
    await log.close()
    expect(failures).toEqual([new Error('no network')])
    await expect(log.checkpoint()).rejects.toThrow('no network')
    isDown = false
    await log.close()
    expect(kept).toEqual([1])
  })

  it('are not signed over a log that was written anew, or broken', async () => {
    const { all } = await checkpointed()
    const end = all.length
    const forged = await resealed(
      all.with(3, { ...(all[3] as AuditEntry), body: '{"v":1,"kind":"approval"}' }),
      sealWith(),
      3,
    )
    let kept: readonly AuditEntry[] = all.slice(0, 10)
    const store = {
      ...memoryStore(),
      readAudit: ({ after = 0, limit = 1000 }) => kept.filter(({ seq }) => seq > after).slice(0, limit),
    }
    const log = logged({ checkpoints: { privateKey, to: () => undefined } }, store)
    expect(await log.control.checkpoint()).toMatchObject({ seq: 10, entries: 10 })
    kept = forged
    await expect(log.control.checkpoint()).rejects.toThrow(
      'entry 10 is not what it was when the checkpoint before was signed',
    )
    kept = all.slice(0, 9)
    await expect(log.control.checkpoint()).rejects.toSatisfy(error => isGovernanceError(error, 'store-failed'))
    kept = all.with(end - 1, { ...(all.at(-1) as AuditEntry), hash: 'f'.repeat(64) })
    await expect(log.control.checkpoint()).rejects.toThrow(
      `no checkpoint was signed: entry ${end} is not what was sealed`,
    )
    kept = all.slice(12)
    expect(await log.control.checkpoint()).toMatchObject({ seq: end, entries: end - 10 })
  })

  it('asked for one after the other come one after the other', async () => {
    const log = logged({ checkpoints: { privateKey, to: () => undefined } })
    await written(log, 2)
    const both = await Promise.all([log.control.checkpoint(), log.control.checkpoint()])
    expect(both.map(({ seq, entries }) => [seq, entries])).toEqual([
      [2, 2],
      [2, 0],
    ])
  })

  it('of an empty log say that it is empty', async () => {
    const log = logged({ checkpoints: { privateKey, to: () => undefined } })
    const checkpoint = await log.control.checkpoint()
    expect(checkpoint).toMatchObject({ seq: 0, hash: '0'.repeat(64), entries: 0 })
    expect(await log.control.verify({ checkpoints: [checkpoint], publicKeys: publicKey })).toMatchObject({ ok: true })
  })

  it('are refused where none were asked for', async () => {
    const error = await logged()
      .control.checkpoint()
      .catch((reason: unknown) => reason)
    expect(isGovernanceError(error, 'invalid-call')).toBe(true)
  })

  it('find the end of a log of any length', async () => {
    const store = {
      readAudit: ({ after = 0 }) => (after < length ? [{ seq: Math.max(after, begin) + 1 } as AuditEntry] : []),
    }
    let begin = 0
    let length = 0
    for (begin of [0, 7]) {
      for (length of [...Array(70).keys(), 1000, 1023, 1024, 1025, 1_000_000]) {
        const expected = length <= begin ? (length === 0 ? undefined : begin + 1) : length
        if (length <= begin && length > 0) continue
        for (const known of [0, Math.floor(length / 2), length]) {
          expect((await lastEntry(store, known))?.seq).toBe(known === length ? undefined : expected)
        }
      }
    }
  })

  it.each([
    [{ every: 0 }, 'Option `audit.checkpoints.every`: expected a whole number above 0'],
    [{ to: '' }, 'Option `audit.checkpoints.to`: expected a function, or the path of a file'],
    [{ keyId: 7 }, 'Option `audit.checkpoints.keyId`: expected a text'],
    [{ path: 'x' }, 'Option `audit.checkpoints.path`: unknown option'],
    [{ privateKey: 'x' }, 'Option `audit.checkpoints.privateKey`: expected an Ed25519 private key'],
  ])('with the options %j are refused', (options, message) => {
    const checkpoints = { privateKey, to: 'file', ...options }
    expect(messageOf(() => checkAuditOptions({ checkpoints }))).toContain(message)
  })
})

describe('a log that was exported', () => {
  it('verifies offline as it does online, with key and checkpoints', async () => {
    const to = join(folder, 'checkpoints.jsonl')
    const path = join(folder, 'audit.jsonl')
    const log = logged({ key: 'key', checkpoints: { privateKey, to, keyId: 'k1' } })
    for (const user of ['für Zoë \u2028', '😀\n\\"']) {
      await callThrough(log, { user })
      await log.control.checkpoint()
    }
    await log.control.checkpoint()
    await writeFile(path, log.control.export())
    const publicKeys = { k1: publicKey }
    const checkpoints = readFileSync(to, 'utf8').trimEnd().split('\n')
    const online = await log.control.verify({ checkpoints, publicKeys })
    const { length } = await log.entries()
    expect(online).toMatchObject({ ok: true, entries: length, checkpoints: 2 })
    expect(await verifyAudit(path, { key: 'key', checkpoints: to, publicKeys })).toEqual(online)
    expect(await verifyAudit(readFileSync(path, 'utf8').split('\n'), { key: 'key', checkpoints, publicKeys })).toEqual(
      online,
    )
    expect(await verifyAudit(log.control.export(), { key: 'key', checkpoints, publicKeys })).toEqual(online)
    expect(await verifyAudit(path)).toMatchObject({ ok: false, problem: 'changed', at: { seq: 1 } })
    appendFileSync(path, 'x')
    expect(await verifyAudit(path, { key: 'key' })).toMatchObject({
      ok: false,
      problem: 'malformed',
      at: { seq: length + 1 },
    })
  })

  it('of several pages is whole, in one piece and in order', async () => {
    const log = logged()
    await written(log, 2500)
    const path = join(folder, 'long.jsonl')
    await writeFile(path, log.control.export())
    expect(await verifyAudit(path)).toMatchObject({ ok: true, entries: 2500, head: { seq: 2500 } })
    expect(await log.control.verify()).toEqual(await verifyAudit(path))
  })

  it('is refused where it cannot be read', async () => {
    await expect(verifyAudit(join(folder, 'none.jsonl'))).rejects.toThrow('Option `source`: cannot read')
    await expect(verifyAudit('{"seq":1}')).rejects.toThrow('expected a list of lines or a path, found the text itself')
    await expect(verifyAudit([], { keys: 'x' } as object)).rejects.toThrow('Option `keys`: unknown option')
    await expect(verifyAudit([], { checkpoints: folder, publicKeys: publicKey })).rejects.toThrow(
      'Option `checkpoints`: cannot read',
    )
  })

  it('is found out when its lines were written in another form', async () => {
    const log = logged()
    await written(log, 2)
    const lines: string[] = []
    for await (const line of log.control.export()) lines.push(line.trimEnd())
    const other = lines.map(line => JSON.stringify(JSON.parse(line), null, 1).replaceAll('\n', ''))
    expect(await verifyAudit(other)).toMatchObject({ problem: 'malformed', at: { seq: 1 } })
    writeFileSync(join(folder, 'crlf.jsonl'), lines.join('\r\n'))
    expect(await verifyAudit(join(folder, 'crlf.jsonl'))).toMatchObject({ problem: 'malformed', at: { seq: 1 } })
  })
})
