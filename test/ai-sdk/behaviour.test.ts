import { governedTools, withGovernance } from 'countersign/ai-sdk'
import { describe, expect, it } from 'vitest'
import { deskGovernor, deskTools } from './desk.js'
import { apis, type Proposed, sdks } from './scripted.js'

const small: Proposed = { id: 'call-small', name: 'pay', input: { amount: 20 } }
const big: Proposed = { id: 'call-big', name: 'pay', input: { amount: 5000 } }
const wipe: Proposed = { id: 'call-wipe', name: 'wipe', input: { all: true } }
const read: Proposed = { id: 'call-read', name: 'read', input: { id: 'r1' } }

const wrappings = {
  governedTools: (tools: ReturnType<typeof deskTools>['tools'], governor: ReturnType<typeof deskGovernor>) => ({
    tools: governedTools(tools, { governor }),
  }),
  withGovernance: (tools: ReturnType<typeof deskTools>['tools'], governor: ReturnType<typeof deskGovernor>) =>
    withGovernance(tools, { governor }),
}

const cases = sdks.flatMap(sdk =>
  Object.entries(apis).flatMap(([api, run]) =>
    Object.entries(wrappings).map(([wrapping, wrap]) => ({
      title: `${wrapping}, ${api}, ${sdk.major}`,
      sdk,
      run,
      wrap,
    })),
  ),
)

describe.each(cases)('$title', ({ sdk, run, wrap }) => {
  const start = () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    return { governor, ran, input: wrap(tools, governor) }
  }

  it('executes an allowed call once, under one decision', async () => {
    const { governor, ran, input } = start()
    const model = sdk.scripted([small], 'paid')
    const result = await run(sdk, model, input)
    expect(ran).toEqual(['pay 20'])
    expect(result.text).toBe('paid')
    expect(model.prompts()[1]).toContain('"paid":20')
    expect(result.parts.map(part => part.type)).toEqual(['tool-call', 'tool-result', 'text'])
    const decisions = await governor.decisions.list()
    expect(decisions).toMatchObject([
      { callId: 'call-small', result: 'allowed', reason: 'small payment', execution: { status: 'executed' } },
    ])
  })

  it('does not execute a blocked call, and tells the model why and what to do', async () => {
    const { governor, ran, input } = start()
    const model = sdk.scripted([wipe], 'I may not')
    const result = await run(sdk, model, input)
    expect(ran).toEqual([])
    expect(result.text).toBe('I may not')
    expect(model.prompts()[1]).toContain(
      'The call to tool \\"wipe\\" was not executed: it was blocked by policy (nothing is ever wiped). Do not retry it',
    )
    const decisions = await governor.decisions.list()
    expect(decisions).toMatchObject([{ callId: 'call-wipe', result: 'blocked', execution: { status: 'blocked' } }])
  })

  it('holds a call that needs approval: the run ends with a request, and the call is listed as pending', async () => {
    const { governor, ran, input } = start()
    const model = sdk.scripted([big], 'must not be asked again')
    const result = await run(sdk, model, input)
    expect(ran).toEqual([])
    expect(model.prompts()).toHaveLength(1)
    expect(result.parts.map(part => part.type)).toEqual(['tool-call', 'tool-approval-request'])
    const decisions = await governor.decisions.list()
    expect(decisions).toMatchObject([
      { callId: 'call-big', result: 'requires_approval', execution: { status: 'approval_required' } },
    ])
    const pending = await governor.approvals.list()
    expect(pending).toMatchObject([{ decisionId: decisions[0]?.id, call: { input: { amount: 5000 } } }])
  })

  it('decides each of several parallel calls by itself', async () => {
    const { governor, ran, input } = start()
    const twice = { ...small, id: 'call-small-2', input: { amount: 30 } }
    await run(sdk, sdk.scripted([read, small, wipe, twice], 'done'), input)
    expect(ran.toSorted()).toEqual(['pay 20', 'pay 30', 'read r1'])
    const decisions = await governor.decisions.list()
    const statuses = decisions.map(({ callId, execution }) => [callId, execution?.status])
    expect(Object.fromEntries(statuses)).toEqual({
      'call-read': 'executed',
      'call-small': 'executed',
      'call-small-2': 'executed',
      'call-wipe': 'blocked',
    })
    expect(decisions).toHaveLength(4)
  })

  it('executes what is allowed beside a call that is held', async () => {
    const { governor, ran, input } = start()
    await run(sdk, sdk.scripted([small, big], 'done'), input)
    expect(ran).toEqual(['pay 20'])
    expect(await governor.approvals.list()).toHaveLength(1)
  })

  it('executes nothing once the kill switch is on, and says who threw it', async () => {
    const { governor, ran, input } = start()
    await governor.killSwitch.activate({ by: 'ops', reason: 'incident 7' })
    const model = sdk.scripted([small], 'stopped')
    await run(sdk, model, input)
    expect(ran).toEqual([])
    expect(model.prompts()[1]).toContain('switched off by ops: incident 7')
  })
})
