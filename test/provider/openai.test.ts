import { type AttemptCall, isModelError, type ModelEvent, type ModelTarget, providerGuard } from 'countersign'
import { fakeClock } from 'countersign/testing'
import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import { inFakeTime } from '../remote/support.js'
import { cutAfter, type ReplayStep, replayServer, streamed } from '../support/replay-server.js'
import { collect } from './support.js'

const usage = { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23 }
const said = (content: string): ReplayStep => ({
  body: {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-5',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage,
  },
})
const chunk = (content: string, more: object = {}) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-5',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
  ...more,
})
const down: ReplayStep = { status: 503, body: { error: { message: 'down' } } }
const busy: ReplayStep = { status: 429, body: { error: { message: 'busy' } }, headers: { 'retry-after': '3' } }
const spent: ReplayStep = { status: 429, body: { error: { message: 'no money', code: 'insufficient_quota' } } }

/** The official client against a server on loopback, with nothing changed but that it tries nothing again. */
async function world(steps: readonly ReplayStep[], options: Parameters<typeof providerGuard>[0] = {}) {
  await import('cockatiel')
  const server = await replayServer({ '/chat/completions': steps })
  const client = new OpenAI({ apiKey: 'none', baseURL: `${server.url}/v1`, maxRetries: 0 })
  const clock = fakeClock()
  const events: ModelEvent[] = []
  const guard = providerGuard({ retry: { jitter: 0 }, clock, onEvent: event => events.push(event), ...options })
  const messages = [{ role: 'user' as const, content: 'hi' }]
  const targets: readonly [ModelTarget, ...ModelTarget[]] = [{ provider: 'openai', model: 'gpt-5' }]
  const create = (more: { readonly targets?: typeof targets; readonly client?: OpenAI } = {}) =>
    guard.run<ModelTarget, OpenAI.ChatCompletion>(
      {
        targets,
        body: { messages },
        usage: ({ usage }) => usage && { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens },
        ...more,
      },
      ({ model }, { signal }) => (more.client ?? client).chat.completions.create({ model, messages }, { signal }),
    )
  const open = async ({ model }: ModelTarget, { signal }: AttemptCall) => ({
    chunks: await client.chat.completions.create({ model, messages, stream: true }, { signal }),
  })
  const stream = () =>
    guard.stream<ModelTarget, Awaited<ReturnType<typeof open>>>(
      {
        targets,
        body: { messages },
        usage: ({ usage }) =>
          usage ? { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens } : undefined,
      },
      open,
    )
  return { server, clock, events, create, stream, [Symbol.asyncDispose]: server.close }
}

describe('the official openai client behind a guard', () => {
  it('is answered after 429 and 503, in the time that was asked for', async () => {
    await using w = await world([busy, down, said('hello')])
    const began = w.clock.now()
    const answer = await inFakeTime(w.clock, w.create())
    expect([answer.choices[0]?.message.content, w.clock.now() - began]).toEqual(['hello', 4000])
    expect(w.events.at(-1)).toMatchObject({ attempts: 3, usage: { inputTokens: 20, outputTokens: 3 } })
  })

  it.each([
    ['a bad request', [], 'request'],
    ['a spent account', [spent], 'quota'],
  ])('throws its own error of %s at once', async (_, steps, kind) => {
    await using w = await world(steps)
    await expect(w.create()).rejects.toBeInstanceOf(APIError)
    expect(w.server.requests.length).toBe(1)
    expect(w.events.at(-1)).toMatchObject({ kind })
  })

  it('is asked again where nobody listens, and where it does not answer in time', async () => {
    await using w = await world([])
    const nowhere = new OpenAI({ apiKey: 'none', baseURL: 'http://127.0.0.1:1/v1', maxRetries: 0 })
    await expect(inFakeTime(w.clock, w.create({ client: nowhere }))).rejects.toBeInstanceOf(APIConnectionError)
    expect(w.events.at(-1)).toMatchObject({ attempts: 3, kind: 'network' })
    const slow = new OpenAI({ apiKey: 'none', timeout: 5, maxRetries: 0, fetch: () => new Promise(() => undefined) })
    const late = inFakeTime(w.clock, w.create({ client: slow, targets: [{ provider: 'openai', model: 'slow' }] }), 5)
    await expect(late).rejects.toSatisfy(
      error => error instanceof APIConnectionTimeoutError || isModelError(error, 'timeout'),
    )
    expect(w.events.at(-1)).toMatchObject({ kind: 'timeout' })
  })

  it('asks another model of the same client', async () => {
    await using w = await world([down, down, down, said('spare')])
    const targets = [
      { provider: 'openai', model: 'gpt-5' },
      { provider: 'openai', model: 'gpt-5-mini' },
    ] as const
    await inFakeTime(w.clock, w.create({ targets }))
    expect(w.server.requests.map(({ body }) => body.model)).toEqual(['gpt-5', 'gpt-5', 'gpt-5', 'gpt-5-mini'])
  })

  it('streams, again until it begins, and counts what it used', async () => {
    await using w = await world([down, streamed([chunk('hel'), chunk('lo'), chunk('', { choices: [], usage })])])
    const { chunks } = await inFakeTime(w.clock, w.stream())
    expect((await collect(chunks)).map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('hello')
    expect(w.events.at(-1)).toMatchObject({ status: 'succeeded', usage: { inputTokens: 20, outputTokens: 3 } })
  })

  it('does not stream again what broke', async () => {
    const began = Promise.withResolvers<void>()
    await using w = await world([cutAfter(streamed([chunk('hel'), chunk('lo')]), 1, began.promise)])
    const { chunks } = await w.stream()
    began.resolve()
    await expect(collect(chunks)).rejects.toThrow()
    expect([w.server.requests.length, w.events.at(-1)]).toMatchObject([1, { status: 'failed', kind: 'network' }])
  })
})
