import {
  createUIMessageStream,
  readUIMessageStream,
  streamText,
  toUIMessageStream,
  type UIMessage,
  type UIMessageChunk,
} from 'ai'
import * as aiV6 from 'ai-v6'
import type { Governor } from 'countersign'
import { governanceStream, type GovernanceUIData, type GovernanceUIDataTypes, withGovernance } from 'countersign/ai-sdk'
import { describe, expect, it } from 'vitest'
import { deskGovernor, deskTools } from './desk.js'
import { scripted, sdks, type Turn } from './scripted.js'

type Message = UIMessage<unknown, GovernanceUIDataTypes>

const small = { id: 'c-small', name: 'pay', input: { amount: 20 } }
const big = { id: 'c-big', name: 'pay', input: { amount: 5000 } }
const wipe = { id: 'c-wipe', name: 'wipe', input: { all: true } }

function request(
  governor: Governor,
  ...turns: readonly Turn[]
): ReadableStream<UIMessageChunk<unknown, GovernanceUIDataTypes>> {
  const { tools } = withGovernance(deskTools().tools, { governor })
  const result = streamText({
    model: scripted(...turns).model,
    ...withGovernance(tools, { governor }),
    stopWhen: ({ steps }) => steps.length >= 4,
    prompt: 'go',
  })
  return toUIMessageStream<typeof tools, Message>({ stream: result.stream, tools, originalMessages: [] })
}

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const chunks: T[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

function governanceOf(chunks: readonly UIMessageChunk[]): GovernanceUIData[] {
  return chunks.flatMap(chunk => (chunk.type === 'data-governance' ? [(chunk as { data: GovernanceUIData }).data] : []))
}

async function messageOf(stream: ReadableStream<UIMessageChunk<unknown, GovernanceUIDataTypes>>): Promise<Message> {
  let last: Message | undefined
  for await (const message of readUIMessageStream<Message>({ stream, terminateOnError: true })) last = message
  if (last === undefined) throw new Error('the stream held no message')
  return last
}

describe('governanceStream', () => {
  it('shows each call’s decision, then how its execution ended, under the call’s id', async () => {
    const governor = deskGovernor()
    const chunks = await all(request(governor, [small, wipe], 'done').pipeThrough(governanceStream({ governor })))
    const shown = governanceOf(chunks).map(data => [data.toolCallId, data.result, data.status])
    expect(shown.filter(([id]) => id === 'c-small')).toEqual([
      ['c-small', 'allowed', undefined],
      ['c-small', 'allowed', 'executed'],
    ])
    expect(shown.findLast(([id]) => id === 'c-wipe')).toEqual(['c-wipe', 'blocked', 'blocked'])
    expect(
      chunks.filter(chunk => chunk.type === 'data-governance').every(chunk => 'id' in chunk && chunk.id !== undefined),
    ).toBe(true)
    const [decision] = await governor.decisions.list({ tool: 'wipe' })
    expect(governanceOf(chunks).find(data => data.toolCallId === 'c-wipe')).toMatchObject({
      decisionId: decision?.id,
      reason: 'nothing is ever wiped',
      digest: decision?.digest,
      tool: 'wipe',
      mode: 'enforced',
      recommendation: 'do_not_proceed',
    })
  })

  it('shows a call before its decision', async () => {
    const governor = deskGovernor()
    const chunks = await all(request(governor, [small, wipe, big]).pipeThrough(governanceStream({ governor })))
    for (const id of ['c-small', 'c-wipe', 'c-big']) {
      const call = chunks.findIndex(chunk => 'toolCallId' in chunk && chunk.toolCallId === id)
      const data = chunks.findIndex(chunk => chunk.type === 'data-governance' && 'id' in chunk && chunk.id === id)
      expect(call).toBeGreaterThanOrEqual(0)
      expect(data).toBeGreaterThan(call)
    }
  })

  it('ends up in the page’s message: one part per call, in its last state, and the descriptor beside the question', async () => {
    const governor = deskGovernor()
    const message = await messageOf(request(governor, [small, big]).pipeThrough(governanceStream({ governor })))
    const parts = message.parts.filter(part => part.type === 'data-governance')
    expect(parts.map(part => [part.id, part.data.status])).toEqual([
      ['c-small', 'executed'],
      ['c-big', 'approval_required'],
    ])
    const [pending] = await governor.approvals.list()
    const asked = message.parts.find(part => 'toolCallId' in part && part.toolCallId === 'c-big')
    expect(asked).toMatchObject({
      state: 'approval-requested',
      approval: {
        requestReason: 'over 100',
        descriptor: {
          decisionId: pending?.decisionId,
          approvalId: pending?.id,
          digest: pending?.digest,
          result: 'requires_approval',
        },
      },
    })
  })

  it('holds nothing of the input', async () => {
    const governor = deskGovernor({ inputs: 'visible' })
    const call = { id: 'c1', name: 'read', input: { id: 'secret-record-77' } }
    const chunks = await all(request(governor, [call]).pipeThrough(governanceStream({ governor })))
    expect(governanceOf(chunks)).toHaveLength(2)
    expect(JSON.stringify(governanceOf(chunks))).not.toContain('secret-record-77')
  })

  it('never reaches the model', async () => {
    const governor = deskGovernor()
    const message = await messageOf(request(governor, [small], 'done').pipeThrough(governanceStream({ governor })))
    const { convertToModelMessages } = await import('ai')
    const history = JSON.stringify(await convertToModelMessages([message]))
    expect(history).toContain('c-small')
    expect(history).not.toContain('decisionId')
  })

  it('passes by without being kept when transient', async () => {
    const governor = deskGovernor()
    const stream = request(governor, [small], 'done').pipeThrough(governanceStream({ governor, transient: true }))
    const [forPage, forTest] = stream.tee()
    const [message, chunks] = await Promise.all([messageOf(forPage), all(forTest)])
    expect(message.parts.some(part => part.type === 'data-governance')).toBe(false)
    expect(governanceOf(chunks)).toHaveLength(2)
  })

  it('works inside createUIMessageStream', async () => {
    const governor = deskGovernor()
    const stream = createUIMessageStream<Message>({
      execute: ({ writer }) => {
        writer.merge(request(governor, [small], 'done').pipeThrough(governanceStream({ governor })))
      },
    })
    const message = await messageOf(stream)
    expect(message.parts.filter(part => part.type === 'data-governance')).toMatchObject([
      { id: 'c-small', data: { status: 'executed' } },
    ])
  })

  it('does not mix requests that run at the same time under one governor', async () => {
    const governor = deskGovernor()
    const one = request(governor, [{ ...small, id: 'one' }], [{ ...wipe, id: 'one-2' }])
    const two = request(governor, [{ ...wipe, id: 'two' }], [{ ...small, id: 'two-2' }])
    const [ones, twos] = await Promise.all([
      all(one.pipeThrough(governanceStream({ governor }))),
      all(two.pipeThrough(governanceStream({ governor }))),
    ])
    expect(new Set(governanceOf(ones).map(data => data.toolCallId))).toEqual(new Set(['one', 'one-2']))
    expect(new Set(governanceOf(twos).map(data => data.toolCallId))).toEqual(new Set(['two', 'two-2']))
  })

  it('does not mix sessions, even where two conversations use one call id', async () => {
    const governor = deskGovernor()
    const [ann, bob] = [
      governor.session({ user: 'ann', sessionId: 'a' }),
      governor.session({ user: 'bob', sessionId: 'b' }),
    ]
    const [anns, bobs] = await Promise.all([
      all(request(ann, [{ ...small, id: 'same' }]).pipeThrough(governanceStream({ governor: ann }))),
      all(request(bob, [{ ...wipe, id: 'same' }]).pipeThrough(governanceStream({ governor: bob }))),
    ])
    expect(new Set(governanceOf(anns).map(data => data.tool))).toEqual(new Set(['pay']))
    expect(new Set(governanceOf(bobs).map(data => data.tool))).toEqual(new Set(['wipe']))
  })

  it('marks a call that runs at the provider as observed', async () => {
    const governor = deskGovernor()
    const call = { id: 'c1', name: 'read', input: { id: 'r' }, providerExecuted: true }
    const chunks = await all(request(governor, [call]).pipeThrough(governanceStream({ governor })))
    expect(governanceOf(chunks)).toMatchObject([{ toolCallId: 'c1', observed: true }])
  })

  it('keeps only so much of what it hears of others', async () => {
    const governor = deskGovernor()
    const stream = governanceStream({ governor })
    for (let index = 0; index <= 1000; index++) {
      await governor.decide({ id: `other-${index}`, name: 'read', input: {} })
    }
    const ids = ['other-0', 'other-1', 'other-1000']
    const source = new ReadableStream<UIMessageChunk>({
      start: controller => {
        for (const toolCallId of ids) controller.enqueue({ type: 'tool-input-start', toolCallId, toolName: 'read' })
        controller.close()
      },
    })
    const chunks = await all(source.pipeThrough(stream))
    expect(governanceOf(chunks).map(data => data.toolCallId)).toEqual(['other-1', 'other-1000'])
  })

  it('stops listening when the stream ends, and when its reader leaves', async () => {
    const governor = deskGovernor()
    let listening = 0
    const counted: Governor = {
      ...governor,
      on: listener => {
        listening++
        const off = governor.on(listener)
        return () => {
          listening--
          off()
        }
      },
    }
    await all(request(governor, [small]).pipeThrough(governanceStream({ governor: counted })))
    expect(listening).toBe(0)
    const left = request(governor, [small]).pipeThrough(governanceStream({ governor: counted }))
    expect(listening).toBe(1)
    await left.cancel('gone')
    expect(listening).toBe(0)
  })

  it('stops listening when the stream it reads fails', async () => {
    const governor = deskGovernor()
    let offs = 0
    const counted: Governor = { ...governor, on: () => () => offs++ }
    const failing = new ReadableStream<UIMessageChunk>({
      pull: controller => controller.error(new Error('provider gone')),
    })
    await expect(all(failing.pipeThrough(governanceStream({ governor: counted })))).rejects.toThrow('provider gone')
    expect(offs).toBe(1)
  })

  it('executes a call whose reader has left', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const stream = governanceStream({ governor })
    const reader = stream.readable.getReader()
    await reader.cancel('gone')
    await withGovernance(tools, { governor }).tools.pay.execute?.(
      { amount: 3 },
      { toolCallId: 'c1', messages: [], context: {} },
    )
    expect(ran).toEqual(['pay 3'])
  })

  it('refuses a governor that is none', () => {
    expect(() => governanceStream({ governor: undefined as never })).toThrow('Option `governor`')
  })

  it('passes ai 6’s own reader too', async () => {
    const governor = deskGovernor()
    const sdk = sdks.find(({ major }) => major === 'ai 6')
    const { tools } = withGovernance(deskTools().tools, { governor })
    const model = sdk?.scripted([small, big]).model
    const result = aiV6.streamText({ model, tools, prompt: 'go' } as never)
    const stream = (result.toUIMessageStream() as ReadableStream<UIMessageChunk>).pipeThrough(
      governanceStream({ governor }),
    )
    let last: aiV6.UIMessage | undefined
    for await (const message of aiV6.readUIMessageStream({ stream: stream as never, terminateOnError: true }))
      last = message
    const parts = last?.parts ?? []
    expect(parts.filter(part => part.type === 'data-governance')).toMatchObject([
      { id: 'c-small', data: { status: 'executed' } },
      { id: 'c-big', data: { status: 'approval_required' } },
    ])
    expect(parts.find(part => 'toolCallId' in part && part.toolCallId === 'c-big')).toMatchObject({
      state: 'approval-requested',
    })
  })
})
