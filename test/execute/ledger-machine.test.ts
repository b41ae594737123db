import type { Receipt } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  claim,
  type Effect,
  fail,
  lose,
  reclaim,
  release,
  renew,
  standing,
  start,
  startAtOnce,
  succeed,
} from '../../src/execute/ledger/machine.js'
import { runs } from '../support/governing.js'

const LEASE = 100
const EFFECT: Effect = {
  key: 'k'.repeat(64),
  decisionId: 'd-1',
  callId: 'c-1',
  tool: 'refund',
  digest: 'd'.repeat(64),
  actor: 'agent',
}
const OUTPUT = { kind: 'json', value: 'paid' } as const
const ERROR = { name: 'RangeError', message: 'no funds' }

const claimed = claim(undefined, EFFECT, 1000, LEASE)
const started = startAtOnce(claimed, 1000)
const unknown = lose(started, 1100)
const succeeded = succeed(started, OUTPUT, 1010)
const failed = fail(started, ERROR, 1010)

const codeOf = (action: () => unknown): unknown => {
  try {
    action()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'nothing was thrown'
}

/** What a receipt holds in each state besides what every receipt holds. */
const OWN: Readonly<Record<Receipt['status'], readonly string[]>> = {
  claimed: ['leaseUntil'],
  started: ['leaseUntil', 'startedAt'],
  succeeded: ['startedAt', 'endedAt', 'output'],
  failed: ['startedAt', 'endedAt', 'error'],
  unknown: ['startedAt', 'since'],
}
const SHARED = new Set([...Object.keys(EFFECT), 'revision', 'fence', 'at', 'status'])
const ownFields = (receipt: Receipt): string[] => Object.keys(receipt).filter(field => !SHARED.has(field))

describe('how a key stands', () => {
  it.each<[string, Receipt | undefined, number, string]>([
    ['free where there is nothing', undefined, 0, 'free'],
    ['running while a claim holds', claimed, 1099, 'running'],
    ['free once a claim has run out', claimed, 1100, 'free'],
    ['free once it was given back', release(started), 0, 'free'],
    ['running while its lease holds', started, 1099, 'running'],
    ['lost once its lease has run out', started, 1100, 'lost'],
    ['unknown', unknown, 1, 'unknown'],
    ['settled once it succeeded', succeeded, 9999, 'settled'],
    ['settled once it failed', failed, 9999, 'settled'],
  ])('is %s', (_how, receipt, now, expected) => {
    expect(standing(receipt, now)).toBe(expected)
  })
})

describe('a transition', () => {
  it('carries only the fields of its state', () => {
    for (const receipt of [
      claimed,
      started,
      unknown,
      succeeded,
      failed,
      release(started),
      reclaim(failed, EFFECT, 2000, LEASE),
    ])
      expect(ownFields(receipt).toSorted()).toEqual(OWN[receipt.status].toSorted())
  })

  it('keeps what the effect is about', () => {
    const effect: Effect = {
      ...EFFECT,
      user: 'ann',
      tenant: 'acme',
      sessionId: 's',
      approvalId: 'a-1',
      input: OUTPUT,
      undoes: 'other',
    }
    const run = startAtOnce(claim(undefined, effect, 1000, LEASE), 1000)
    for (const receipt of [run, succeed(run, OUTPUT, 1001), fail(run, ERROR, 1001), lose(run, 1100), release(run)])
      expect(receipt).toMatchObject({ ...effect, at: 1000, fence: 1 })
  })

  it.each<[string, (receipt: Receipt) => unknown, readonly Receipt['status'][]]>([
    ['claims', receipt => claim(receipt, EFFECT, 1050, LEASE), []],
    ['claims again', receipt => reclaim(receipt, EFFECT, 1050, LEASE), ['failed', 'unknown']],
    ['starts', receipt => start(receipt, 1050), ['claimed']],
    ['gives up while the lease holds', receipt => lose(receipt, 1099), []],
    ['gives up after the lease', receipt => lose(receipt, 1100), ['started']],
  ])('that %s is refused in every other state', (_what, transition, from) => {
    for (const receipt of [claimed, started, unknown, succeeded, failed]) {
      expect(codeOf(() => transition(receipt))).toBe(
        from.includes(receipt.status) ? 'nothing was thrown' : 'not-pending',
      )
    }
  })

  it('that claims again grows the fencing token, and keeps when it was first claimed', () => {
    expect(reclaim(failed, EFFECT, 2000, LEASE)).toMatchObject({ fence: 2, at: 1000, revision: 3, leaseUntil: 2100 })
    expect(claim(release(started), EFFECT, 2000, LEASE)).toMatchObject({ fence: 2, at: 1000, status: 'claimed' })
  })

  it('that claims and starts in one write is one revision', () => {
    expect(started).toMatchObject({ revision: 1, startedAt: 1000, leaseUntil: 1100 })
    expect(start(claimed, 1000).revision).toBe(2)
  })

  it('that renews moves the lease on and nothing else', () => {
    expect(renew(started, 1050, LEASE)).toEqual({ ...started, revision: 2, leaseUntil: 1150 })
  })

  it('can still tell how an effect ended after it was given up', () => {
    expect(succeed(unknown, OUTPUT, 1200)).toMatchObject({
      status: 'succeeded',
      startedAt: 1000,
      endedAt: 1200,
      fence: 1,
    })
    expect(fail(unknown, ERROR, 1200)).toMatchObject({ status: 'failed', startedAt: 1000, error: ERROR })
  })
})

describe('any interleaving of workers', () => {
  const worker = fc.integer({ min: 0, max: 2 })
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constantFrom('look' as const, 'begin' as const, 'end' as const), worker }),
    },
    fc.record({
      kind: fc.constantFrom('renew' as const, 'fail' as const, 'suspend' as const, 'lose' as const),
      worker,
    }),
    fc.record({ kind: fc.constant('reclaim' as const), worker }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 80 }), worker }),
  )

  it('starts once per fencing token, never by itself where the end is unknown, and lets no stale one write', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        let stored: Receipt | undefined
        let now = 1000
        const starts: number[] = []
        const seen: (Receipt | undefined)[] = [undefined, undefined, undefined]
        const running: (Extract<Receipt, { status: 'started' }> | undefined)[] = [undefined, undefined, undefined]
        /** As a store does: the next revision only in the place of the one before. */
        const write = (next: Receipt): boolean => {
          if (next.revision !== (stored?.revision ?? 0) + 1) return false
          if (stored?.status === 'unknown' && next.status === 'started') expect(next.fence).toBe(stored.fence + 1)
          if (stored?.status === 'succeeded') expect.unreachable('what succeeded changed')
          if (stored !== undefined) expect(next.fence).toBeGreaterThanOrEqual(stored.fence)
          stored = next
          return true
        }
        /** As the ledger ends an effect: on what is stored now, if it is still its own. */
        const end = (
          mine: Receipt,
          outcome: (current: Extract<Receipt, { status: 'started' | 'unknown' }>) => Receipt,
        ): void => {
          const isOurs = stored?.fence === mine.fence && (stored.status === 'started' || stored.status === 'unknown')
          if (isOurs) expect(write(outcome(stored as Extract<Receipt, { status: 'started' }>))).toBe(true)
        }
        const begin = (index: number, make: (known: Receipt | undefined) => Receipt): void => {
          const opened = startAtOnce(make(seen[index]), now)
          if (!write(opened)) return
          starts.push(opened.fence)
          running[index] = opened
        }
        for (const { kind, worker: index, ...rest } of steps) {
          const mine = running[index]
          if (kind === 'wait') now += (rest as { ms: number }).ms
          else if (kind === 'look') seen[index] = stored
          else if (kind === 'begin' && standing(seen[index], now) === 'free')
            begin(index, known => claim(known, EFFECT, now, LEASE))
          else if (kind === 'reclaim' && seen[index]?.status === 'unknown') {
            begin(index, known => reclaim(known as Receipt, EFFECT, now, LEASE))
          } else if (kind === 'lose' && stored !== undefined && standing(stored, now) === 'lost')
            write(lose(stored, now))
          else if (mine !== undefined) {
            if (kind === 'renew') {
              const renewed = renew(mine, now, LEASE)
              if (write(renewed)) running[index] = renewed
            } else if (kind === 'end' || kind === 'fail' || kind === 'suspend') {
              const fence = stored?.fence
              end(mine, current =>
                kind === 'end'
                  ? succeed(current, OUTPUT, now)
                  : kind === 'fail'
                    ? fail(current, ERROR, now)
                    : release(current),
              )
              expect(stored?.fence).toBe(fence)
              running[index] = undefined
            }
          }
        }
        expect(new Set(starts).size).toBe(starts.length)
        expect(starts).toEqual(starts.toSorted((a, b) => a - b))
      }),
      runs(3000),
    ))
})
