import { createGovernedOpenAI, type GovernedRunResult } from 'countersign/openai'
import { describe, expect, it } from 'vitest'
import { calling, clientOf, governorWith, outputsIn, scripted, withTools } from './support.js'

const held = calling('pay', { amount: 400 })
const waiting = { text: 'It waits for a person.' }
const requestOf = ({ approvalLoop }: GovernedRunResult): string => approvalLoop!.requestId

describe('a call that a person has to be asked about', () => {
  it('does not run; the model is told which request it waits under', async () => {
    await using run = await scripted([held, waiting])
    const result = await run.ai.run({ input: 'pay 400', user: 'ada' })
    expect(run.ran).toEqual([])
    expect(result.execution.last?.status).toBe('approval_required')
    expect(result.approvalLoop).toMatchObject({ required: true, resolved: false, resumed: false })
    expect(outputsIn(run.server)[0]).toMatchObject({
      status: 'approval_required',
      reason: 'over 100',
      requestId: requestOf(result),
    })
  })

  it('is gone on with: the stored arguments run, once, and the result goes back to the model in the call’s place', async () => {
    await using run = await scripted([held, waiting, { text: 'Paid.' }, { text: 'Again.' }])
    const first = await run.ai.run({ input: 'pay 400', user: 'ada' })
    const id = requestOf(first)
    const second = await run.ai.resumeAfterApproval(id, { resolution: 'approved', by: 'boss', comment: 'fine' })
    expect(run.ran).toEqual(['pay 400'])
    expect(second.text).toBe('Paid.')
    expect(second.approvalLoop).toEqual({ required: true, resolved: true, resumed: true, requestId: id })
    expect(run.server.requests[2]?.body.input.map((item: any) => item.type ?? item.role)).toEqual([
      'user',
      'function_call',
      'function_call_output',
    ])
    expect(outputsIn(run.server)).toEqual([{ status: 'executed', output: { paid: 400 } }])
    expect(await run.governor.approvals.get(id)).toMatchObject({ status: 'consumed', by: 'boss', comment: 'fine' })
    const again = await run.ai.resumeAfterApproval(id)
    expect(again.execution.last).toMatchObject({ status: 'executed', replayed: true })
    expect(run.ran).toEqual(['pay 400'])
  })

  it('is found by its decision’s id too, and answered elsewhere', async () => {
    await using run = await scripted([held, waiting, { text: 'Paid.' }])
    const first = await run.ai.run({ input: 'pay 400' })
    await run.governor.approvals.resolve(requestOf(first), { resolution: 'approved', by: 'boss' })
    await run.ai.resumeAfterApproval(first.execution.last!.requestId!)
    expect(run.ran).toEqual(['pay 400'])
  })

  it('is gone on with in another process, given the conversation', async () => {
    const governor = governorWith()
    await using run = await scripted([held, waiting, { text: 'Paid.' }], { governor })
    const { history, ...first } = await run.ai.run({ input: 'pay 400', user: 'ada', sessionId: 'chat' })
    const ran: unknown[] = []
    const other = createGovernedOpenAI({ client: clientOf(run.server), governor, model: 'gpt-5.1' })
    withTools(other, ran)
    const options = { resolution: 'approved', by: 'boss' } as const
    const id = requestOf({ history, ...first })
    await expect(other.resumeAfterApproval(id, options)).rejects.toThrow('expected the conversation')
    const kept = JSON.parse(JSON.stringify(history)) as typeof history
    const result = await other.resumeAfterApproval(id, { history: kept })
    expect(result.text).toBe('Paid.')
    expect(ran).toEqual(['pay 400'])
    expect(result.sessionId).toBe('chat')
  })

  it('where the conversation has gone on since, what was said stays, and a message tells of the result', async () => {
    await using run = await scripted([held, waiting, { text: 'Paid.' }])
    const { history, ...first } = await run.ai.run({ input: 'pay 400' })
    const on = [...history, { role: 'user' as const, content: 'Well?' }]
    await run.ai.resumeAfterApproval(requestOf({ history, ...first }), {
      resolution: 'approved',
      by: 'boss',
      history: on,
    })
    const sent = run.server.requests.at(-1)?.body.input
    expect(sent.map((item: any) => item.role ?? item.type)).toEqual([
      'user',
      'function_call',
      'function_call_output',
      'assistant',
      'user',
      'developer',
    ])
    expect(sent.at(-1).content).toContain('"status":"executed"')
  })

  it('where the provider keeps the conversation, a message tells of the result', async () => {
    await using run = await scripted([held, waiting, { text: 'Paid.' }], { store: true })
    const first = await run.ai.run({ input: 'pay 400' })
    await run.ai.resumeAfterApproval(requestOf(first), { resolution: 'approved', by: 'boss' })
    expect(run.server.requests[2]?.body).toMatchObject({
      previous_response_id: 'resp_1',
      input: [{ role: 'developer' }],
    })
  })

  it('is not gone on with before it is answered, nor by the one who acts, nor where there is no such request', async () => {
    await using run = await scripted([held, waiting])
    const id = requestOf(await run.ai.run({ input: 'pay 400' }))
    await expect(run.ai.resumeAfterApproval(id)).rejects.toMatchObject({ code: 'approval-required' })
    await expect(run.ai.resumeAfterApproval(id, { resolution: 'approved', by: 'AI_AGENT' })).rejects.toMatchObject({
      code: 'not-permitted',
    })
    await expect(run.ai.resumeAfterApproval(id, { resolution: 'approved' })).rejects.toThrow('`by`')
    await expect(run.ai.resumeAfterApproval('nope')).rejects.toMatchObject({ code: 'not-found' })
    expect(run.ran).toEqual([])
  })

  it('that is rejected does not run, and the model reads why', async () => {
    await using run = await scripted([held, waiting, { text: 'I see.' }])
    const id = requestOf(await run.ai.run({ input: 'pay 400' }))
    const { execution } = await run.ai.resumeAfterApproval(id, {
      resolution: 'denied',
      by: 'boss',
      comment: 'too much',
    })
    expect(execution.last?.status).toBe('blocked')
    expect(outputsIn(run.server)[0].advice).toContain('too much')
    expect(run.ran).toEqual([])
  })

  it('asked about at once: every held call of a turn, not the last one only, and the model goes on from the results', async () => {
    const calls = [400, 500, 600].map(amount => ({ name: 'pay', arguments: { amount } }))
    await using run = await scripted([{ calls }, { text: 'Done.' }])
    const asked: unknown[] = []
    const result = await run.ai.runWithApproval({
      input: 'go',
      onApprovalRequired: ({ call, approval, requestId }) => {
        asked.push(call.input)
        expect(approval.id).toBe(requestId)
        return { resolution: asked.length === 2 ? 'denied' : 'approved', by: 'boss' }
      },
    })
    expect(asked).toEqual([{ amount: 400 }, { amount: 500 }, { amount: 600 }])
    expect(run.ran).toEqual(['pay 400', 'pay 600'])
    expect(outputsIn(run.server).map(({ status }) => status)).toEqual(['executed', 'blocked', 'executed'])
    expect(result.approvalLoops.map(({ resumed }) => resumed)).toEqual([true, false, true])
  })

  it.each([
    ['no answer', () => undefined, undefined],
    ['an answer that is none', () => ({ resolution: 'sure' }) as never, 'resolution'],
    ['a callback that throws', () => Promise.reject(new Error('secret')), 'the person could not be asked'],
    ['an answer by the one who acts', () => ({ resolution: 'approved' as const, by: 'AI_AGENT' }), 'AI_AGENT'],
  ])('stays held after %s', async (_, onApprovalRequired, error) => {
    await using run = await scripted([held, waiting])
    const result = await run.ai.runWithApproval({ input: 'go', onApprovalRequired })
    expect(run.ran).toEqual([])
    expect(result.execution.last?.status).toBe('approval_required')
    if (error !== undefined) expect(result.approvalLoop?.error).toContain(error)
    expect(JSON.stringify(run.server.requests)).not.toContain('secret')
  })

  it('runs with what a reviewer made of it, and the model is told', async () => {
    await using run = await scripted([held, { text: 'Done.' }])
    await run.ai.runWithApproval({
      input: 'go',
      onApprovalRequired: () => ({ resolution: 'approved', by: 'boss', input: { amount: 50 } }),
    })
    expect(run.ran).toEqual(['pay 50'])
    expect(outputsIn(run.server)[0]).toMatchObject({
      status: 'executed',
      output: { paid: 50 },
      advice: expect.stringContaining('amount'),
    })
  })
})

