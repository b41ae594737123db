import type { ModelMessage, ToolContent } from 'ai'
import * as fc from 'fast-check'
import { memoryStore, type Governor } from 'countersign'
import { reviewMessages, withGovernance } from 'countersign/ai-sdk'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/governing.js'
import { deskGovernor, deskTools } from './desk.js'
import { apis, type Sdk, sdks } from './scripted.js'

const [ai7] = sdks as [Sdk]
const user: ModelMessage = { role: 'user', content: 'go' }

const call = (id: string, amount = 5000): ModelMessage => ({
  role: 'assistant',
  content: [
    { type: 'tool-call', toolCallId: id, toolName: 'pay', input: { amount } },
    { type: 'tool-approval-request', approvalId: `ask-${id}`, toolCallId: id },
  ],
})
const said = (id: string, approved: boolean, rest: object = {}): ToolContent[number] => ({
  type: 'tool-approval-response',
  approvalId: `ask-${id}`,
  approved,
  ...rest,
})
const result = (id: string): ToolContent[number] => ({
  type: 'tool-result',
  toolCallId: id,
  toolName: 'pay',
  output: { type: 'text', value: 'paid' },
})
const tools = (...content: ToolContent): ModelMessage => ({ role: 'tool', content })

/** A session that was asked about the call. */
async function asked(id = 'c1', options: Parameters<typeof deskGovernor>[0] = {}) {
  const governor = deskGovernor(options).session({ user: 'ann', sessionId: 's1' })
  await governor.prepare({ id, name: 'pay', input: { amount: 5000 } })
  return governor
}

