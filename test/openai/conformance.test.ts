import { type Evaluation, isGovernanceError, remoteDecisions } from 'countersign'
import { createGovernedOpenAI, normalizeStream } from 'countersign/openai'
import { modelServer, type ScriptedTurn, standInService } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { all, calling, clientOf, governorWith, scripted } from './support.js'

/** A governor that is advised by a service with this answer. */
const advised = (answer: Evaluation, options = {}) =>
  governorWith({ policy: [], unlisted: 'allow', decisions: { evaluate: () => answer }, ...options })

const pay40: readonly ScriptedTurn[] = [calling('pay', { amount: 40 }), { text: 'Done.' }]

describe('the behaviour of the adapter this one comes from, test by test', () => {
  it('executes when allowed', async () => {
    await using run = await scripted(pay40)
    const { execution } = await run.ai.run({ messages: [{ role: 'user', content: 'go' }] })
    expect(run.ran).toEqual(['pay 40'])
    expect(execution.last).toMatchObject({ status: 'executed', decision: { result: 'allowed', allowed: true } })
  })

  it('blocks when denied, and the tool’s function is not called', async () => {
    await using run = await scripted([calling('wipe'), { text: 'I may not.' }])
    const { execution, llmResponse } = await run.ai.run({ input: 'wipe' })
    expect(run.ran).toEqual([])
    expect(execution.last).toMatchObject({ status: 'blocked', decision: { result: 'blocked', allowed: false } })
    expect(llmResponse.id).toBe('resp_1')
  })

  it('asks a service in the mode that the tool names', async () => {
    const service = await standInService({ apiKeys: ['k'] })
    const governor = governorWith({
      policy: [],
      unlisted: 'allow',
      decisions: remoteDecisions({ baseUrl: service.url, apiKey: 'k', api: 'legacy', memory: false, outcomes: false }),
    })
    await using run = await scripted([calling('plain'), calling('detailed'), { text: 'Done.' }], { governor })
    run.ai.tool('plain', () => 1).tool('detailed', () => 2, { decisionMode: 'submit_payload' })
    await run.ai.run({ input: 'go' })
    expect(service.requests.map(({ path }) => path)).toEqual(['/actions/submit', '/actions/submit/v2'])
    await governor.close()
    await service.close()
  })

  it('infers the schema of the arguments from zod, strict, and lists tools as the provider is told of them: flat', async () => {
    await using run = await scripted([{ text: 'hi' }])
    await run.ai.run({ input: 'hi' })
    const [pay] = run.ai.listTools()
    expect(pay).toEqual({
      type: 'function',
      name: 'pay',
      description: 'Pays',
      strict: true,
      parameters: {
        type: 'object',
        properties: { amount: { type: 'number' }, to: { type: ['string', 'null'] } },
        required: ['amount', 'to'],
        additionalProperties: false,
      },
    })
    expect(run.server.requests[0]?.body.tools).toEqual(run.ai.listTools())
    expect(pay).not.toHaveProperty('function')
  })

  it('checkTool gives the decision only, with what would be done', async () => {
    await using run = await scripted([])
    expect(await run.ai.checkTool('pay', { amount: 40 })).toMatchObject({ allowed: true, resolvedAction: 'execute' })
    expect(await run.ai.checkTool('pay', { amount: 400 })).toMatchObject({ resolvedAction: 'approval_required' })
    expect(await run.ai.checkTool('wipe', {})).toMatchObject({ allowed: false, resolvedAction: 'blocked' })
    expect(run.ran).toEqual([])
  })

  it('onDecision is called once per call, with the ids of event, run and decision', async () => {
    const seen: any[] = []
    await using run = await scripted(
      [{ calls: [{ name: 'pay', arguments: { amount: 1 } }, { name: 'wipe' }] }, { text: 'Done.' }],
      { onDecision: event => seen.push(event) },
    )
    const result = await run.ai.run({ input: 'go' })
    expect(seen).toHaveLength(2)
    for (const [index, event] of seen.entries()) {
      expect(event).toMatchObject({ eventId: expect.any(String), traceId: result.traceId, type: 'decision-made' })
      expect(event.requestId).toBe(result.execution.events[index]?.requestId)
    }
  })

  it('memory is ingested, and the outcome SUCCESS reported with the request id of the evaluation', async () => {
    const service = await standInService({ apiKeys: ['k'] })
    const governor = governorWith({
      policy: [],
      unlisted: 'allow',
      decisions: remoteDecisions({ baseUrl: service.url, apiKey: 'k' }),
    })
    await using run = await scripted([...pay40], { governor })
    await run.ai.run({ input: 'go' })
    await governor.close()
    const [{ requestId } = { requestId: undefined }] = service.decisions
    expect(service.outcomes).toMatchObject([{ status: 'SUCCESS', request_id: requestId }])
    expect(service.requests.filter(({ path }) => path === '/actions/memory/ingest')).toHaveLength(1)
    await service.close()
  })

  it('memory names its source, and nothing is reported where outcomes are off', async () => {
    const service = await standInService({ apiKeys: ['k'] })
    const memory = { source: 'openai_adapter' }
    const decisions = remoteDecisions({ baseUrl: service.url, apiKey: 'k', memory, outcomes: false })
    const governor = governorWith({ policy: [], unlisted: 'allow', decisions })
    await using run = await scripted([...pay40], { governor })
    await run.ai.run({ input: 'go' })
    await governor.close()
    const ingests = service.requests.filter(({ path }) => path === '/actions/memory/ingest')
    expect(ingests.map(({ json }) => json)).toMatchObject([{ source: 'openai_adapter' }])
    expect(service.outcomes).toEqual([])
    await service.close()
  })

  it('the trajectory that the service puts a session in goes with its next call, and with no other session’s', async () => {
    let answered = 0
    const service = await standInService({
      apiKeys: ['k'],
      decide: () => ({ recommendation: 'proceed', intelligence: { trajectory_id: `t${++answered}` } }),
    })
    const decisions = remoteDecisions({
      baseUrl: service.url,
      apiKey: 'k',
      batch: false,
      memory: false,
      outcomes: false,
    })
    const governor = governorWith({ policy: [], unlisted: 'allow', decisions })
    const two = [calling('read', { path: 'a' }), calling('read', { path: 'b' }), { text: 'Done.' }]
    await using run = await scripted([...two, ...two], { governor })
    await run.ai.run({ input: 'go', sessionId: 'one' })
    await run.ai.run({ input: 'go', sessionId: 'two' })
    expect(service.requests.map(({ json }) => (json as any).context.trajectory_id)).toEqual([
      undefined,
      't1',
      undefined,
      't3',
    ])
    await governor.close()
    await service.close()
  })

  it.each([
    ['throws', 'fail'],
    ['rejects', 'fail_later'],
  ])('a tool that %s is a tool_error, and the outcome FAILURE', async (_, tool) => {
    const service = await standInService({ apiKeys: ['k'] })
    const governor = governorWith({
      policy: [],
      unlisted: 'allow',
      decisions: remoteDecisions({ baseUrl: service.url, apiKey: 'k', memory: false }),
    })
    await using run = await scripted([calling(tool), { text: 'Sorry.' }], { governor })
    run.ai.tool('fail_later', () => Promise.reject(new Error('secret-in-a-message')))
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.last).toMatchObject({ status: 'tool_error' })
    expect(execution.last?.error).toMatchObject({ message: 'secret-in-a-message' })
    await governor.close()
    expect(service.outcomes).toMatchObject([{ status: 'FAILURE' }])
    await service.close()
  })

  it.each([
    ['llm_delta', { type: 'response.output_text.delta', delta: 'Hi' }],
    ['llm_text_done', { type: 'response.output_text.done', text: 'Hi' }],
    ['output_item_added', { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'm' } }],
    ['function_call_args_delta', { type: 'response.function_call_arguments.delta', item_id: 'f', delta: '{' }],
    ['function_call_args_done', { type: 'response.function_call_arguments.done', item_id: 'f', arguments: '{}' }],
    ['refusal_delta', { type: 'response.refusal.delta', delta: 'No' }],
    ['response_done', { type: 'response.completed', response: { id: 'r', status: 'completed', output: [] } }],
    ['response_failed', { type: 'response.failed', response: { id: 'r', error: { message: 'broke' } } }],
    ['nothing', { type: 'response.of_a_kind_to_come' }],
  ])('a raw event of the provider’s is mapped: to %s', async (type, part) => {
    const parts = (async function* () {
      yield* await Promise.resolve([part])
    })()
    const [event] = await all(normalizeStream(parts, 'responses'))
    expect(event?.type ?? 'nothing').toBe(type)
  })

  it('runStream emits execution_event and llm_delta, and ends with final_response', async () => {
    await using run = await scripted(pay40)
    const events = await all(run.ai.runStream({ input: 'go' }))
    const types = events.map(({ type }) => type)
    expect(types).toContain('execution_event')
    expect(types).toContain('llm_delta')
    expect(types.at(-1)).toBe('final_response')
    expect(events.at(-1)).toMatchObject({ response: { text: 'Done.', execution: { last: { status: 'executed' } } } })
  })

  it.each([
    ['at once', () => ({ resolution: 'approved', comment: 'fine' }) as const],
    ['later', async () => Promise.resolve({ resolution: 'approved', comment: 'fine' } as const)],
  ])('runWithApproval, answered %s: required, resolved, resumed, and the tool is called', async (_, answer) => {
    await using run = await scripted([calling('pay', { amount: 400 }), { text: 'Paid.' }])
    const result = await run.ai.runWithApproval({ input: 'go', onApprovalRequired: answer })
    expect(result.approvalLoop).toMatchObject({ required: true, resolved: true, resumed: true })
    expect(run.ran).toEqual(['pay 400'])
  })

  it('a transient failure of the provider is retried by the client, and recovered from', async () => {
    const server = await modelServer([{ error: { message: 'busy', status: 500 } }, { text: 'Hello' }])
    const client = clientOf(server).withOptions({ maxRetries: 1 })
    const ai = createGovernedOpenAI({ client, governor: governorWith(), model: 'gpt-5.1' })
    expect((await ai.run({ input: 'hi' })).text).toBe('Hello')
    expect(server.requests).toHaveLength(2)
    await server.close()
  })

  it('an error that cannot be retried is exactly one call', async () => {
    const server = await modelServer([{ error: { message: 'no', status: 401 } }])
    const client = clientOf(server).withOptions({ maxRetries: 2 })
    const ai = createGovernedOpenAI({ client, governor: governorWith(), model: 'gpt-5.1' })
    await expect(ai.run({ input: 'hi' })).rejects.toMatchObject({ status: 401, name: 'Error' })
    expect(server.requests).toHaveLength(1)
    await server.close()
  })

  it('the output text is joined where the client does not: "Hello" and " world"', async () => {
    const parts = ['Hello', ' world'].map(text => ({ type: 'output_text', text, annotations: [] }))
    const output = [{ id: 'm', type: 'message', role: 'assistant', status: 'completed', content: parts }]
    await using run = await scripted([{ extra: { output } }])
    expect((await run.ai.run({ input: 'hi' })).text).toBe('Hello world')
  })

  it('store is false by default, and can be turned on', async () => {
    await using off = await scripted([{ text: 'hi' }])
    await off.ai.run({ input: 'hi' })
    expect(off.server.requests[0]?.body).toMatchObject({ store: false, include: ['reasoning.encrypted_content'] })
    await using on = await scripted([{ text: 'hi' }], { store: true })
    await on.ai.run({ input: 'hi' })
    expect(on.server.requests[0]?.body.store).toBe(true)
  })

  it('reasoning and messages are not taken for calls', async () => {
    await using run = await scripted([
      { ...calling('pay', { amount: 40 }), reasoning: 'hm', text: 'Let me.' },
      { text: 'ok' },
    ])
    const { execution } = await run.ai.run({ input: 'hi' })
    expect(execution.events).toHaveLength(1)
  })

  it('a stored conversation goes on with previous_response_id, instructions and store', async () => {
    await using run = await scripted(pay40, { store: true, instructions: 'Be brief.' })
    await run.ai.run({ input: 'go' })
    expect(run.server.requests[1]?.body).toMatchObject({
      previous_response_id: 'resp_0',
      instructions: 'Be brief.',
      store: true,
      input: [{ type: 'function_call_output', call_id: 'call_0_0' }],
    })
    expect(run.server.requests[1]?.body.input).toHaveLength(1)
  })

  it('a result is a function_call_output with the call’s id and JSON text', async () => {
    await using run = await scripted(pay40)
    await run.ai.run({ input: 'go' })
    const output = run.server.requests[1]?.body.input.at(-1)
    expect(output).toEqual({
      type: 'function_call_output',
      call_id: 'call_0_0',
      output: '{"status":"executed","output":{"paid":40}}',
    })
  })

  const mappings: readonly (readonly [string, Evaluation, string])[] = [
    ['advisory: proceed', { recommendation: 'proceed', enforcementMode: 'advisory' }, 'executed'],
    [
      'advisory: proceed_with_caution',
      { recommendation: 'proceed_with_caution', enforcementMode: 'advisory' },
      'executed',
    ],
    ['advisory: review_recommended', { recommendation: 'review_recommended', enforcementMode: 'advisory' }, 'executed'],
    [
      'advisory: review_recommended, where a person is asked for',
      { recommendation: 'review_recommended', enforcementMode: 'advisory', requiresApproval: true },
      'approval_required',
    ],
    [
      'advisory: review_recommended, where human review is asked for',
      { recommendation: 'review_recommended', enforcementMode: 'advisory', humanReview: true },
      'approval_required',
    ],
    ['advisory: do_not_proceed blocks', { recommendation: 'do_not_proceed', enforcementMode: 'advisory' }, 'blocked'],
    ['review: proceed', { recommendation: 'proceed', enforcementMode: 'review' }, 'executed'],
    [
      'review: proceed_with_caution',
      { recommendation: 'proceed_with_caution', enforcementMode: 'review' },
      'approval_required',
    ],
    [
      'review: review_recommended',
      { recommendation: 'review_recommended', enforcementMode: 'review' },
      'approval_required',
    ],
    ['review: do_not_proceed', { recommendation: 'do_not_proceed', enforcementMode: 'review' }, 'blocked'],
    ['review: an unknown word', { recommendation: 'perhaps', enforcementMode: 'review' }, 'approval_required'],
    ['enforced: allowed', { enforcementMode: 'enforced', enforcedVerdict: 'allowed' }, 'executed'],
    ['enforced: proceed', { enforcementMode: 'enforced', enforcedVerdict: 'proceed' }, 'executed'],
    ['enforced: blocked', { enforcementMode: 'enforced', enforcedVerdict: 'blocked' }, 'blocked'],
    [
      'enforced: requires_approval',
      { enforcementMode: 'enforced', enforcedVerdict: 'requires_approval' },
      'approval_required',
    ],
    ['enforced: missing', { enforcementMode: 'enforced' }, 'blocked'],
    ['enforced: unknown', { enforcementMode: 'enforced', enforcedVerdict: 'maybe' }, 'blocked'],
    ['legacy: allowed', { allowed: true, result: 'allowed' }, 'executed'],
    ['legacy: requires_approval', { allowed: false, result: 'requires_approval' }, 'approval_required'],
    ['legacy: blocked', { allowed: false, result: 'blocked' }, 'blocked'],
  ]
  it.each(mappings)('%s', async (_, answer, status) => {
    await using run = await scripted(pay40, { governor: advised(answer) })
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.last?.status).toBe(status)
    expect(run.ran).toHaveLength(status === 'executed' ? 1 : 0)
  })

  it('recommendation, risk and mode are fields of the event; a risk that is no number is none', async () => {
    const answer: Evaluation = { recommendation: 'proceed', riskScore: 0.25, enforcementMode: 'review' }
    await using run = await scripted(pay40, { governor: advised(answer) })
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.last).toMatchObject({
      recommendation: 'proceed',
      riskScore: 0.25,
      enforcementMode: expect.any(String),
    })
    await using bad = await scripted(pay40, { governor: advised({ ...answer, riskScore: 'high' as never }) })
    expect((await bad.ai.run({ input: 'go' })).execution.last?.riskScore).toBeUndefined()
  })

  it('the health of the trajectory is the decision intelligence’s, before the intelligence’s', async () => {
    const raw = {
      decision_intelligence: { trajectory_health: 'degrading' },
      intelligence: { trajectory_health: 'healthy' },
      decision_packet: { signal: { risk_band: 'low', confidence_zone: 'green', regret_band: 'small' } },
    }
    const answer: Evaluation = { recommendation: 'proceed', service: { requestId: 'act_1', raw, answeredAt: 1 } }
    await using run = await scripted(pay40, { governor: advised(answer) })
    expect((await run.ai.run({ input: 'go' })).execution.last).toMatchObject({
      trajectoryHealth: 'degrading',
      riskBand: 'low',
      confidenceZone: 'green',
      regretBand: 'small',
      decisionPacket: raw.decision_packet,
    })
  })

  it('the session’s id goes with every decision, and is made where none is given; a governor’s own is kept', async () => {
    const governor = governorWith()
    await using run = await scripted(
      [{ ...pay40[0] }, { text: 'a' }, { ...pay40[0] }, { text: 'b' }, { ...pay40[0] }, { text: 'c' }],
      { governor },
    )
    const given = await run.ai.run({ input: 'go', sessionId: 'chat-1' })
    expect(given.execution.last?.decision?.sessionId).toBe('chat-1')
    const made = await run.ai.run({ input: 'go' })
    expect(made.sessionId).toMatch(/^[\da-f-]{36}$/)
    expect(made.execution.last?.decision?.sessionId).toBe(made.sessionId)
    const own = createGovernedOpenAI({
      client: run.client,
      governor: governor.session({ sessionId: 'mine' }),
      model: 'm',
    })
    own.tool('pay', () => 1, { parameters: z.object({ amount: z.number() }) })
    expect((await own.run({ input: 'go' })).execution.last?.decision?.sessionId).toBe('mine')
  })

  it('fails closed by default, and open where it was told to', async () => {
    const decisions = { evaluate: () => Promise.reject(new Error('down')) }
    await using closed = await scripted(pay40, { governor: governorWith({ decisions }) })
    expect((await closed.ai.run({ input: 'go' })).execution.last).toMatchObject({
      status: 'blocked',
      recommendation: 'do_not_proceed',
      decision: { failMode: 'closed' },
    })
    await using open = await scripted(pay40, { governor: governorWith({ decisions, failMode: 'open' }) })
    expect((await open.ai.run({ input: 'go' })).execution.last).toMatchObject({
      status: 'executed',
      recommendation: 'proceed',
      decision: { failMode: 'open' },
    })
  })

  it('options that nobody knows are refused, with what was meant', async () => {
    await using run = await scripted([])
    const refused = [
      () => createGovernedOpenAI({ client: run.client, governor: run.governor, maxToolRoundz: 3 } as never),
      () => createGovernedOpenAI({ client: {} as never, governor: run.governor }),
      () => createGovernedOpenAI({ client: run.client, governor: {} as never }),
      () => run.ai.tool('pay', () => 1),
      () => run.ai.tool('has space', () => 1),
      () => run.ai.tool('x', () => 1, { valu: 1 } as never),
      () => run.ai.tool('x', () => 1, { parameters: { type: 'array' } }),
    ]
    for (const action of refused)
      expect(action).toThrow(expect.toSatisfy(error => isGovernanceError(error, 'invalid-option')))
    await expect(run.ai.run({ input: 'x', sesionId: 'a' } as never)).rejects.toThrow('Did you mean "sessionId"?')
    await expect(run.ai.run({})).rejects.toThrow('run.input')
  })
})
