import { isModelError, type ModelEvent } from 'countersign'
import { describe, expect, it, vi } from 'vitest'
import {
  broken,
  type Chunk,
  chunks,
  collect,
  guardWorld,
  inTime,
  MAIN,
  pending,
  settled,
  SPARE,
  status,
  streamRequest,
  told,
} from './support.js'

const usage = { inputTokens: 10, outputTokens: 5 }
const good = () => ({ chunks: chunks('open', 'a', 'b', { usage }, 'end') })
const ended = (events: readonly ModelEvent[]) => events.find(event => event.type === 'model-request-ended')

describe('a stream', () => {
  it('is there when its first chunk is, and comes through as it is', async () => {
    const { guard, events } = await guardWorld()
    const { chunks: all } = await guard.stream(streamRequest(), async () => good())
    expect(ended(events)).toBeUndefined()
    expect(await collect(all)).toEqual(['open', 'a', 'b', { usage }, 'end'])
    expect(ended(events)).toMatchObject({ status: 'succeeded', usage, firstChunkMs: 0 })
  })

  it('keeps what came with it', async () => {
    const { guard } = await guardWorld()
    const opened = await guard.stream(streamRequest(), async () => ({ ...good(), headers: { a: 'b' } }) as any)
    expect(opened).toMatchObject({ headers: { a: 'b' } })
  })

  it.each([
    ['is refused', () => Promise.reject(status(503))],
    ['breaks before its first chunk', async () => ({ chunks: chunks(() => Promise.reject(broken())) })],
    ['breaks after chunks that say nothing', async () => ({ chunks: chunks('open', () => Promise.reject(broken())) })],
    ['begins with the error', async () => ({ chunks: chunks('open', { error: status(500) }) })],
  ])('that %s is asked for again', async (_, bad) => {
    const { guard, clock } = await guardWorld()
    const attempts: number[] = []
    const attempt = async (
      _: unknown,
      call: { readonly attempt: number },
    ): Promise<{ chunks: AsyncIterable<Chunk> }> => {
      attempts.push(call.attempt)
      return call.attempt === 1 ? bad() : good()
    }
    const { chunks: all } = await inTime(clock, guard.stream(streamRequest(), attempt))
    expect((await collect(all)).filter(chunk => chunk === 'open').length).toBe(1)
    expect(attempts).toEqual([1, 2])
  })

  it('is never asked for again once something of it came', async () => {
    const { guard, events } = await guardWorld()
    const attempt = vi.fn(async () => ({ chunks: chunks('a', () => Promise.reject(broken())) }))
    const { chunks: all } = await guard.stream(streamRequest({ targets: [MAIN, SPARE] }), attempt)
    await expect(collect(all)).rejects.toThrow('fetch failed')
    expect(attempt).toHaveBeenCalledTimes(1)
    expect(ended(events)).toMatchObject({ status: 'failed', kind: 'network' })
  })

  it('hands on an error that comes later as a chunk, and counts it', async () => {
    const { guard, events } = await guardWorld()
    const error = status(500)
    const { chunks: all } = await guard.stream(streamRequest(), async () => ({ chunks: chunks('a', { error }) }))
    expect(await collect(all)).toEqual(['a', { error }])
    expect(ended(events)).toMatchObject({ status: 'failed', kind: 'server' })
  })

  it('that is empty is empty', async () => {
    const { guard } = await guardWorld()
    const { chunks: all } = await guard.stream(streamRequest(), async () => ({ chunks: chunks() }))
    expect(await collect(all)).toEqual([])
  })
})

describe('the time of a stream', () => {
  it('until its first chunk is limited; then it is asked for again', async () => {
    const { guard, clock, events } = await guardWorld({ timeouts: { firstChunkMs: 1000 } })
    const signals: AbortSignal[] = []
    const { chunks: all } = await inTime(
      clock,
      guard.stream(streamRequest(), async (_, { signal, attempt }) => {
        signals.push(signal)
        return attempt === 1 ? { chunks: chunks('open', () => pending(signal)) } : good()
      }),
    )
    await collect(all)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    expect(told(events)[0]).toBe('main #1 timeout')
  })

  it('between two chunks is limited; what its reader takes does not count', async () => {
    const { guard, clock } = await guardWorld({ timeouts: { chunkMs: 1000 } })
    let signal: AbortSignal | undefined
    const { chunks: all } = await guard.stream(streamRequest(), async (_, call) => {
      signal = call.signal
      return { chunks: chunks('a', 'b', () => new Promise(() => undefined)) }
    })
    const iterator = all[Symbol.asyncIterator]()
    await iterator.next()
    clock.advance(5000)
    expect((await iterator.next()).value).toBe('b')
    await expect(inTime(clock, iterator.next())).rejects.toSatisfy(error => isModelError(error, 'timeout'))
    expect(signal?.aborted).toBe(true)
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('between two chunks begins with each of them', async () => {
    const { guard, clock } = await guardWorld({ timeouts: { chunkMs: 1000 } })
    const { promise, resolve } = Promise.withResolvers<void>()
    const { chunks: all } = await guard.stream(streamRequest(), async () => ({
      chunks: chunks(
        'a',
        () => promise,
        'b',
        () => new Promise(() => undefined),
      ),
    }))
    const iterator = all[Symbol.asyncIterator]()
    await iterator.next()
    const second = iterator.next()
    clock.advance(900)
    resolve()
    expect((await second).value).toBe('b')
    clock.advance(600)
    const began = clock.now()
    await expect(inTime(clock, iterator.next())).rejects.toSatisfy(error => isModelError(error, 'timeout'))
    expect(clock.now() - began).toBe(1000)
  })

  it('is limited in all, also where nobody reads', async () => {
    const { guard, clock, events } = await guardWorld({ timeouts: { totalMs: 10_000 } })
    const { chunks: all } = await guard.stream(streamRequest(), async () => good())
    clock.advance(10_000)
    await settled()
    expect(ended(events)).toMatchObject({ status: 'failed', kind: 'timeout' })
    await expect(collect(all)).rejects.toSatisfy(error => isModelError(error, 'timeout'))
  })

  it('is over with the signal of the caller', async () => {
    const { guard, events } = await guardWorld()
    const abort = new AbortController()
    const { chunks: all } = await guard.stream(streamRequest({ signal: abort.signal }), async (_, { signal }) => ({
      chunks: chunks('a', () => pending(signal)),
    }))
    const iterator = all[Symbol.asyncIterator]()
    await iterator.next()
    const waiting = iterator.next()
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect(ended(events)).toMatchObject({ status: 'cancelled' })
  })

  it('is over when its reader has had enough: the request ends, and leaves no timer', async () => {
    const { guard, clock, events } = await guardWorld()
    let signal: AbortSignal | undefined
    const { chunks: all } = await guard.stream(streamRequest(), async (_, call) => {
      signal = call.signal
      return good()
    })
    for await (const chunk of all) if (chunk === 'a') break
    expect(signal?.aborted).toBe(true)
    expect(ended(events)).toBeDefined()
    expect(clock.untilNext()).toBeUndefined()
  })
})
