import { isGovernanceError, isModelError, type ModelEvent } from 'countersign'
import { describe, expect, it, vi } from 'vitest'
import { broken, guardWorld, inTime, MAIN, pending, request, SPARE, settled, status, told } from './support.js'

const answer = { text: 'hi', usage: { inputTokens: 10, outputTokens: 5 } }
const both = { targets: [MAIN, SPARE] as const }

describe('an attempt that fails', () => {
  it.each([
    ['a connection that broke', broken],
    ['429', () => status(429)],
    ['500', () => status(500)],
    ['503', () => status(503)],
    ['an AI SDK error without an answer', () => Object.assign(new Error('Cannot connect'), { isRetryable: true })],
  ])('is made again after %s', async (_, error) => {
    const { guard, clock, events } = await guardWorld()
    const attempt = vi.fn(async () => answer)
    attempt.mockRejectedValueOnce(error()).mockRejectedValueOnce(error())
    expect(await inTime(clock, guard.run(request(), attempt))).toBe(answer)
    expect(attempt).toHaveBeenCalledTimes(3)
    expect(told(events).filter(line => line.includes('again'))).toEqual(['main again in 500', 'main again in 1000'])
  })

  it.each([400, 401, 403, 404, 409, 422])('is not made again after %i, nor with another model', async code => {
    const { guard, clock, events } = await guardWorld()
    const error = status(code)
    const attempt = vi.fn(async () => Promise.reject(error))
    await expect(inTime(clock, guard.run(request(both), attempt))).rejects.toBe(error)
    expect(attempt).toHaveBeenCalledTimes(1)
    expect(told(events).at(-1)).toBe('main failed')
  })

  it('is not made again where nothing is left to spend; another model is asked', async () => {
    const { guard, clock } = await guardWorld()
    const attempt = vi.fn(async () => answer)
    attempt.mockRejectedValueOnce(Object.assign(status(429), { code: 'insufficient_quota' }))
    await inTime(clock, guard.run(request(both), attempt))
    expect(attempt.mock.calls.map(([target]: any) => target.model)).toEqual(['main', 'spare'])
  })

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after': new Date(Date.UTC(2026, 0, 1, 0, 0, 9)).toUTCString() }, 9000],
    [{ 'Retry-After': '0' }, 500],
  ])('waits as long as %j asks for', async (headers, ms) => {
    const { guard, clock, events } = await guardWorld()
    const attempt = vi.fn(async () => answer).mockRejectedValueOnce(status(429, headers))
    await inTime(clock, guard.run(request(), attempt))
    expect(told(events)).toContain(`main again in ${ms}`)
  })

  it('does not wait longer than the request may take', async () => {
    const { guard, clock } = await guardWorld()
    const error = status(429, { 'retry-after': '600' })
    const began = clock.now()
    await expect(
      inTime(
        clock,
        guard.run(request(), () => Promise.reject(error)),
      ),
    ).rejects.toBe(error)
    expect(clock.now()).toBe(began)
  })

  it('waits for longer each time, with a share of chance', async () => {
    const { guard, clock, events } = await guardWorld({ retry: { attempts: 6, jitter: 0.5 }, circuitBreaker: false })
    await expect(
      inTime(
        clock,
        guard.run(request(), () => Promise.reject(broken())),
      ),
    ).rejects.toThrow('fetch failed')
    const delays = events.flatMap(event => (event.type === 'model-retry-scheduled' ? [event.delayMs] : []))
    for (const [index, base] of [500, 1000, 2000, 4000, 8000].entries()) {
      expect(delays[index]).toBeGreaterThanOrEqual(base)
      expect(delays[index]).toBeLessThanOrEqual(base * 1.5)
    }
  })

  it('is given its time, and then tried again', async () => {
    const { guard, clock, events } = await guardWorld({ timeouts: { attemptMs: 1000 } })
    const attempt = vi
      .fn(async () => answer)
      .mockImplementationOnce((async (_: any, { signal }: any) => pending(signal)) as any)
    expect(await inTime(clock, guard.run(request(), attempt))).toBe(answer)
    expect(told(events)[0]).toBe('main #1 timeout')
  })

  it('is dropped although it does not listen to its signal', async () => {
    const { guard, clock } = await guardWorld({ timeouts: { attemptMs: 1000 }, retry: { attempts: 1 } })
    const failed = inTime(
      clock,
      guard.run(request(), () => new Promise(() => undefined)),
    )
    await expect(failed).rejects.toSatisfy(error => isModelError(error, 'timeout') && error.code === 'model-timeout')
  })
})

describe('the deadline', () => {
  it('is one for everything', async () => {
    const { guard, clock } = await guardWorld({ timeouts: { totalMs: 5000, attemptMs: 2000 }, retry: { attempts: 10 } })
    const began = clock.now()
    const never = (_: unknown, { signal }: { readonly signal: AbortSignal }) => pending(signal)
    await expect(inTime(clock, guard.run(request(both), never))).rejects.toSatisfy(e => isModelError(e, 'timeout'))
    expect(clock.now() - began).toBeLessThanOrEqual(5000)
  })

  it('gives way to the signal of the caller at once, in whatever is waited for', async () => {
    const reason = new Error('enough')
    for (const attempt of [
      () => new Promise<never>(() => undefined),
      () => Promise.reject(broken()),
      (_: unknown, { signal }: { readonly signal: AbortSignal }) => pending(signal),
    ]) {
      const { guard, events } = await guardWorld()
      const abort = new AbortController()
      const running = guard.run(request({ ...both, signal: abort.signal }), attempt)
      await settled()
      abort.abort(reason)
      await expect(running).rejects.toBe(reason)
      expect(told(events).at(-1)).toBe('main cancelled')
    }
  })

  it('has nothing sent for whoever has given up before', async () => {
    const { guard } = await guardWorld()
    const attempt = vi.fn(async () => answer)
    const reason = new Error('enough')
    await expect(guard.run(request({ signal: AbortSignal.abort(reason) }), attempt)).rejects.toBe(reason)
    expect(attempt).not.toHaveBeenCalled()
  })

  it('gives no answer to whoever has given up meanwhile', async () => {
    const { guard } = await guardWorld()
    const abort = new AbortController()
    const running = guard.run(request({ signal: abort.signal }), async () => {
      abort.abort(new Error('enough'))
      return answer
    })
    await expect(running).rejects.toThrow('enough')
  })
})

