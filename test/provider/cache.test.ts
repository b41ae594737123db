import { describe, expect, it, vi } from 'vitest'
import {
  broken,
  chunks,
  collect,
  guardWorld,
  inTime,
  MAIN,
  request,
  SPARE,
  status,
  streamRequest,
  told,
} from './support.js'

const usage = { inputTokens: 10, outputTokens: 5 }
const asked = (more: Parameters<typeof request>[0] = {}) => request({ body: { prompt: 'hi' }, ...more })

describe('the cache', () => {
  it('is off unless it is asked for', async () => {
    const { guard } = await guardWorld()
    const attempt = vi.fn(async () => ({ text: 'hi' }))
    await guard.run(asked(), attempt)
    await guard.run(asked(), attempt)
    expect(attempt).toHaveBeenCalledTimes(2)
  })

  it('gives an answer again, as a copy, and counts nothing for it', async () => {
    const { guard, events } = await guardWorld({ cache: true, budgets: [{ name: 'b', per: 'all', tokens: 5000 }] })
    const attempt = vi.fn(async () => ({ text: 'hi', usage }))
    const first = (await guard.run(asked(), attempt)) as { text: string }
    first.text = 'changed'
    expect(await guard.run(asked({ body: { prompt: 'hi' } }), attempt)).toEqual({ text: 'hi', usage })
    expect(attempt).toHaveBeenCalledTimes(1)
    expect(told(events).slice(-2)).toEqual(['main succeeded cache miss', 'main succeeded cache hit'])
    expect(events.at(-1)).not.toHaveProperty('usage')
  })

  it('forgets after a while, and what came first', async () => {
    const { guard, clock } = await guardWorld({ cache: { ttlMs: 1000, maxEntries: 4 } })
    const attempt = vi.fn(async () => ({ text: 'hi' }))
    await guard.run(asked(), attempt)
    clock.advance(999)
    await guard.run(asked(), attempt)
    expect(attempt).toHaveBeenCalledTimes(1)
    clock.advance(1)
    await guard.run(asked(), attempt)
    expect(attempt).toHaveBeenCalledTimes(2)
    for (let index = 0; index < 8; index++) await guard.run(asked({ body: index }), attempt)
    await guard.run(asked(), attempt)
    expect(attempt).toHaveBeenCalledTimes(11)
  })

  it.each([
    ['another content', { body: { prompt: 'ho' } }],
    ['another model', { targets: [SPARE] as const }],
    ['another tenant', { scope: { tenant: 'a' } }],
    ['another user', { scope: { user: 'a' } }],
    ['another actor', { scope: { actor: 'a' } }],
  ])('answers nothing for %s', async (_, more) => {
    const { guard } = await guardWorld({ cache: true })
    const attempt = vi.fn(async () => ({ text: 'hi' }))
    await guard.run(asked(), attempt)
    await guard.run(asked(more), attempt)
    expect(attempt).toHaveBeenCalledTimes(2)
  })

  it('does not take the name of one for the name of another', async () => {
    const { guard } = await guardWorld({ cache: true })
    const attempt = vi.fn(async () => ({ text: 'hi' }))
    for (const scope of [{ tenant: '' }, { user: '' }, {}]) await guard.run(asked({ scope }), attempt)
    expect(attempt).toHaveBeenCalledTimes(3)
  })

  it('is not used where the model may call a tool, unless each is known to change nothing', async () => {
    const { guard } = await guardWorld({ cache: { readOnlyTools: ['look'] } })
    const attempt = vi.fn(async () => ({ text: 'hi' }))
    for (const tools of [['look'], ['look'], ['look', 'pay'], ['look', 'pay']])
      await guard.run(asked({ tools, body: tools }), attempt)
    expect(attempt).toHaveBeenCalledTimes(3)
  })

  it('keeps no failure, and nothing that another model said in the place of the first', async () => {
    const { guard, clock } = await guardWorld({ cache: true, retry: { attempts: 1 } })
    const attempt = vi.fn(async ({ model }: { readonly model: string }) => {
      if (model === 'main') throw status(500)
      return { text: 'spare' }
    })
    for (let time = 0; time < 2; time++) await inTime(clock, guard.run(asked({ targets: [MAIN, SPARE] }), attempt))
    expect(attempt).toHaveBeenCalledTimes(4)
  })

  it('keeps nothing that cannot be copied, and nothing of a request that cannot be read', async () => {
    const { guard } = await guardWorld({ cache: true })
    const attempt = vi.fn(async () => ({ text: 'hi', later: () => 1 }))
    await guard.run(asked(), attempt)
    await guard.run(asked(), attempt)
    await guard.run(asked({ body: Promise.resolve() }), attempt)
    expect(attempt).toHaveBeenCalledTimes(3)
  })
})

describe('the cache of streams', () => {
  const whole = () => ({ chunks: chunks('open', 'a', { usage }, 'end') })

  it('plays a stream again that came to its end', async () => {
    const { guard } = await guardWorld({ cache: true })
    const attempt = vi.fn(async () => whole())
    await collect((await guard.stream(streamRequest(), attempt)).chunks)
    const again = await guard.stream(streamRequest(), attempt)
    expect(await collect(again.chunks)).toEqual(['open', 'a', { usage }, 'end'])
    expect(attempt).toHaveBeenCalledTimes(1)
    await guard.run(request(), async () => ({ text: 'not a stream' }))
  })

  it.each([
    ['broke', () => chunks('a', () => Promise.reject(broken())), undefined],
    ['told of an error', () => chunks('a', { error: status(500) }, 'end'), undefined],
    ['ended without its last chunk', () => chunks('a', 'b'), undefined],
    ['was not read to its end', () => chunks('a', 'b', 'end'), 'a'],
  ])('keeps none that %s', async (_, make, stopAt) => {
    const { guard } = await guardWorld({ cache: true })
    const attempt = vi.fn(async () => ({ chunks: make() }))
    for (let time = 0; time < 2; time++) {
      const { chunks: all } = await guard.stream(streamRequest(), attempt)
      try {
        for await (const chunk of all) if (chunk === stopAt) break
      } catch {
        // One of them breaks.
      }
    }
    expect(attempt).toHaveBeenCalledTimes(2)
  })
})