describe('a tool that the provider executes, and asks about first', () => {
  const asking = (name: string, id = 'mcpr_1') => ({
    extra: { output: [{ id, type: 'mcp_approval_request', name, server_label: 'shop', arguments: '{"amount":400}' }] },
  })
  const policy = [
    { id: 'ok', tools: ['shop__look'], effect: 'allow' },
    { id: 'no', tools: ['shop__drop'], effect: 'deny', reason: 'never' },
    { id: 'ask', tools: ['shop__pay'], effect: 'require_approval', reason: 'money' },
  ] as const

  it.each([
    ['shop__look', 'look', { approve: true }],
    ['shop__drop', 'drop', { approve: false, reason: expect.stringContaining('never') }],
    ['shop__pay', 'pay', { approve: false, reason: expect.stringContaining('pending') }],
  ])('%s is decided on by the governor', async (tool, name, answer) => {
    await using run = await scripted([asking(name), { text: 'Done.' }], { governor: governorWith({ policy }) })
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.last).toMatchObject({ tool, arguments: { amount: 400 } })
    expect(run.server.requests[1]?.body.input.at(-1)).toEqual({
      type: 'mcp_approval_response',
      approval_request_id: 'mcpr_1',
      ...answer,
    })
  })

  it('held, it is gone on with by a person’s answer', async () => {
    await using run = await scripted([asking('pay'), waiting, { text: 'Paid.' }], {
      governor: governorWith({ policy }),
    })
    const first = await run.ai.run({ input: 'go' })
    await run.ai.resumeAfterApproval(requestOf(first), { resolution: 'approved', by: 'boss' })
    expect(run.server.requests[2]?.body.input.at(-1)).toEqual({
      type: 'mcp_approval_response',
      approval_request_id: 'mcpr_1',
      approve: true,
    })
  })

  it('that was let through before is not let through again', async () => {
    const governor = governorWith({ policy })
    const answers: unknown[] = []
    for (let time = 0; time < 2; time++) {
      await using run = await scripted([asking('look'), { text: 'Done.' }], { governor })
      await run.ai.run({ input: 'go', sessionId: 's' })
      answers.push(run.server.requests[1]?.body.input.at(-1).approve)
    }
    expect(answers).toEqual([true, false])
  })
})
