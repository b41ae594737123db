import * as fc from 'fast-check'
import { isModelError } from 'countersign'
import { fakeClock } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { Bucket } from '../../src/provider/bucket.js'
import { FairQueue } from '../../src/provider/fair-queue.js'
import { Limiter } from '../../src/provider/limiter.js'
import { guardWorld, inTime, MAIN, request, settled, SPARE } from './support.js'

const WINDOW = 60_000
const answer = { text: 'hi', usage: { inputTokens: 10, outputTokens: 10 } }

describe('a bucket', () => {
  it('never lets more than its tokens through in any window, wherever that begins', () => {
    const steps = fc.array(fc.tuple(fc.nat(20_000), fc.integer({ min: 1, max: 12 })), { maxLength: 80 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), steps, (max, wanted) => {
        const bucket = new Bucket(max, WINDOW)
        const taken: { at: number; amount: number }[] = []
        let now = 0
        for (const [later, amount] of wanted) {
          now = Math.max(now + later, bucket.availableAt(amount, now + later))
          taken.push({ at: now, amount: bucket.take(amount, now).amount })
        }
        for (const { at } of taken) {
          const within = taken.filter(other => other.at > at - WINDOW && other.at <= at)
          expect(within.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(max)
        }
      }),
    )
  })

  it('says exactly when: a millisecond before, the tokens are not there', () => {
    const bucket = new Bucket(5, WINDOW)
    bucket.take(3, 0)
    bucket.take(2, 100)
    expect(bucket.availableAt(1, 200)).toBe(60_000)
    expect(bucket.availableAt(4, 200)).toBe(60_100)
    expect(bucket.availableAt(99, 200)).toBe(60_100)
    expect(bucket.availableAt(1, 59_999)).toBe(60_000)
  })

  it('counts what it really was, unless that has come back already', () => {
    const bucket = new Bucket(10, WINDOW)
    const first = bucket.take(8, 0)
    bucket.settle(first, 1)
    expect(bucket.availableAt(9, 1)).toBe(1)
    bucket.availableAt(1, 60_000)
    bucket.settle(first, 10)
    expect(bucket.availableAt(10, 60_000)).toBe(60_000)
  })
})

describe('a queue', () => {
  it('serves lines in turn, and each in order: nobody waits for more than one of each other', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 100 }), arrivals => {
        const queue = new FairQueue<{ who: string; index: number }>(1000)
        for (const [index, who] of arrivals.entries()) queue.push(`${who}`, { who: `${who}`, index })
        const served: { who: string; index: number }[] = []
        for (let item = queue.shift(); item !== undefined; item = queue.shift()) served.push(item)
        expect(served.length).toBe(arrivals.length)
        for (const who of new Set(arrivals.map(String))) {
          const own = served.flatMap((item, place) => (item.who === who ? [{ ...item, place }] : []))
          expect(own.map(({ index }) => index)).toEqual(own.map(({ index }) => index).toSorted((a, b) => a - b))
          for (const [nth, { place }] of own.entries()) {
            const before = served.slice(0, place)
            const counts = Map.groupBy(before, item => item.who)
            for (const [, items] of counts) expect(items.length).toBeLessThanOrEqual(nth + 1)
          }
        }
      }),
    )
  })

  it('has whoever waits most give way when it is full', () => {
    const queue = new FairQueue<string>(4)
    for (const item of ['a1', 'a2', 'a3', 'a4']) expect(queue.push('a', item)).toBeUndefined()
    expect(queue.push('a', 'a5')).toBe('a5')
    expect(queue.push('b', 'b1')).toBe('a4')
    expect(queue.push('b', 'b2')).toBe('a3')
    expect(queue.push('b', 'b3')).toBe('b3')
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual([
      'a1',
      'b1',
      'a2',
      'b2',
      undefined,
    ])
  })

  it('lets anybody leave', () => {
    const queue = new FairQueue<string>(4)
    queue.push('a', 'a1')
    queue.push('b', 'b1')
    queue.remove('a1')
    queue.remove('unknown')
    expect([queue.size, queue.peek()]).toEqual([1, 'b1'])
  })
})