describe('the circuit breaker', () => {
  const once = { retry: { attempts: 1 } } as const
  const fail = async (world: Awaited<ReturnType<typeof guardWorld>>, times: number, error = broken) => {
    for (let time = 0; time < times; time++)
      await inTime(
        world.clock,
        world.guard.run(request(), () => Promise.reject(error())),
      ).catch(() => undefined)
  }

  it('opens after five failures in a row, and nothing is sent', async () => {
    const world = await guardWorld(once)
    await fail(world, 5)
    const attempt = vi.fn(async () => answer)
    await expect(world.guard.run(request(), attempt)).rejects.toSatisfy(
      error => isModelError(error, 'circuit') && isGovernanceError(error, 'model-unavailable'),
    )
    expect(attempt).not.toHaveBeenCalled()
    expect(told(world.events).filter(line => line.includes('circuit'))).toEqual([
      'main circuit open',
      'main skipped: circuit',
    ])
  })

  it('belongs to one model: another one is asked in its place, and by itself', async () => {
    const world = await guardWorld(once)
    await fail(world, 5)
    const asked: string[] = []
    await world.guard.run(request(both), async ({ model }) => {
      asked.push(model)
      return answer
    })
    await world.guard.run(request({ targets: [SPARE] }), async () => answer)
    expect(asked).toEqual(['spare'])
  })

  it('does not count what the request is to blame for, nor 429', async () => {
    const world = await guardWorld(once)
    await fail(world, 10, () => status(400))
    await fail(world, 10, () => status(429))
    expect(told(world.events)).not.toContain('main circuit open')
  })

  it('lets one request find out, while the others do not wait', async () => {
    const world = await guardWorld(once)
    await fail(world, 5)
    world.clock.advance(30_000)
    const { promise, resolve } = Promise.withResolvers<typeof answer>()
    const probe = world.guard.run(request(), () => promise)
    await settled()
    await expect(world.guard.run(request(), async () => answer)).rejects.toSatisfy(e => isModelError(e, 'circuit'))
    resolve(answer)
    await probe
    await world.guard.run(request(), async () => answer)
    expect(told(world.events).filter(line => line.includes('main circuit'))).toEqual([
      'main circuit open',
      'main circuit half-open',
      'main circuit closed',
    ])
  })

  it('is not closed by whoever was to find out and has given up: the next one finds out', async () => {
    const world = await guardWorld(once)
    await fail(world, 5)
    world.clock.advance(30_000)
    const abort = new AbortController()
    const probe = world.guard.run(request({ signal: abort.signal }), (_, { signal }) => pending(signal))
    await settled()
    abort.abort(new Error('enough'))
    await probe.catch(() => undefined)
    await fail(world, 1)
    await expect(world.guard.run(request(), async () => answer)).rejects.toSatisfy(e => isModelError(e, 'circuit'))
  })
})

describe('the order of models', () => {
  it('shows every attempt, and throws what really went wrong', async () => {
    const { guard, clock, events } = await guardWorld({ retry: { attempts: 2, jitter: 0 } })
    const failed = inTime(
      clock,
      guard.run(request(both), ({ model }) => Promise.reject(status(model === 'main' ? 500 : 503))),
    )
    await expect(failed).rejects.toThrow('status 503')
    expect(told(events)).toEqual([
      'main #1 server',
      'main again in 500',
      'main #2 server',
      'spare #3 server',
      'spare again in 500',
      'spare #4 server',
      'spare failed',
    ])
    expect(new Set(events.flatMap(event => ('requestId' in event ? [event.requestId] : []))).size).toBe(1)
  })

  it('throws what an attempt met, rather than that the last model was not asked', async () => {
    const { guard, clock } = await guardWorld({ retry: { attempts: 1 } })
    for (let time = 0; time < 5; time++)
      await guard.run(request({ targets: [SPARE] }), () => Promise.reject(broken())).catch(() => undefined)
    const failed = inTime(
      clock,
      guard.run(request(both), () => Promise.reject(status(500))),
    )
    await expect(failed).rejects.toThrow('status 500')
  })
})

it('a listener breaks nothing, and errors do not go along with events', async () => {
  const { guard, clock } = await guardWorld({ retry: { attempts: 1 } })
  const seen: ModelEvent[] = []
  guard.on(() => {
    throw new Error('listener')
  })
  guard.on(() => Promise.reject(new Error('listener')))
  const stop = guard.on(event => seen.push(event))
  await inTime(
    clock,
    guard.run(request(), () => Promise.reject(status(500))),
  ).catch(() => undefined)
  const failed = seen.find(event => event.type === 'model-attempt-ended')
  expect(failed).toMatchObject({ kind: 'server', httpStatus: 500, error: expect.any(Error) })
  expect(JSON.stringify(failed)).not.toContain('status 500')
  stop()
  await guard.run(request(), async () => answer)
  expect(seen.filter(event => event.type === 'model-request-ended').length).toBe(1)
})
