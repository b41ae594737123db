import { normalizeStream, sseHeaders, type StreamEvent, toSSE } from 'countersign/openai'
import { describe, expect, it } from 'vitest'
import { calling, scripted } from './support.js'

const textOf = (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text()
const frames = (text: string): { event: string; data: any }[] =>
  text
    .trim()
    .split('\n\n')
    .map(frame => {
      const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(frame) ?? []
      return { event, data: JSON.parse(data) }
    })

describe('a run as server-sent events', () => {
  it('goes to the page as it goes on, and ends', async () => {
    await using run = await scripted([calling('pay', { amount: 400 }), { text: 'It waits.' }])
    const sent = frames(await textOf(toSSE(run.ai.runStream({ input: 'go' }))))
    expect(sent.map(({ event }) => event)).toContain('llm_delta')
    expect(sent.at(-1)).toEqual({
      event: 'final_response',
      data: {
        type: 'final_response',
        response: { text: 'It waits.', executions: [{ tool: 'pay', callId: 'call_0_0', status: 'approval_required' }] },
      },
    })
    expect(sseHeaders['content-type']).toContain('text/event-stream')
  })

  it('what an execution was given, and what came out, stays on the server', async () => {
    await using run = await scripted([calling('read', { path: 'secret-path' }), { text: 'Done.' }])
    const sent = frames(await textOf(toSSE(run.ai.runStream({ input: 'go' }))))
    const execution = sent.find(({ event }) => event === 'execution_event')
    expect(execution?.data.event).toEqual({
      tool: 'read',
      callId: 'call_0_0',
      status: 'executed',
      seq: 0,
      requestId: expect.any(String),
      reason: expect.any(String),
    })
    expect(
      JSON.stringify(
        sent.filter(({ event }) => event !== 'function_call_args_done' && event !== 'function_call_args_delta'),
      ),
    ).not.toContain('content of')
  })

  it('a view of one’s own says what goes', async () => {
    await using run = await scripted([{ text: 'Hello you.' }])
    const view = (event: StreamEvent): unknown => (event.type === 'llm_delta' ? { text: event.delta } : undefined)
    const sent = frames(await textOf(toSSE(run.ai.runStream({ input: 'go' }), { view })))
    expect(sent.map(({ data }) => data.text).join('')).toBe('Hello you.')
  })

  it('an error is the last event, without its message, and the stream ends', async () => {
    await using run = await scripted([{ error: { message: 'secret', status: 500 } }])
    const text = await textOf(toSSE(run.ai.runStream({ input: 'go' })))
    expect(frames(text).at(-1)).toEqual({
      event: 'error',
      data: { type: 'error', message: 'the run could not be completed' },
    })
    expect(text).not.toContain('secret')
  })

  it('nothing is read that nobody asks for, and a page that goes away ends the run', async () => {
    let read = 0
    let closed = false
    async function* parts(): AsyncGenerator {
      try {
        for (;;) yield { type: 'response.output_text.delta', delta: `piece ${++read}` }
      } finally {
        closed = true
      }
    }
    const stream = toSSE(normalizeStream(parts(), 'responses'))
    await Promise.resolve()
    expect(read).toBe(0)
    const reader = stream.getReader()
    await reader.read()
    await reader.read()
    expect(read).toBe(2)
    await reader.cancel()
    expect(closed).toBe(true)
  })

  it('a line break in a text cannot begin another event', async () => {
    await using run = await scripted([{ text: 'a\n\nevent: forged\ndata: {}\n\n' }])
    const sent = frames(await textOf(toSSE(run.ai.runStream({ input: 'go' }))))
    expect(sent.map(({ event }) => event)).not.toContain('forged')
  })
})
