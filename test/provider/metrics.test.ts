import * as fc from 'fast-check'
import { createGovernor, memoryStore } from 'countersign'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { Counter, MAX_SERIES } from '../../src/provider/metric.js'
import { prometheusText } from '../../src/provider/prometheus.js'
import { chunks, collect, guardWorld, inTime, MAIN, request, SPARE, status, streamRequest } from './support.js'

const usage = { inputTokens: 100, cachedInputTokens: 40, outputTokens: 7 }

describe('metrics', () => {
  it('count what events tell', async () => {
    const { guard, clock } = await guardWorld({
      cache: true,
      prices: { main: { input: 1, output: 2 } },
      retry: { jitter: 0, attempts: 2 },
    })
    const attempt = async ({ model }: { readonly model: string }) => {
      clock.advance(200)
      if (model === 'spare') throw status(500)
      return { text: 'hi', usage }
    }
    await inTime(clock, guard.run(request({ targets: [SPARE, MAIN] }), attempt))
    await guard.run(request(), attempt)
    await guard.run(request(), attempt)
    const stream = await guard.stream(streamRequest(), async () => ({ chunks: chunks('a', 'end') }))
    await collect(stream.chunks)
    const text = guard.prometheusText()
    for (const line of [
      'countersign_model_requests_total{provider="test",model="main",status="succeeded"} 4',
      'countersign_model_attempts_total{provider="test",model="spare",status="failed"} 2',
      'countersign_model_retries_total{provider="test",model="spare",kind="server"} 1',
      'countersign_model_failures_total{provider="test",model="spare",kind="server"} 2',
      'countersign_model_cache_lookups_total{provider="test",model="main",result="hit"} 1',
      'countersign_model_tokens_total{provider="test",model="main",kind="input"} 200',
      'countersign_model_tokens_total{provider="test",model="main",kind="cached_input"} 80',
      'countersign_model_tokens_total{provider="test",model="main",kind="output"} 14',
      'countersign_model_cost_total{provider="test",model="main"} 0.000228',
      'countersign_model_request_seconds_bucket{provider="test",model="main",le="+Inf"} 4',
      'countersign_model_first_chunk_seconds_count{provider="test",model="main"} 1',
      'countersign_model_queue_seconds_sum{provider="test",model="main"} 0',
    ])
      expect(text.split('\n')).toContain(line)
    expect(guard.metrics().find(({ name }) => name === 'countersign_model_requests_total')?.samples).toEqual([
      { labels: { provider: 'test', model: 'main', status: 'succeeded' }, value: 4 },
    ])
  })

  it('count how tool calls end, where a governor tells', async () => {
    const { guard } = await guardWorld()
    const governor = createGovernor({ store: memoryStore(), unlisted: 'allow' })
    governor.on(guard.countCalls)
    await governor.run({ id: '1', name: 'look', input: {} }, () => 1)
    await governor.run({ id: '2', name: 'look', input: {} }, () => Promise.reject(new Error('no')))
    expect(guard.prometheusText()).toContain('countersign_tool_calls_total{tool="look",status="executed"} 1')
    expect(guard.prometheusText()).toContain('countersign_tool_calls_total{tool="look",status="tool_error"} 1')
    await governor.close()
  })

  it('are an endpoint: served over HTTP, they are what was counted until then', async () => {
    const { guard } = await guardWorld()
    const app = new Hono().get('/metrics', () => guard.metricsResponse())
    await guard.run(request(), async () => ({ text: 'hi', usage }))
    const answer = await app.request('/metrics')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const text = await answer.text()
    expect(text).toBe(guard.prometheusText())
    expect(text).toContain('countersign_model_requests_total{provider="test",model="main",status="succeeded"} 1')
  })

  it('tell so many models apart, and no more', () => {
    const counter = new Counter()
    for (let index = 0; index < MAX_SERIES + 50; index++) counter.add({ model: `m${index}`, kind: 'k' })
    const samples = counter.samples()
    expect(samples.length).toBe(MAX_SERIES + 1)
    expect(samples.at(-1)).toEqual({ labels: { model: 'other', kind: 'other' }, value: 50 })
  })

  it('are written so that every label can be read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), value => {
        const counter = new Counter()
        counter.add({ a: value }, 2)
        const text = prometheusText([{ name: 'x_total', help: 'a\nb\\', type: 'counter', samples: counter.samples() }])
        const [help, type, line, ...rest] = text.split('\n')
        expect([help, type, rest]).toEqual(['# HELP x_total a\\nb\\\\', '# TYPE x_total counter', ['']])
        const [, written = ''] = /^x_total\{a="((?:[^"\\\n]|\\["\\n])*)"\} 2$/.exec(line ?? '') ?? []
        const read = written.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
        expect(read).toBe(value.slice(0, 128).toWellFormed())
      }),
    )
  })
})