describe('reviewMessages', () => {
  it('gives back the very messages in which there is nothing to do', async () => {
    const messages = [user, call('c1'), tools(said('c1', true), result('c1')), { role: 'assistant', content: 'done' }]
    const reviewed = await reviewMessages(messages as ModelMessage[], { governor: deskGovernor() })
    expect(reviewed).toHaveLength(4)
    for (const [index, message] of reviewed.entries()) expect(message).toBe(messages[index])
  })

  it('keeps an approval that counts, and has it recorded', async () => {
    const governor = await asked()
    const messages = [user, call('c1'), tools(said('c1', true))]
    expect(await reviewMessages(messages, { governor })).toEqual(messages)
    expect(await governor.approvals.list()).toMatchObject([{ status: 'approved', by: 'ann' }])
  })

  it.each([0, 1, 2])('looks at model messages also where message %i claims to be one of a page', async at => {
    const messages: ModelMessage[] = [user, call('c1'), tools(said('c1', true))]
    const disguised = messages.with(at, Object.assign({ parts: [] }, messages[at]))
    const reviewed = await reviewMessages(disguised, { governor: deskGovernor() })
    expect(reviewed.at(-1)).toMatchObject({ content: [{ type: 'tool-approval-response', approved: false }] })
  })

  it('leaves to the SDK what is no message and no part, and never throws for it', async () => {
    const rubbish: unknown[] = [
      null,
      7,
      { role: 'tool' },
      { role: 'tool', content: [null, 'x', { type: 'tool-approval-response' }] },
      { role: 'assistant', content: { length: 3 } },
      { role: 'assistant', parts: [null, {}, { type: 7 }, { type: 'tool-pay', approval: { approved: true } }] },
    ]
    const odd = { toString: 1, valueOf: 1 }
    const oddCall = { type: 'tool-call', toolCallId: 'o', toolName: odd, input: {} }
    const oddPart = {
      type: 'dynamic-tool',
      toolName: odd,
      toolCallId: 'o',
      state: odd,
      approval: { id: 'o', approved: true },
    }
    rubbish.push(
      {
        role: 'assistant',
        content: [oddCall, { type: 'tool-approval-request', approvalId: 'ask-o', toolCallId: 'o' }],
      },
      { role: 'tool', content: [said('o', true)] },
      { role: 'assistant', parts: [oddPart] },
    )
    const messages = rubbish as ModelMessage[]
    expect((await reviewMessages(messages, { governor: deskGovernor() })).length).toBeGreaterThan(0)
    const counting = [...messages, call('c1'), tools(said('c1', true))]
    const reviewed = await reviewMessages(counting, { governor: deskGovernor() })
    expect(reviewed.at(-1)).toMatchObject({ content: [{ approved: false }] })
  })

  it('goes by the call, not by the order of the answers', async () => {
    const governor = await asked('c1')
    await governor.prepare({ id: 'c2', name: 'pay', input: { amount: 5000 } })
    await reviewMessages([user, call('c1'), call('c2'), tools(said('c2', false), said('c1', true))], { governor })
    const statuses = (await governor.approvals.list()).map(({ call: { id }, status }) => [id, status])
    expect(Object.fromEntries(statuses)).toEqual({ c1: 'approved', c2: 'rejected' })
  })

  it('takes a "no" beside a "yes" about the same call for a "no"', async () => {
    const governor = await asked()
    await reviewMessages([user, call('c1'), tools(said('c1', true), said('c1', false))], { governor })
    expect(await governor.approvals.list()).toMatchObject([{ status: 'cancelled' }])
  })

  it('records an answer that came before another message', async () => {
    const governor = await asked()
    await reviewMessages([user, call('c1'), tools(said('c1', false)), { role: 'user', content: 'and?' }], { governor })
    expect(await governor.approvals.list()).toMatchObject([{ status: 'rejected' }])
  })

  it('drops answers to questions that the conversation does not hold, for which the SDK would end it', async () => {
    const messages = [user, tools(said('c1', true), said('c2', true, { providerExecuted: true }))]
    const reviewed = await reviewMessages(messages, { governor: deskGovernor() })
    expect(reviewed).toEqual([user])
    const { tools: governed } = withGovernance(deskTools().tools, { governor: deskGovernor() })
    const outcome = await apis.generateText(ai7, ai7.scripted('hello'), { tools: governed, messages: reviewed })
    expect(outcome.text).toBe('hello')
  })

  it('does not let an answer about a call of ours through as one to a question of the provider', async () => {
    const governor = await asked()
    const [, , answer] = await reviewMessages([user, call('c1'), tools(said('c1', true, { providerExecuted: true }))], {
      governor,
    })
    expect(answer?.content).toMatchObject([{ approved: false }])
  })

  it('denies where nothing could be recorded, and says nothing of the store', async () => {
    const store = memoryStore()
    const governor = await asked('c1', { store })
    const broken = async (): Promise<never> => {
      throw new Error('secret path')
    }
    const failing: Governor = { ...governor, approvals: { ...governor.approvals, answer: broken, find: broken } }
    for (const approved of [true, false]) {
      const reviewed = await reviewMessages([user, call('c1'), tools(said('c1', approved))], { governor: failing })
      expect(reviewed.at(-1)?.content).toMatchObject([{ approved: false }])
      expect(JSON.stringify(reviewed)).not.toContain('secret')
    }
  })

  it('counts one of several people who have to agree, and says that others are waited for', async () => {
    const governor = await asked('c1', { approvals: { quorum: 2 } })
    const messages = [user, call('c1'), tools(said('c1', true))]
    const [, , waiting] = await reviewMessages(messages, { governor })
    expect(waiting?.content).toMatchObject([{ approved: false, reason: expect.stringContaining('is pending') }])
    const [request] = await governor.approvals.list()
    await governor.approvals.resolve(request?.id ?? '', { resolution: 'approved', by: 'carol' })
    expect(await reviewMessages(messages, { governor })).toEqual(messages)
  })

  it('refuses a governor that is none', async () => {
    await expect(reviewMessages([user], {} as never)).rejects.toThrow('Option `governor`')
  })

  it('law: whatever a client makes of the answers, only the call that somebody was asked about can run, once', async () => {
    const ids = fc.constantFrom('c1', 'c2', 'c3', '__proto__', 'constructor')
    const part = fc.oneof(
      fc
        .record({
          id: ids,
          approved: fc.constantFrom<unknown>(true, false, 'yes', 1, null),
          providerExecuted: fc.boolean(),
        })
        .map(({ id, ...rest }) => Object.assign(said(id, true), rest)),
      ids.map(result),
    )
    const message = fc.oneof(
      fc.record({ id: ids, amount: fc.constantFrom(5, 5000, 9000) }).map(({ id, amount }) => call(id, amount)),
      fc.array(part, { maxLength: 4 }).map(content => tools(...content)),
      fc.constant(user),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 8 }), fc.boolean(), async (messages, isReviewed) => {
        const governor = await asked('c1')
        const reviewed = isReviewed ? await reviewMessages(messages, { governor }) : messages
        const { tools: desk, ran } = deskTools()
        const input = withGovernance(desk, { governor })
        await apis.generateText(ai7, ai7.scripted('done'), { ...input, messages: reviewed }).catch(() => undefined)
        expect([[], ['pay 5000']]).toContainEqual(ran)
        for (const approval of await governor.approvals.list()) expect(approval.call.id).toBe('c1')
      }),
      runs(200),
    )
  })
})