describe('limits of a model', () => {
  it('let so many requests through a minute, for each model by itself', async () => {
    const { guard, clock } = await guardWorld({ limits: { 'test/main': { requestsPerMinute: 2 } } })
    const began = clock.now()
    const at: number[] = []
    const attempt = async () => {
      at.push(clock.now() - began)
      return answer
    }
    await inTime(clock, Promise.all(Array.from({ length: 5 }, () => guard.run(request(), attempt))))
    expect(at).toEqual([0, 0, 60_000, 60_000, 120_000])
    await guard.run(request({ targets: [SPARE] }), attempt)
  })

  it('count tokens as estimated, and then as used', async () => {
    const { guard, clock } = await guardWorld({
      limits: { '*': { tokensPerMinute: 100 } },
      estimateTokens: () => 10,
      expectedOutputTokens: 70,
    })
    const began = clock.now()
    await guard.run(request(), async () => answer)
    await guard.run(request(), async () => answer)
    expect(clock.now()).toBe(began)
    await inTime(
      clock,
      guard.run(request(), async () => answer),
    )
    expect(clock.now() - began).toBe(60_000)
  })

  it('do not let one who asks for much starve another', async () => {
    const { guard, clock } = await guardWorld({ limits: { '*': { requestsPerMinute: 1 } } })
    const served: string[] = []
    const ask = (actor: string) =>
      guard.run(request({ scope: { actor } }), async () => {
        served.push(actor)
        return answer
      })
    const all = Promise.all([...Array.from({ length: 4 }, () => ask('noisy')), ask('quiet')])
    await inTime(clock, all)
    expect(served).toEqual(['noisy', 'noisy', 'quiet', 'noisy', 'noisy'])
  })

  it('hold nobody who has given up, and keep their turn for others', async () => {
    const { guard, clock } = await guardWorld({ limits: { '*': { requestsPerMinute: 1 } } })
    const abort = new AbortController()
    await guard.run(request(), async () => answer)
    const first = guard.run(request({ signal: abort.signal }), async () => answer)
    const second = guard.run(request(), async () => answer)
    await settled()
    abort.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    const began = clock.now()
    await inTime(clock, second)
    expect(clock.now() - began).toBe(60_000)
  })

  it('refuse whom they cannot hold, or would hold for too long; the next model is asked', async () => {
    const { guard, clock } = await guardWorld({
      limits: { 'test/main': { requestsPerMinute: 1 } },
      queue: { maxWaiting: 1, maxWaitMs: 5000 },
    })
    const asked: string[] = []
    const ask = (targets: readonly [typeof MAIN, ...(typeof MAIN)[]]) =>
      guard.run(request({ targets }), async ({ model }) => {
        asked.push(model)
        return answer
      })
    await ask([MAIN])
    const waits = ask([MAIN, SPARE])
    await settled()
    await expect(ask([MAIN])).rejects.toSatisfy(error => isModelError(error, 'busy') && error.code === 'model-busy')
    const began = clock.now()
    await inTime(clock, waits)
    expect([asked, clock.now() - began]).toEqual([['main', 'spare'], 5000])
  })

  it('count every attempt', async () => {
    const { guard, clock } = await guardWorld({ limits: { '*': { requestsPerMinute: 1 } } })
    const began = clock.now()
    let tried = 0
    const attempt = async () => {
      if (tried++ === 0) throw Object.assign(new Error('bad'), { status: 500 })
      return answer
    }
    await inTime(clock, guard.run(request(), attempt))
    expect(clock.now() - began).toBe(60_000)
  })
})

describe('a limiter', () => {
  const arrival = fc.record({
    after: fc.nat(20_000),
    who: fc.nat(3),
    tokens: fc.integer({ min: 1, max: 60 }),
    used: fc.integer({ min: 0, max: 60 }),
    patience: fc.option(fc.nat(200_000), { nil: undefined }),
  })

  it('lets everybody who is patient through, in turn, and never more than it may', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { maxLength: 30 }), async arrivals => {
        const clock = fakeClock(0)
        const limiter = new Limiter({
          requestsPerMinute: 5,
          tokensPerMinute: 100,
          queue: { maxWaiting: 1000, maxWaitMs: undefined },
          clock,
          busy: why => new Error(why),
        })
        const served: { at: number; who: number; tokens: number; index: number }[] = []
        const turns: Promise<unknown>[] = []
        const flush = () => new Promise(resolve => setImmediate(resolve))
        // To each instant at which something falls due, so that what happens is seen at its own time.
        const pass = async (ms: number): Promise<void> => {
          const until = clock.now() + ms
          while (clock.now() < until) {
            clock.advance(Math.min(until - clock.now(), clock.untilNext() ?? ms))
            await flush()
          }
        }
        for (const [index, { after, who, tokens, used, patience }] of arrivals.entries()) {
          await pass(after)
          const abort = new AbortController()
          if (patience !== undefined) clock.after(patience, () => abort.abort(new Error('enough')))
          const serve = async (): Promise<void> => {
            const { settle } = await limiter.turn(`${who}`, tokens, abort.signal)
            // It is counted with what it really took, if that is less than was thought.
            const counted = Math.min(used, tokens)
            settle(counted)
            served.push({ at: clock.now(), who, tokens: counted, index })
          }
          turns.push(serve().catch(error => expect((error as Error).message).toBe('enough')))
          await flush()
        }
        for (let next = clock.untilNext(); next !== undefined; next = clock.untilNext()) {
          clock.advance(next)
          await flush()
        }
        await Promise.all(turns)
        const patient = arrivals.filter(({ patience }) => patience === undefined).length
        expect(served.length).toBeGreaterThanOrEqual(patient)
        for (const { at } of served) {
          const within = served.filter(other => other.at > at - WINDOW && other.at <= at)
          expect(within.length).toBeLessThanOrEqual(5)
          expect(within.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(100)
        }
        for (const who of [0, 1, 2, 3]) {
          const own = served.filter(each => each.who === who).map(({ index }) => index)
          expect(own).toEqual(own.toSorted((a, b) => a - b))
        }
      }),
      { numRuns: 60 },
    )
  })
})
